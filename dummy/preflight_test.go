package dummy

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

func TestPreflightNamesLimitNeedAndRemedy(t *testing.T) {
	cfg, err := Config{Target: someTarget, Clients: 1000, Workers: 1}.WithDefaults()
	must(t, err)
	if err := enoughDescriptors(cfg, false, 1068); err != nil {
		t.Errorf("just enough: %v", err)
	}
	for shared, limit := range map[bool]uint64{false: 1067, true: 2067} {
		err := enoughDescriptors(cfg, shared, limit)
		if err == nil {
			t.Errorf("shared process %v: %d descriptors are enough", shared, limit)
			continue
		}
		for _, want := range []string{"1000 dummies", "67", "68", "ulimit -n", "--clients"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
	one := sources{list: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}
	if err := enoughPorts(cfg, one, 1000); err != nil {
		t.Errorf("just enough ports: %v", err)
	}
	if err := enoughPorts(cfg, one, 999); err == nil || !strings.Contains(err.Error(), "--source") {
		t.Errorf("too few ports: %v", err)
	}
	if err := enoughPorts(cfg, sources{ports: 10}, 20); err != nil {
		t.Errorf("a loopback target is spread over: %v", err)
	}
	if err := Preflight(Config{}, false); err == nil {
		t.Error("a bad configuration passed")
	}
}

func TestSourcesSpreadClientsAndConnections(t *testing.T) {
	const ports = 1000
	s := sources{ports: ports}
	if s.pick(999, 7, ports, 0).IsValid() {
		t.Error("the first address is not left to the system")
	}
	if s.pick(9, 7, 10, 10).IsValid() {
		t.Error("10 dummies whose 600 closed connections linger need a second address")
	}
	two := sources{list: []netip.Addr{
		netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"),
	}}
	if two.pick(0, 1, 2, 0) == two.pick(1, 1, 2, 0) {
		t.Error("two addresses are not both used")
	}
}

// TestNoAddressCarriesMoreThanItsShare: neither of connections nor of ports that linger, whatever
// the churn, and also for those that come later because there are to be more.
func TestNoAddressCarriesMoreThanItsShare(t *testing.T) {
	const ports = 1000
	s := sources{ports: ports}
	for _, c := range []struct {
		live   int
		closes float64
	}{{MaxClients, 0}, {500, 5}, {1000, 1}, {1000, 16}, {1000, 100}, {2500, 70}, {1, 4000}} {
		busy := map[netip.Addr]float64{}
		// A minute's connections are those that are closed in it, each client's in turn, and one
		// of each that is up.
		all := c.live + int(c.closes*lingers)
		for i := range all {
			client, conn := uint32(i%c.live), uint32(i/c.live)
			a := s.pick(client, conn, c.live, c.closes)
			if a.IsValid() && !a.IsLoopback() {
				t.Fatalf("client %d comes from %v", client, a)
			}
			busy[a]++
		}
		for a, n := range busy {
			if n > 1.1*ports {
				t.Errorf("%+v: %v has %.0f of %d ports", c, a, n, ports)
			}
		}
	}
	grown := map[netip.Addr]int{}
	for client := range uint32(3000) { // 900 first, and then more
		live := 900
		if client >= 900 {
			live = 3000
		}
		if a := s.pick(client, 0, live, 0); grown[a] < ports {
			grown[a]++
		} else {
			t.Fatalf("%v has more than its share", a)
		}
	}
	if s := (sources{ports: 1}); !s.pick(MaxClients-1, 9, MaxClients, 1e9).IsLoopback() {
		t.Error("the last address of all is not on the loopback")
	}
}

// TestPortSearchIsTold where it costs time, with the number, and only there.
func TestPortSearchIsTold(t *testing.T) {
	const ports = 28232
	one, two := make([]netip.Addr, 1), make([]netip.Addr, 2)
	for _, c := range []struct {
		clients int
		churn   float64
		s       sources
		want    []string
	}{
		{14116, 0, sources{}, nil},
		{19000, 0, sources{}, []string{"19000 dummies come", "1 source addresses", "beyond 14116",
			"some 5.5s", "--source"}},
		{19000, 0, sources{list: one}, []string{"some 5.5s"}},
		{19000, 0, sources{list: two}, nil},
		{19000, 0, sources{ports: ports / 4}, nil},
		{10000, 100, sources{}, []string{"10000 dummies and the 6000 ports that --churn 100 leaves",
			"some 2.1s"}},
		{10000, 1e9, sources{}, []string{"some 15.9s"}}, // there are no more
	} {
		cfg, err := Config{Target: someTarget, Clients: c.clients, Churn: c.churn}.WithDefaults()
		must(t, err)
		got := portSearch(cfg, c.s, ports)
		if (got == "") != (c.want == nil) || strings.Contains(got, "\n") {
			t.Errorf("%+v: %q", c, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%+v: %q does not say %q", c, got, want)
			}
		}
	}
}

// TestSpreadConnectionsReallyComeFromThere uses a port range of one, so that each dummy has an
// address of its own.
func TestSpreadConnectionsReallyComeFromThere(t *testing.T) {
	if !bindable(netip.MustParseAddr("127.0.0.2")) {
		t.Skip("127.0.0.1 is all of the loopback here")
	}
	forBackends(t, func(t *testing.T, backend string) {
		from := make(chan netip.Addr, 8)
		cfg := testConfig(startServer(t, func(c *net.TCPConn) {
			from <- c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
			echoAll(c)
		}))
		cfg.Backend, cfg.Sources = backend, nil
		for i := range byte(8) {
			cfg.Sources = append(cfg.Sources, netip.AddrFrom4([4]byte{127, 0, 9, 1 + i}))
		}
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		seen := map[netip.Addr]bool{}
		for range 8 {
			seen[<-from] = true
		}
		for _, a := range cfg.Sources {
			if !seen[a] {
				t.Errorf("nobody came from %v", a)
			}
		}
	})
}

// inLimits says that this process is the one started by TestTooFewDescriptors.
const inLimits = "DUMMYLOAD_TEST_IN_LIMITS"

// TestTooFewDescriptors runs itself again with 64 descriptors, under which 100 dummies do not
// fit: those that do echo, the limit is named, and nothing is blamed on the server.
func TestTooFewDescriptors(t *testing.T) {
	if target := os.Getenv(inLimits); target != "" {
		withFewDescriptors(t, netip.MustParseAddrPort(target))
		return
	}
	if _, limited := iocp.DescriptorLimit(); !limited {
		t.Skip("this system has no such limit")
	}
	s := startServer(t, echoAll)
	cmd := exec.Command("sh", "-c",
		`ulimit -n 64 && exec "$0" -test.run='^TestTooFewDescriptors$' -test.v`, os.Args[0])
	cmd.Env = append(os.Environ(), inLimits+"="+s.addr.String())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestTooFewDescriptors")) {
		t.Fatalf("%v\n%s", err, out)
	}
}

func withFewDescriptors(t *testing.T, target netip.AddrPort) {
	f := startFleet(t, Config{Target: target, Clients: 100, Frame: frame.Builtin("len16"), Workers: 1})
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "echoes", func(s *monitor.View) bool {
		return s.Ledger.Echoed > 1000 && s.Uptime > 200*time.Millisecond && len(s.Diagnoses) > 0
	})
	if s.Diagnoses[0].Name != "local_fd_limit" || s.Bad() != 0 || s.Connections.Failed != 0 {
		t.Errorf("%+v, faults %v, %+v", s.Diagnoses, s.Faults, s.Connections)
	}
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
}
