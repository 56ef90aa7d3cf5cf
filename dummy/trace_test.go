package dummy

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// A connection's life is in the dummies' trace, at the fleet's times, and each fault with it.
func TestADummysLifeIsInItsTrace(t *testing.T) {
	var found []monitor.Evidence
	w, p := byHand(t, Config{Clients: 2, SizeMin: 8,
		Found: func(e monitor.Evidence) { found = append(found, e) }})
	at := 3 * time.Second
	w.trace.SetTime(at)
	w.start(w.now(), never)
	turn(w, p, at, true) // sends
	turn(w, p, at, true) // is answered, and sends again
	w.stop()
	turn(w, p, at, true)
	d := w.at(1)
	w.blame(d, monitor.Corrupt, monitor.Evidence{Seq: 1})
	w.closeOwn(d, CloseFIN, time.Hour)
	w.engine.Complete(p.received(d, nil))
	var kinds []trace.Kind
	for _, e := range w.fleet.Trace().Events(trace.ID(uint64(d.Client), 1)) {
		kinds = append(kinds, e.Kind)
		if e.Kind == trace.Fault && (e.N != uint32(monitor.Corrupt) || e.At != at) {
			t.Errorf("%v", e)
		}
	}
	for _, want := range []trace.Kind{trace.Dial, trace.Connected, trace.SendPost, trace.SendDone,
		trace.RecvDone, trace.Fault, trace.FIN, trace.Ended, trace.Dying} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %v in %v", want, kinds)
		}
	}
	if len(found) != 1 || found[0].Fault != monitor.Corrupt || found[0].Client != int(d.Client) {
		t.Errorf("told of %v", found)
	}
}

// A dial is noted under the connection that it would have become.
func TestAFailedDialIsInTheTrace(t *testing.T) {
	w, p := byHand(t, Config{Clients: 1})
	d := w.at(0)
	w.engine.Abort(&d.Conn, 0)
	w.engine.Complete(p.received(d, nil))
	w.engine.Advance()
	if len(p.connects) != 1 {
		t.Fatalf("%d dials", len(p.connects))
	}
	w.engine.Complete(&iocp.Entry{Overlapped: p.connects[0], Err: syscall.ECONNREFUSED})
	events := w.fleet.Trace().Events(trace.ID(uint64(d.Client), 2))
	if len(events) != 2 || events[0].Kind != trace.Dial || events[1].Kind != trace.ConnectFailed {
		t.Errorf("%v", events)
	}
}

// Where a dummy is on its present connection, and where it was on one that has just ended, is known
// to whoever asks; of connections that never were, nothing is.
func TestADummysAddressesAreKnown(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		accepted := make(chan netip.AddrPort, 2)
		cfg := testConfig(startServer(t, func(c *net.TCPConn) {
			accepted <- c.RemoteAddr().(*net.TCPAddr).AddrPort()
			echoAll(c)
		}))
		cfg.Backend, cfg.Clients = backend, 1
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Disconnect(0, CloseFIN))
		until(t, f, "back", func(s *monitor.View) bool { return s.Connections.Connected == 2 })
		for conn := uint32(1); conn <= 2; conn++ {
			if got, want := f.LocalOf(0, conn), trace.KeyOf(<-accepted); got != want {
				t.Errorf("on connection %d: %x, the server saw %x", conn, got, want)
			}
		}
		for _, never := range [][2]int{{0, 3}, {1 << 19, 1}} {
			if got := f.LocalOf(never[0], uint32(never[1])); got != 0 {
				t.Errorf("dummy %d, connection %d: %x", never[0], never[1], got)
			}
		}
	})
}
