package dummy

import (
	"time"

	"dummyload/dummy/diagnose"
)

// never is a time that does not come.
const never = diagnose.Never

// pacer is one worker's part of a steady rate. Event i of the fleet is due at t0 + i/rate;
// worker k of W takes the events i ≡ k mod W. A due time does not move when an event comes
// late: what is missed stays due, so the schedule shows who fell behind. No event is due at until
// or later: a rate R kept for a time D is R·D events over all workers.
type pacer struct {
	t0    time.Duration // of the fleet's clock, the same for all workers
	until time.Duration // the schedule's end; never when it has none
	rate  float64       // per second over the fleet; 0 = never
	next  uint64        // the next event that is this worker's
	step  uint64        // W
}

func newPacer(worker, workers int, t0 time.Duration, rate float64) pacer {
	return pacer{t0: t0, until: never, rate: rate, next: uint64(worker), step: uint64(workers)}
}

// due is when the next event is due.
func (p *pacer) due() time.Duration {
	if p.rate <= 0 {
		return never
	}
	after := float64(p.next) / p.rate * float64(time.Second)
	if after > float64(never-p.t0)/2 {
		return never
	}
	if at := p.t0 + time.Duration(after); at < p.until {
		return at
	}
	return never
}

// take moves on to the event after the one that was due.
func (p *pacer) take() { p.next += p.step }

// skip moves on to the first event that is not due before now: for a schedule whose missed
// turns nobody asks for.
func (p *pacer) skip(now time.Duration) {
	if p.due() >= now {
		return
	}
	if elapsed := uint64((now - p.t0).Seconds() * p.rate); elapsed > p.next {
		p.next += (elapsed - p.next) / p.step * p.step
	}
	for p.due() < now {
		p.take()
	}
}
