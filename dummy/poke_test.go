package dummy

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
)

// stuckServers are what leaves a connection stuck, each after a few right echoes.
var stuckServers = []struct {
	name, diagnosis string
	seen            bool // needs to see the server's receive queue
	behave          func(c *net.TCPConn, over <-chan struct{})
}{
	{"answers one late", monitor.SendWakeupLost, false, func(c *net.TCPConn, _ <-chan struct{}) {
		var kept []byte
		eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
			if n < 10 {
				return frame
			}
			out := append([]byte{}, kept...)
			kept = append(kept[:0], frame...)
			return out
		})(c)
	}},
	{"answers one late, byte by byte", monitor.SendWakeupLost, false,
		func(c *net.TCPConn, _ <-chan struct{}) {
			var kept []byte
			eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
				if n < 10 {
					return frame
				}
				kept = append(kept, frame...)
				out := []byte{kept[0]}
				kept = kept[1:]
				return out
			})(c)
		}},
	{"reads on and says nothing", monitor.SendFlagStuck, false, func(c *net.TCPConn, _ <-chan struct{}) {
		eachFrame(func(c *net.TCPConn, n int, frame []byte) []byte {
			if n < 10 {
				return frame
			}
			return forever(c)
		})(c)
	}},
	{"reads no more", monitor.ReceiveNotRearmed, true, func(c *net.TCPConn, over <-chan struct{}) {
		_, _ = io.CopyN(c, c, 100)
		<-over
	}},
}

// TestStuckConnectionsAreExplained: each connection's cause is found when the fleet is closed,
// and neither the books nor the verdict are any different for it.
func TestStuckConnectionsAreExplained(t *testing.T) {
	for _, c := range stuckServers {
		t.Run(c.name, func(t *testing.T) {
			forBackends(t, func(t *testing.T, backend string) {
				over := make(chan struct{})
				s := startServer(t, func(conn *net.TCPConn) { c.behave(conn, over) })
				t.Cleanup(func() { close(over) })
				explained(t, s, backend, c.diagnosis, c.seen)
			})
		})
	}
}

// nothingIsStuck are servers that owe echoes at the end of a drain, and have nothing stuck.
var nothingIsStuck = []struct {
	name   string
	behave func(c *net.TCPConn)
}{
	{"slow by nature", func(c *net.TCPConn) {
		answers := make(chan []byte, 1<<16) // in order, each slowAnswer after its echo
		var sent sync.WaitGroup
		sent.Go(func() {
			for frame := range answers {
				due := time.Unix(0, int64(binary.LittleEndian.Uint64(frame)))
				time.Sleep(time.Until(due))
				_, _ = c.Write(frame[8:])
			}
		})
		eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
			due := uint64(time.Now().Add(slowAnswer).UnixNano())
			answers <- append(binary.LittleEndian.AppendUint64(nil, due), frame...)
			return []byte{}
		})(c)
		close(answers)
		sent.Wait()
	}},
	{"slow, and reads one at a time", eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
		time.Sleep(slowAnswer)
		return frame
	})},
	{"leaves a byte out", eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n == 10 {
			return frame[:len(frame)-1] // and the dummy takes what follows for the rest
		}
		return frame
	})},
	{"leaves one out", eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n == 10 {
			return []byte{}
		}
		return frame
	})},
}

const slowAnswer = 600 * time.Millisecond

// TestNothingStuckIsNotExplained: an answer that comes after the poke need not come because of it,
// and a server that answers the poke has nothing stuck.
func TestNothingStuckIsNotExplained(t *testing.T) {
	for _, c := range nothingIsStuck {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(startServer(t, c.behave))
			cfg.OverSend, cfg.EchoTimeout = 1, 100*time.Millisecond
			cfg.DrainTimeout = slowAnswer / 4 // and so the answer comes while a poke is waited for
			f := startFleet(t, cfg)
			reach(t, f, monitor.Idle)
			must(t, f.Start())
			until(t, f, "one answered and one late", func(s *monitor.Snapshot) bool {
				return s.Ledger.Echoed >= 8 && s.Faults[monitor.Late] >= 8 && s.WaitEchoCount() >= 8
			})
			must(t, f.Stop())
			reach(t, f, monitor.Drained, monitor.Undrained)
			must(t, f.Close())
			if s := snap(f); s.Faults[monitor.NotDrained] == 0 || len(s.Diagnoses) != 0 {
				t.Errorf("%v: %+v", s.Faults, s.Diagnoses)
			}
		})
	}
}

func explained(t *testing.T, s *testServer, backend, want string, seen bool) {
	cfg := testConfig(s)
	// Beyond what is slow, and short of a standstill, which is named first.
	cfg.Backend, cfg.DrainTimeout = backend, 600*time.Millisecond
	cfg.EchoTimeout = 100 * time.Millisecond
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	until(t, f, "stuck, or a step behind", func(s *monitor.Snapshot) bool {
		return s.Faults[monitor.Late] >= 8 || s.Ledger.Echoed > 2000
	})
	must(t, f.Stop())
	reach(t, f, monitor.Drained, monitor.Undrained)
	before := snap(f)
	if before.Phase != monitor.Undrained {
		t.Fatalf("%v: %+v", before.Phase, before.Ledger)
	}
	must(t, f.Close())
	after := snap(f)
	if after.Ledger != before.Ledger || after.Faults != before.Faults {
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
	if named != len(before.Owed) {
		t.Errorf("%s on %d connections, want %d: %+v", want, named, len(before.Owed), after.Diagnoses)
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
		must(t, f.Start())
		until(t, f, "echoes", func(s *monitor.Snapshot) bool { return s.Ledger.Echoed > 100 })
		must(t, f.Stop())
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
