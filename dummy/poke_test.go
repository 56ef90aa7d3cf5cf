package dummy

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/monitor"
	"dummyload/server/iocp"
)

// stuckServers are what leaves a connection stuck, each after a few right echoes. Each says when a
// connection has got that far; it stays owed some for good then.
var stuckServers = []struct {
	name, diagnosis string
	owed            uint64 // of each connection
	seen            bool   // needs to see the server's receive queue
	behave          func(c *net.TCPConn, stuck func(), over <-chan struct{})
}{
	{"answers one late", monitor.SendWakeupLost, 1, false,
		func(c *net.TCPConn, stuck func(), _ <-chan struct{}) {
			var kept []byte
			rightUntil(10, stuck, func(frame []byte) []byte {
				out := append([]byte{}, kept...)
				kept = append(kept[:0], frame...)
				return out
			})(c)
		}},
	{"answers one late, byte by byte", monitor.SendWakeupLost, window, false,
		func(c *net.TCPConn, stuck func(), _ <-chan struct{}) {
			var kept []byte
			rightUntil(10, stuck, func(frame []byte) []byte {
				kept = append(kept, frame...)
				out := []byte{kept[0]}
				kept = kept[1:]
				return out
			})(c)
		}},
	{"reads on and says nothing", monitor.SendFlagStuck, window, false,
		func(c *net.TCPConn, stuck func(), _ <-chan struct{}) {
			rightUntil(10, stuck, func([]byte) []byte { return []byte{} })(c)
		}},
	{"reads no more", monitor.ReceiveNotRearmed, window, true,
		func(c *net.TCPConn, stuck func(), over <-chan struct{}) {
			left := window
			rightUntil(10, stuck, func([]byte) []byte {
				if left--; left == 0 {
					<-over
					return nil
				}
				return []byte{}
			})(c)
		}},
}

// window is testConfig's Over Send: so many echoes a stuck connection is sent and no more.
const window = 4

// rightUntil is right until the n-th frame, and answers by wrong from there on. When a whole window
// has come since, it says so.
func rightUntil(n int, stuck func(), wrong func(frame []byte) []byte) func(*net.TCPConn) {
	return eachFrame(func(_ *net.TCPConn, i int, frame []byte) []byte {
		if i < n {
			return frame
		}
		if i == n+window-1 {
			stuck()
		}
		return wrong(frame)
	})
}

// TestStuckConnectionsAreExplained: each connection's cause is found when the fleet is closed,
// and neither the books nor the verdict are any different for it. The first connection is served
// well: a server that says nothing to anybody stands still, and that is named in place of causes.
func TestStuckConnectionsAreExplained(t *testing.T) {
	t.Parallel()
	for _, c := range stuckServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			forBackends(t, func(t *testing.T, backend string) {
				over := make(chan struct{})
				var conns, stuck atomic.Uint64
				s := startServer(t, func(conn *net.TCPConn) {
					if conns.Add(1) == 1 {
						echoAll(conn)
						return
					}
					c.behave(conn, func() { stuck.Add(1) }, over)
				})
				t.Cleanup(func() { close(over) })
				f := undrained(t, s, backend, &stuck, c.owed)
				explained(t, f, c.diagnosis, c.seen)
			})
		})
	}
}

// undrained is a fleet of which all connections but one are stuck, after a drain that failed. All that
// the server will ever answer by itself has come, and what is owed is older than any answer took:
// until then the ladder concludes nothing.
func undrained(t *testing.T, s *testServer, backend string, stuck *atomic.Uint64,
	owed uint64) *Fleet {
	t.Helper()
	cfg := testConfig(s)
	cfg.Backend, cfg.OverSend, cfg.DrainTimeout = backend, window, time.Second
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	most := uint64(cfg.Clients) - 1
	until(t, f, "stuck", func(*monitor.View) bool { return stuck.Load() == most })
	give(t)(f.Stop())
	reach(t, f, monitor.Undrained)
	until(t, f, "owed for longer than any answer took", func(s *monitor.View) bool {
		return s.Ledger.Wait == most*owed && !mayBeOnItsWay(f)
	})
	return f
}

// mayBeOnItsWay reports whether the ladder would take any owed echo for merely slow, or no scan has
// found it late yet.
func mayBeOnItsWay(f *Fleet) bool {
	slow := false
	onEachWorker(f, func(w *worker) {
		for slot := range w.slots() {
			d := w.at(slot)
			slow = slow || d.wait > 0 && (w.maybeSlow(d) || d.lateUpTo < d.assigned)
		}
	})
	return slow
}

func explained(t *testing.T, f *Fleet, want string, seen bool) {
	t.Helper()
	before := snap(f)
	must(t, f.Close())
	after := snap(f)
	if after.Ledger != before.Ledger || after.Faults != before.Faults || after.Bytes != before.Bytes {
		t.Errorf("the poke changed the books:\n%+v %v\n%+v %v",
			before.Ledger, before.Faults, after.Ledger, after.Faults)
	}
	if len(after.Owed) != len(before.Owed) {
		t.Errorf("%d lines of what is owed, %d before", len(after.Owed), len(before.Owed))
	}
	if seen && !SeesReceiveQueues() {
		return
	}
	named := 0
	for _, d := range after.Diagnoses {
		if d.Name == want {
			named = d.Connections
		}
	}
	if most := before.Clients - 1; named != most {
		t.Errorf("%s on %d connections, want %d: %+v", want, named, most, after.Diagnoses)
	}
}

// stuckByHand is a worker of one dummy that is owed an echo at the end of a drain that failed, at a
// time, and has been heard before, last at heardAt.
func stuckByHand(t *testing.T, heardAt, at time.Duration) (*worker, *nullPort, *dummy) {
	w, p := byHand(t, Config{Clients: 1, OverSend: 1, DrainTimeout: 10 * time.Second})
	d := w.at(0)
	w.start(0, never)
	turn(w, p, scanEvery, false)
	turn(w, p, scanEvery, true)
	for len(p.sends) > 0 { // the server takes what is sent, and answers no more
		send := p.sends[0]
		p.sends = p.sends[1:]
		w.engine.Complete(&iocp.Entry{Overlapped: send.ov, Transferred: len(send.buf)})
	}
	w.stop()
	d.heardAt = heardAt
	w.engine.Tick(at)
	w.giveUpDrain()
	return w, p, d
}

// TestWhateverEndsAPokedConnectionIsNoFault: the books are closed.
func TestWhateverEndsAPokedConnectionIsNoFault(t *testing.T) {
	for name, end := range map[string]iocp.Entry{
		"reset": {Err: syscall.ECONNRESET}, "closed": {}, "nonsense": {Transferred: 4, Data: []byte("ssss")},
	} {
		w, p, d := stuckByHand(t, scanEvery, time.Minute)
		before := w.count
		w.leave(true, true)
		turn(w, p, time.Minute+1, false)
		end.Overlapped = p.receives[uint64(d.Slot)]
		w.engine.Complete(&end)
		turn(w, p, 2*time.Minute, false)
		turn(w, p, 3*time.Minute, false)
		w.countLosses(false)
		if w.count.Faults != before.Faults || w.count.Ledger != before.Ledger ||
			w.count.Bytes != before.Bytes || w.count.WaitUpDown != before.WaitUpDown {
			t.Errorf("%s: %+v, before %+v", name, w.count, before)
		}
	}
}

// TestWhoStillSendsIsSlow: an answer that comes after the poke, or a FIN that is not answered, tell
// nothing of a connection that has brought bytes all through the drain.
func TestWhoStillSendsIsSlow(t *testing.T) {
	for _, slow := range []bool{true, false} {
		heardAt := scanEvery
		if slow {
			heardAt = time.Minute - 200*time.Millisecond
		}
		w, p, d := stuckByHand(t, heardAt, time.Minute)
		frame := w.fleet.pattern.Append(nil, d.ident(), d.stream.Oldest(d.assigned), 0)
		w.leave(true, true)
		turn(w, p, time.Minute+1, false)
		poke := p.sends[0]
		w.engine.Complete(&iocp.Entry{Overlapped: poke.ov, Transferred: len(poke.buf)})
		w.engine.Complete(p.received(d, frame[:1]))
		for at := time.Minute + diagnose.PokeWait; d.State() == conn.Up; at += scanEvery {
			turn(w, p, at, false) // to look at the server's queue may have taken a while
		}
		if named := w.count.signs.Ladder.Wakeup.Connections == 1; named == slow {
			t.Errorf("slow %v: %+v", slow, w.count.signs.Ladder)
		}
		if slow {
			d.heardAt = time.Minute + time.Second*19/2
		}
		w.engine.Tick(time.Minute + 11*time.Second)
		w.scan.inspect(d)
		if d.State() == conn.Closing || (w.count.signs.FINsIgnored == 1) == slow {
			t.Errorf("slow %v: state %v, %d closes ignored", slow, d.State(), w.count.signs.FINsIgnored)
		}
	}
}

// TestWhatIsOwedAtTheEndOfADrainStaysOwed: the server's close afterwards changes nothing until the
// next START.
func TestWhatIsOwedAtTheEndOfADrainStaysOwed(t *testing.T) {
	w, p, d := stuckByHand(t, scanEvery, time.Minute)
	before := w.count.Ledger
	w.engine.Complete(p.received(d, nil))
	w.count.balance()
	if w.count.WaitUpDown != 1 || w.count.Ledger.Lost != before.Lost {
		t.Errorf("closed after the drain: wait %d, %+v", w.count.WaitUpDown, w.count.Ledger)
	}
	lines := w.owedLines(-1)
	if len(lines) != 1 || lines[0].Count != 1 || lines[0].Connection != 1 {
		t.Errorf("%+v", lines)
	}
	w.start(w.now(), never)
	w.count.balance()
	if w.count.Ledger.Lost != before.Lost+1 || w.count.WaitUpDown != 0 || len(w.owedLines(-1)) != 0 {
		t.Errorf("after START: wait %d, %+v", w.count.WaitUpDown, w.count.Ledger)
	}
}

// crowded is a listener that accepts no more while room connections are open, as a server does
// that has no descriptor left.
type crowded struct {
	net.Listener
	taken  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *crowded) Accept() (net.Conn, error) {
	select {
	case l.taken <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	return l.Listener.Accept()
}

func (l *crowded) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// TestWhoeverIsAcceptedWhenOthersLeaveLayInTheBacklog: the server is right and out of descriptors.
// Half of the dummies lie in its backlog, get their echoes once the others have left, and neither
// that nor a FIN left unanswered may be taken for anything else.
func TestWhoeverIsAcceptedWhenOthersLeaveLayInTheBacklog(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		const room = 4
		l := &crowded{Listener: inner, taken: make(chan struct{}, room), closed: make(chan struct{})}
		s := serveOn(t, l, func(c *net.TCPConn) {
			echoAll(c)
			<-l.taken
		})
		cfg := testConfig(s)
		cfg.Clients, cfg.Backend, cfg.DrainTimeout = 2*room, backend, 200*time.Millisecond
		cfg.Churn, cfg.Close = 20, CloseFIN
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "echoes", func(s *monitor.View) bool { return s.Ledger.Echoed > 100 })
		give(t)(f.Stop())
		reach(t, f, monitor.Drained, monitor.Undrained)
		must(t, f.Close())
		after := snap(f)
		for _, d := range after.Diagnoses {
			if d.Name != monitor.AcceptStalled {
				t.Errorf("a right server is accused of %s: %s", d.Name, d.Why)
			}
		}
		if SeesReceiveQueues() && len(after.Diagnoses) == 0 {
			t.Errorf("accept_stalled is not named: %+v, %v", after.Ledger, after.Faults)
		}
	})
}
