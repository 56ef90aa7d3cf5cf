package dummy

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
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

func TestReachableSaysWhoIsNot(t *testing.T) {
	s := startServer(t, echoAll)
	must(t, Reachable(context.Background(), testConfig(s)))
	cfg := testConfig(s)
	s.stop()
	err := Reachable(context.Background(), cfg)
	if err == nil || !strings.Contains(err.Error(), cfg.Target.String()) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func TestSourcesSpreadClientsAndConnections(t *testing.T) {
	const ports = 1000
	s := sources{ports: ports}
	if s.pick(999, 7, 0).IsValid() {
		t.Error("the first address is not left to the system")
	}
	used := map[netip.Addr]int{}
	for client := range uint32(MaxClients) {
		a := s.pick(client, 1, 0)
		if a.IsValid() && !a.IsLoopback() {
			t.Fatalf("client %d comes from %v", client, a)
		}
		if used[a]++; used[a] > ports {
			t.Fatalf("%v has more than %d connections", a, ports)
		}
	}
	turns := map[netip.Addr]bool{}
	for conn := range uint32(100) {
		turns[s.pick(0, conn, 100)] = true // 6,000 ports linger
	}
	if len(turns) != 7 {
		t.Errorf("churn goes over %d addresses", len(turns))
	}
	two := sources{list: []netip.Addr{
		netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"),
	}}
	if two.pick(0, 1, 0) == two.pick(1, 1, 0) {
		t.Error("two addresses are not both used")
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
	f := startFleet(t, Config{Target: target, Clients: 100, Frame: 1, Workers: 1})
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	s := until(t, f, "echoes", func(s *monitor.Snapshot) bool {
		return s.Ledger.Echoed > 1000 && s.Uptime > 200*time.Millisecond && len(s.Diagnoses) > 0
	})
	if s.Diagnoses[0].Name != "local_fd_limit" || s.Bad() != 0 || s.Connections.Failed != 0 {
		t.Errorf("%+v, faults %v, %+v", s.Diagnoses, s.Faults, s.Connections)
	}
	must(t, f.Stop())
	reach(t, f, monitor.Drained)
}
