package iocp_test

import (
	"testing"

	"dummyload/server/iocp"
	"dummyload/server/iocp/iocptest"
)

// The contract holds as well when every submission and every completion overflows. What the
// platform's best setup does is TestConformance's business.
func TestConformanceOfOverflowingRings(t *testing.T) {
	iocptest.Run(t, func(t *testing.T, cfg iocp.Config) iocp.Port {
		p, err := iocp.OpenTinyUring(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
}
