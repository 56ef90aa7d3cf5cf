package dummy

import (
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
	w.start(2, w.now)
	turn(w, p, at, true) // sends
	turn(w, p, at, true) // is answered, and sends again
	w.stop(3)
	turn(w, p, at, true)
	d := w.at(1)
	w.blame(d, monitor.Corrupt, monitor.Evidence{Seq: 1})
	w.closeOwn(d, CloseFIN, time.Hour)
	w.complete(&iocp.Entry{Overlapped: &d.recv})
	var kinds []trace.Kind
	for _, e := range w.fleet.Trace().Events(trace.ID(uint64(d.client), 1)) {
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
	if len(found) != 1 || found[0].Fault != monitor.Corrupt || found[0].Client != int(d.client) {
		t.Errorf("told of %v", found)
	}
}

// A dial is noted under the connection that it would have become.
func TestAFailedDialIsInTheTrace(t *testing.T) {
	w, p := byHand(t, Config{Clients: 1})
	d := w.at(0)
	w.die(d, w.port.Abort, 0)
	w.complete(&iocp.Entry{Overlapped: &d.recv})
	w.advance()
	if len(p.connects) != 1 {
		t.Fatalf("%d dials", len(p.connects))
	}
	w.complete(&iocp.Entry{Overlapped: &d.recv, Err: syscall.ECONNREFUSED})
	events := w.fleet.Trace().Events(trace.ID(uint64(d.client), 2))
	if len(events) != 2 || events[0].Kind != trace.Dial || events[1].Kind != trace.ConnectFailed {
		t.Errorf("%v", events)
	}
}
