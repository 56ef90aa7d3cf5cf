package dummy

import (
	"testing"
	"unsafe"

	"dummyload/monitor"
)

func TestIdleDummyIsSmall(t *testing.T) {
	size := unsafe.Sizeof(dummy{})
	t.Logf("a dummy takes %d bytes", size)
	if size > 512 {
		t.Errorf("a dummy takes %d bytes, more than 512", size)
	}
}

// TestGoodPathDoesNotAllocate runs one echo through a worker's own functions: served, assigned,
// composed, verified. What the port does with the buffer is the port's.
func TestGoodPathDoesNotAllocate(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	allocs := make(chan float64)
	w := f.workers[0]
	w.mail.send(w.port, func(w *worker) {
		d := w.at(0)
		w.mode = echoing
		one := func() {
			w.makeReady(d)
			w.serve()
			w.compose(d)
			w.current = d
			d.stream.feed(w.verifier, d.ident(), d.assigned, d.out.bytes)
			w.buffers.give(d.out)
			d.out = nil
			w.unwritten = w.unwritten[:0]
			d.clear(dirty)
		}
		allocs <- testing.AllocsPerRun(1000, one)
		w.mode = idle
	})
	if n := <-allocs; n != 0 {
		t.Errorf("%v allocations per echo", n)
	}
	if s := snap(f); s.Ledger.Echoed < 4*1000 || s.Bad() != 0 {
		t.Errorf("%+v %v", s.Ledger, s.Faults)
	}
}
