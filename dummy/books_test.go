package dummy

import (
	"math/rand/v2"
	"testing"
	"time"

	"dummyload/dummy/verify"
	"dummyload/monitor"
)

// TestBooksBalanceWhateverComes: any sequence of what may happen to echoes leaves nothing unaccounted
// for, per connection and in total, also after a drain that failed, at a Reset and at a Mark.
func TestBooksBalanceWhateverComes(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		b := books{hists: measured()}
		ds := make([]dummy, 3)
		for i := range ds {
			ds[i].stream = verify.Stream{}
		}
		lost := make([]uint64, len(ds)) // may still come
		marked := false
		for step := range 300 {
			i := rng.IntN(len(ds))
			d := &ds[i]
			n := uint64(1 + rng.IntN(3))
			switch rng.IntN(9) {
			case 0, 1, 2:
				for range n {
					d.assigned++
					d.wait++
					b.count.Ledger.Sent++
					b.count.WaitUpDown++
				}
			case 3, 4:
				b.echoed(d, min(n, uint64(d.wait)))
			case 5:
				n = min(n, uint64(d.wait))
				b.missed(d, n)
				lost[i] += n
			case 6:
				if lost[i] > 0 {
					lost[i]--
					b.recovered(d)
				}
			case 7:
				b.keepOwed = rng.IntN(4) == 0
				b.count.Ledger.Abandoned += b.writeOff(d, func() []monitor.Owed { return nil })
				if b.keepOwed {
					b.loseStillOwed()
				}
			case 8:
				b.count.balance()
				if marked = !marked; marked {
					b.mark("")
				} else {
					b.reset(0)
				}
			}
			d.check()
			b.empty(time.Duration(step))
			b.count.balance()
			if owed := int64(ds[0].wait) + int64(ds[1].wait) + int64(ds[2].wait); b.count.WaitUpDown != owed {
				t.Fatalf("seed %d, step %d: Wait Echo Count %d, %d owed", seed, step, b.count.WaitUpDown, owed)
			}
			if (b.count.WaitUpDown == 0) != (b.emptiedAt == time.Duration(step)) && step > 0 {
				t.Fatalf("seed %d, step %d: %d owed, emptied at %d", seed, step, b.count.WaitUpDown, b.emptiedAt)
			}
		}
	}
}

// TestWhatCameBeforeAResetIsKept: the whole run's counts are what they would be without it.
func TestWhatCameBeforeAResetIsKept(t *testing.T) {
	b := books{hists: measured()}
	d := &dummy{}
	for range 5 {
		d.assigned++
		d.wait++
		b.count.Ledger.Sent++
		b.count.WaitUpDown++
	}
	b.echoed(d, 3)
	b.count.Faults[monitor.Corrupt] = 2
	b.findings.evidence = []monitor.Evidence{{Fault: monitor.Corrupt}}
	b.measure(time.Second, 0, 1)
	b.reset(4)
	if l := b.count.Ledger; l.Sent != 2 || b.count.WaitUpDown != 2 || b.count.Connections.Attempted != 4 {
		t.Errorf("after: %+v, %d owed, %+v", l, b.count.WaitUpDown, b.count.Connections)
	}
	if p := b.past; p.Ledger.Sent != 3 || p.Ledger.Echoed != 3 || p.Faults[monitor.Corrupt] != 2 ||
		len(p.Evidence) != 1 {
		t.Errorf("before: %+v", p)
	}
	if !b.everAsked() || b.slowestYet() < time.Second || b.hists.RTT.Count() != 0 {
		t.Errorf("asked %v, slowest %v, %d round trips", b.everAsked(), b.slowestYet(), b.hists.RTT.Count())
	}
}

// TestEchoesWhileEchoIsOff: those that a drain brings are counted apart.
func TestEchoesWhileEchoIsOff(t *testing.T) {
	b := books{hists: measured()}
	d := &dummy{assigned: 9, wait: 9}
	b.count.Ledger.Sent, b.count.WaitUpDown = 9, 9
	b.countOff(false) // START
	b.echoed(d, 4)
	b.countOff(true) // STOP
	b.echoed(d, 3)
	b.countOff(false)
	if off := b.count.EchoedOff; off != 3 {
		t.Errorf("%d came while Echo was off, want 3", off)
	}
}
