package dummy

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// smallBacklog serves behind a backlog of n, and accepts one connection in a while.
func smallBacklog(t *testing.T, n int, every time.Duration, behave func(*net.TCPConn)) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	raw, err := l.(*net.TCPListener).SyscallConn()
	must(t, err)
	var failed error
	must(t, raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), n) }))
	must(t, failed)
	return serveOn(t, &slowListener{Listener: l, every: every, closed: make(chan struct{})}, behave)
}

type slowListener struct {
	net.Listener
	every  time.Duration
	held   atomic.Bool // no more is accepted
	closed chan struct{}
	once   sync.Once
}

func (l *slowListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func (l *slowListener) Accept() (net.Conn, error) {
	if l.held.Load() {
		<-l.closed
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err == nil {
		time.Sleep(l.every)
	}
	return c, err
}

// TestNobodyIsAccusedForWhoWasNeverAccepted: with a small backlog most connections of a fleet are
// up on our side only, with SYN cookies, or are not made at all, without. What is owed on them is
// explained in full, and what becomes of them, poked or not, is no fault of the server's.
func TestNobodyIsAccusedForWhoWasNeverAccepted(t *testing.T) {
	for _, backlog := range []int{1, 5, 8} {
		t.Run(monitor.Count(uint64(backlog)), func(t *testing.T) {
			t.Parallel() // most of it is waiting
			server := smallBacklog(t, backlog, 300*time.Millisecond, echoAll)
			cfg := testConfig(server)
			cfg.Clients, cfg.OverSend, cfg.Frame = 40, 1, frame.Builtin("raw")
			cfg.Backend, cfg.DrainTimeout = "", time.Second
			f := startFleet(t, cfg)
			reach(t, f, monitor.Idle)
			give(t)(f.Start(0))
			until(t, f, "echoes", echoedAtLeast(100))
			time.Sleep(time.Second)
			give(t)(f.Stop())
			reach(t, f, monitor.Drained, monitor.Undrained)
			server.l.(*slowListener).held.Store(true) // else some are accepted between two looks at them
			before := snap(f)
			must(t, f.Close())
			s := snap(f)
			for fault, n := range s.Faults {
				switch monitor.Fault(fault) {
				case monitor.Late, monitor.NotDrained, monitor.ConnectFailed:
				default:
					if n > 0 {
						t.Errorf("%d times %v", n, monitor.Fault(fault))
					}
				}
			}
			// Those that were accepted in between have been answered: too late.
			if s.Ledger.Wait > before.Ledger.Wait || s.Faults[monitor.NotDrained] != s.WaitEchoCount() {
				t.Errorf("owed %d at the end of the drain, %d after it; not_drained %d, wait %d",
					before.Ledger.Wait, s.Ledger.Wait, s.Faults[monitor.NotDrained], s.WaitEchoCount())
			}
			if s.Connections.NeverAccepted != s.Ledger.Abandoned {
				t.Errorf("%d echoes abandoned, %d connections never accepted", s.Ledger.Abandoned,
					s.Connections.NeverAccepted)
			}
			named := 0
			for _, d := range s.Diagnoses {
				if d.Name != monitor.AcceptStalled {
					t.Errorf("%+v", d)
				}
				named += d.Connections
			}
			// One may just have been accepted, and not be served yet.
			if SeesReceiveQueues() && uint64(named)+1 < s.Ledger.Wait+s.Connections.NeverAccepted {
				t.Errorf("%d connections of %d owed echoes are explained: %+v", named, s.Ledger.Wait,
					s.Diagnoses)
			}
		})
	}
}

// TestAServerThatResetsTheYoungIsNotExcusedByItsBacklog: the kernels have taken its bytes, so that it
// was accepted.
func TestAServerThatResetsTheYoungIsNotExcusedByItsBacklog(t *testing.T) {
	var n atomic.Uint64
	cfg := testConfig(smallBacklog(t, 5, 5*time.Millisecond, func(c *net.TCPConn) {
		if n.Add(1)%3 == 0 {
			var one [1]byte
			_, _ = c.Read(one[:])
			_ = c.SetLinger(0)
			return
		}
		echoAll(c)
	}))
	cfg.Clients, cfg.Backend, cfg.DrainTimeout = 60, "", time.Second
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "resets are counted", func(s *monitor.View) bool {
		return s.Faults[monitor.ResetByServer] >= 10
	})
	if s.Connections.NeverAccepted > s.Faults[monitor.ResetByServer] {
		t.Errorf("%d excused", s.Connections.NeverAccepted)
	}
}

func TestListenOverflowsAreReadByName(t *testing.T) {
	table := "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 333\nIpExt: A\nIpExt: 4\n"
	if n, ok := parseListenOverflows(strings.NewReader(table)); !ok || n != 22 {
		t.Errorf("%d %v", n, ok)
	}
	if _, ok := parseListenOverflows(strings.NewReader("TcpExt: A\nTcpExt: 1\n")); ok {
		t.Error("found what is not there")
	}
	if _, ok := readListenOverflows(); !ok {
		t.Log("this system does not tell")
	}
}
