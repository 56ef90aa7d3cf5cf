package dummy

import (
	"fmt"
	"runtime"
	"testing"
	"unsafe"

	"dummyload/monitor"
)

// mostBytes is what an idle dummy may take of this program's memory.
const mostBytes = 512

// idleDummies connects n dummies over a null port, has each echo once where echoed, and returns
// how many bytes of the heap they take then, with all that their worker keeps.
func idleDummies(t testing.TB, n int, echoed bool) float64 {
	before := heap()
	w, p := byHand(t, Config{Clients: n})
	if echoed {
		w.start(w.now(), never)
		turn(w, p, w.now(), true)
		w.stop()
		turn(w, p, w.now(), true)
	}
	if w.count.Connections.Now != uint64(n) || w.count.WaitUpDown != 0 {
		t.Fatalf("%d connections up, %d echoes owed", w.count.Connections.Now, w.count.WaitUpDown)
	}
	p.connects, p.sends = nil, nil // the port's, of which there is none
	after := heap()
	runtime.KeepAlive(w)
	return float64(after) - float64(before)
}

func TestIdleDummyIsSmall(t *testing.T) {
	const few, many = 10_000, 50_000 // what a worker takes by itself is not theirs
	size := unsafe.Sizeof(dummy{})
	for _, echoed := range []bool{false, true} {
		each := (idleDummies(t, many, echoed) - idleDummies(t, few, echoed)) / (many - few)
		t.Logf("echoed %v: a dummy takes %.0f bytes, %d of them its structure", echoed, each, size)
		if each > mostBytes {
			t.Errorf("echoed %v: %.0f bytes each, more than %d", echoed, each, mostBytes)
		}
	}
}

// BenchmarkIdleDummies is what a million of them take, on the structures alone: no port, no
// sockets. One iteration is enough (-benchtime 1x).
func BenchmarkIdleDummies(b *testing.B) {
	for _, echoed := range []bool{false, true} {
		b.Run(fmt.Sprintf("echoed=%v", echoed), func(b *testing.B) {
			const n = 1_000_000
			var all float64
			for b.Loop() {
				all = idleDummies(b, n, echoed)
			}
			b.ReportMetric(all/n, "B/dummy")
		})
	}
}

// TestGoodPathDoesNotAllocate runs one echo through a worker's own functions: served, assigned,
// composed, verified. What the port does with the buffer is the port's.
func TestGoodPathDoesNotAllocate(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	allocs := make(chan float64)
	w := f.workers[0]
	w.order(func(w *worker) {
		d := w.at(0)
		w.mode = echoing
		one := func() {
			w.makeReady(d, w.now())
			w.serve()
			w.sender.compose(d)
			d.stream.Feed(w.judgement(d), d.out.bytes)
			w.sender.buffers.give(d.out)
			d.out = nil
			w.sender.unwritten = w.sender.unwritten[:0]
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
