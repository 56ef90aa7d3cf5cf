package dummy

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dummyload/dummy/hostile"
	"dummyload/server/frame"
)

var someTarget = netip.MustParseAddrPort("127.0.0.1:6000")

func TestDefaultsAreTheContracts(t *testing.T) {
	c, err := Config{Target: someTarget}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if c.Clients != 1000 || c.OverSend != 1 || c.SizeMin != 8 || c.SizeMax != 64 ||
		c.ConnectTimeout != 5*time.Second || c.EchoTimeout != 500*time.Millisecond ||
		c.DrainTimeout != 5*time.Second || c.Workers < 1 {
		t.Errorf("%+v", c)
	}
	if c.Quiet != 0 {
		t.Errorf("no quiet period became %v", c.Quiet)
	}
	one, err := Config{Target: someTarget, SizeMin: 100}.WithDefaults()
	if err != nil || one.SizeMax != 100 {
		t.Errorf("a single size: %d to %d, %v", one.SizeMin, one.SizeMax, err)
	}
}

func TestBadConfigIsNamedInOneLine(t *testing.T) {
	cases := map[string]Config{
		"target":          {},
		"clients":         {Target: someTarget, Clients: MaxClients + 1},
		"oversend":        {Target: someTarget, OverSend: -1},
		"size minimum":    {Target: someTarget, SizeMin: 7},
		"size maximum":    {Target: someTarget, Frame: frame.Builtin("len16"), SizeMin: 8, SizeMax: 70000},
		"dummy-workers":   {Target: someTarget, Workers: -2},
		"rate":            {Target: someTarget, Rate: math.NaN()},
		"churn":           {Target: someTarget, Churn: -1},
		"connect-rate":    {Target: someTarget, ConnectRate: math.Inf(1)},
		"loop-delay":      {Target: someTarget, LoopDelay: -1},
		"connect-timeout": {Target: someTarget, ConnectTimeout: -1},
		"source":          {Target: someTarget, Sources: []netip.Addr{netip.IPv6Loopback()}},
	}
	for name, c := range cases {
		_, err := c.WithDefaults()
		if err == nil || !strings.HasPrefix(err.Error(), name+":") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCloseKindsAreKnownByName(t *testing.T) {
	for k := CloseFIN; k <= CloseMixed; k++ {
		if got, err := ParseCloseKind(k.String()); err != nil || got != k {
			t.Errorf("%v: %v %v", k, got, err)
		}
	}
	if _, err := ParseCloseKind("slam"); err == nil {
		t.Error("an unknown kind was taken")
	}
}

// TestClientsHaveNumbers: a frame whose field for the client is one byte numbers 256 clients, those that
// misbehave included, and no more by Tune either.
func TestClientsHaveNumbers(t *testing.T) {
	narrow, err := frame.Parse("narrow", "frame: [{type: u2le, counts: body}, {type: u1, value: client}, {id: body}]")
	must(t, err)
	one, err := hostile.Parse("idle:1%")
	must(t, err)
	for _, c := range []Config{{Clients: 257}, {Clients: 254, Hostile: one}} {
		c.Target, c.Frame = someTarget, narrow
		if _, err := c.WithDefaults(); err == nil || !strings.HasPrefix(err.Error(), "clients: 257, ") {
			t.Errorf("%d: %v", c.Clients, err)
		}
		c.Clients--
		if c, err = c.WithDefaults(); err != nil {
			t.Error(err)
		}
		if err := (Tuning{Clients: 300}).apply(&c); err == nil {
			t.Error("tuned to 300")
		}
	}
}
