package dummy

import (
	"testing"
	"time"
)

func TestPacersOfAllWorkersMakeOneSchedule(t *testing.T) {
	const workers, rate = 3, 1000.0
	seen := map[time.Duration]int{}
	for k := range workers {
		p := newPacer(k, workers, time.Second, rate)
		for p.due() < 2*time.Second {
			seen[p.due()]++
			p.take()
		}
	}
	if len(seen) != 1000 {
		t.Fatalf("%d different due times within a second at %v per second", len(seen), rate)
	}
	for i := range 1000 {
		if seen[time.Second+time.Duration(i)*time.Millisecond] != 1 {
			t.Fatalf("event %d is due %d times", i,
				seen[time.Second+time.Duration(i)*time.Millisecond])
		}
	}
}

func TestPacerDoesNotMoveWhatWasMissed(t *testing.T) {
	p := newPacer(0, 1, 0, 10)
	p.take()
	if got := p.due(); got != 100*time.Millisecond {
		t.Errorf("event 1 is due at %v", got)
	}
	p.next = 1 << 60
	if p.due() < 0 {
		t.Error("a far due time overflows")
	}
}

func TestRateZeroIsNeverDue(t *testing.T) {
	p := newPacer(0, 1, 5, 0)
	if p.due() != never {
		t.Errorf("due at %v", p.due())
	}
}

func TestSkipLeavesOutWhatWasMissed(t *testing.T) {
	for k := range 3 {
		p := newPacer(k, 3, time.Second, 1000)
		p.skip(11*time.Second + 500*time.Microsecond)
		late := p.due() - 11*time.Second
		if late < 500*time.Microsecond || late > 4*time.Millisecond || p.next%3 != uint64(k) {
			t.Errorf("worker %d: next event %d is due %v later", k, p.next, late)
		}
	}
}
