package iocp_test

import (
	"testing"

	"dummyload/server/iocp"
	"dummyload/server/iocp/iocptest"
)

// TestConformance takes every backend built for this platform through the contract. One
// that cannot run here fails: a test run that left it out would pass for a proof.
func TestConformance(t *testing.T) {
	for _, name := range iocp.Backends() {
		t.Run(name, func(t *testing.T) {
			iocptest.Run(t, func(t *testing.T, cfg iocp.Config) iocp.Port {
				cfg.Backend = name
				p, err := iocp.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				if p.Backend() != name {
					t.Fatalf("asked for %s, got %s", name, p.Backend())
				}
				return p
			})
		})
	}
}
