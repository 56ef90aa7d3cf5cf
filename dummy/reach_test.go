package dummy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// counted has behave run for each connection, and counts them.
func counted(n *atomic.Int64, behave func(*net.TCPConn)) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		n.Add(1)
		behave(c)
	}
}

// at is a target by one name for several addresses.
func at(addrs ...netip.AddrPort) Target { return Target{Name: "echo.test:7", Addrs: addrs} }

// TestReachMakesNoConnectionOfItsOwn: a server that counts what it accepts counts dummies.
func TestReachMakesNoConnectionOfItsOwn(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		for _, clients := range []int{1, 20} {
			var accepted atomic.Int64
			s := startServer(t, counted(&accepted, echoAll))
			cfg := testConfig(s)
			cfg.Backend, cfg.Clients, cfg.Workers = backend, clients, min(clients, 3)
			f, err := Reach(t.Context(), cfg, at(s.addr), 0)
			must(t, err)
			if f.Target() != s.addr {
				t.Errorf("%v was reached", f.Target())
			}
			wholeRun(t, f, 20*time.Millisecond)
			end := snap(f)
			if n := accepted.Load(); n != int64(clients) || end.Connections.Attempted != uint64(n) ||
				end.Connections.Connected != uint64(n) || end.Bad() > 0 || end.Ledger.Echoed == 0 {
				t.Errorf("%d dummies, %d accepted: %+v %v", clients, n, end.Connections, end.Faults)
			}
		}
	})
}

// TestReachTriesEachAddress in order, and takes the first that accepts; those that do not are
// named, with the reason.
func TestReachTriesEachAddress(t *testing.T) {
	var accepted atomic.Int64
	s := startServer(t, counted(&accepted, echoAll))
	dead := netip.AddrPortFrom(s.addr.Addr(), 1) // nobody listens there without being root
	f, err := Reach(t.Context(), testConfig(s), at(dead, s.addr, dead), 0)
	must(t, err)
	reach(t, f, monitor.Idle)
	must(t, f.Close())
	s.stop()
	if got := snap(f); got.Target != s.addr.String() || got.Faults[monitor.ConnectFailed] > 0 ||
		got.Connections.Attempted != 8 || accepted.Load() != 8 {
		t.Errorf("%s, %+v, %v", got.Target, got.Connections, got.Faults)
	}

	_, err = Reach(t.Context(), testConfig(s), at(dead, s.addr), 0)
	for _, want := range []string{"echo.test:7 cannot be reached", dead.String() + ": ",
		s.addr.String() + ": ", "refused", "--wait"} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: no %q", err, want)
		}
	}
	_, err = Reach(t.Context(), testConfig(s), Target{Name: dead.String(), Addrs: []netip.AddrPort{dead}}, 0)
	if err == nil || !strings.HasPrefix(err.Error(), "target 127.0.0.1:1 cannot be reached: ") {
		t.Errorf("%v", err)
	}
}

// TestReachWaits for a server that comes up, which counts no connection but the dummies'.
func TestReachWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	must(t, l.Close())
	cfg := testConfig(&testServer{addr: addr})
	if _, err := Reach(t.Context(), cfg, at(addr), 3*knockAgain); err == nil ||
		!strings.Contains(err.Error(), "--wait 300ms is over") {
		t.Errorf("%v", err)
	}
	var accepted atomic.Int64
	told := 0
	to := at(addr)
	to.Waiting = func(err error) {
		told++
		if l, err := net.Listen("tcp", addr.String()); err == nil {
			serveOn(t, l, counted(&accepted, echoAll))
		}
	}
	f, err := Reach(t.Context(), cfg, to, soon)
	if err != nil || told != 1 {
		t.Fatalf("told %d times to wait, %v", told, err)
	}
	wholeRun(t, f, 20*time.Millisecond)
	if end := snap(f); accepted.Load() != 8 || end.Bad() > 0 || end.Connections.Failed > 0 {
		t.Errorf("%d accepted: %+v %v", accepted.Load(), end.Connections, end.Faults)
	}
}

// TestReachIsLeftByTheContext, and does not wait where waiting cannot help.
func TestReachIsLeftByTheContext(t *testing.T) {
	s := startServer(t, echoAll)
	s.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*knockAgain)
	defer cancel()
	if _, err := Reach(ctx, testConfig(s), at(s.addr), soon); !errors.Is(err, ErrInterrupted) {
		t.Errorf("%v", err)
	}
	cfg := testConfig(s)
	cfg.Sources = []netip.Addr{netip.MustParseAddr("203.0.113.1")}
	if _, err := Reach(t.Context(), cfg, at(s.addr), 10*soon); err == nil ||
		!strings.Contains(err.Error(), "addresses of this machine") {
		t.Errorf("%v", err)
	}
}

// TestConnectingEndsWhateverComesBeforeTheLogin: each way in which a connection may end before its
// dummy is up. The run goes on, and says what happened.
func TestConnectingEndsWhateverComesBeforeTheLogin(t *testing.T) {
	t.Parallel()
	for name, behave := range map[string]func(*net.TCPConn){
		"a stream that makes no sense": func(c *net.TCPConn) {
			_, _ = c.Write(loginPacket)
			echoAll(c)
		},
		"endless": func(c *net.TCPConn) {
			for {
				if _, err := c.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
		"FIN":         func(*net.TCPConn) {},
		"RST":         func(c *net.TCPConn) { _ = c.SetLinger(0) },
		"half a word": func(c *net.TCPConn) { _, _ = c.Write([]byte{8, 0, 0, 0, 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(startServer(t, behave))
			cfg.Frame, cfg.DrainTimeout, cfg.ConnectTimeout = loggedIn("len32"), time.Second, time.Second
			f := startFleet(t, cfg)
			reach(t, f, monitor.Idle)
			wholeRun(t, f, 20*time.Millisecond)
			// What is reset before a byte was taken may be never_accepted: the system counts full accept
			// queues of all listeners, and somebody else's may be full.
			if end := snap(f); end.Bad() == 0 && end.Connections.NeverAccepted == 0 {
				t.Errorf("%v, %v, %+v", end.Faults, end.Diagnoses, end.Connections)
			}
		})
	}
}

// TestConnectingMost: what README says of it.
func TestConnectingMost(t *testing.T) {
	for want, c := range map[time.Duration]Config{
		5*time.Second + 120*time.Millisecond: {Clients: 60},
		43 * time.Second:                     {Clients: 19000},
		6 * time.Second: {Clients: 1000, Frame: loggedIn("len16"),
			ConnectTimeout: 2 * time.Second},
		65 * time.Second: {Clients: 60, ConnectRate: 1},
		7 * time.Second:  {Clients: 1000, ConnectRate: 1e6},
	} {
		c.Target = someTarget
		c, err := c.WithDefaults()
		must(t, err)
		if got := c.connectingMost(c.Clients); got != want {
			t.Errorf("%d clients, %v a second: %v, want %v", c.Clients, c.ConnectRate, got, want)
		}
	}
	never := Config{Frame: loggedIn("len16"), ConnectRate: 1e-9, ConnectTimeout: time.Second}
	if got := never.connectingMost(MaxClients); got < time.Hour {
		t.Errorf("%v", got)
	}
}

// TestConnectingIsNotForEver: where connects are not answered, 500 dummies would take four times
// the connect timeout to have failed once each.
func TestConnectingIsNotForEver(t *testing.T) {
	if !slices.Contains(iocp.Backends(), "epoll") { // of Linux alone
		t.Skip("other systems refuse a connect that finds the backlog full")
	}
	port, err := iocp.New(iocp.Config{Backend: "net", Workers: 1})
	must(t, err)
	l, addr, err := port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), 1)
	must(t, err)
	defer func() {
		port.Close(l)
		must(t, port.CloseHandle())
	}()
	cfg := testConfig(&testServer{addr: addr})
	cfg.Clients, cfg.Workers, cfg.ConnectTimeout = 500, 1, time.Second
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	s := snap(f)
	told := false
	for _, e := range s.Events {
		told = told || strings.Contains(e.Text, "nobody waits for them")
	}
	if !told || s.Connections.Now == 500 {
		t.Errorf("%+v, %v", s.Connections, s.Events)
	}
	f.hurried.Store(true)
}

// TestInterruptedBeforeEchoIsAtOnce: whoever gives up while dummies connect, or wait for their login
// packets, does not wait for the answers to FINs.
func TestInterruptedBeforeEchoIsAtOnce(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	cfg := testConfig(startServer(t, func(*net.TCPConn) { <-gone })) // which closes nothing
	defer close(gone)
	cfg.Frame, cfg.DrainTimeout = loggedIn("len16"), time.Hour
	f := startFleet(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	until(t, f, "connections", func(s *monitor.View) bool { return s.Connections.Now == 8 })
	cancel()
	began := time.Now()
	must(t, f.CloseUntil(ctx))
	end := snap(f)
	if took := time.Since(began); took > soon || end.Bad() > 0 || len(end.Diagnoses) > 0 ||
		end.Connections.Now != 0 || end.Connections.ClosedByDummy != 8 {
		t.Errorf("%v, %v, %v, %+v", took, end.Faults, end.Diagnoses, end.Connections)
	}
}
