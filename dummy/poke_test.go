package dummy

import (
	"io"
	"net"
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

func explained(t *testing.T, s *testServer, backend, want string, seen bool) {
	cfg := testConfig(s)
	cfg.Backend, cfg.DrainTimeout = backend, 200*time.Millisecond
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
