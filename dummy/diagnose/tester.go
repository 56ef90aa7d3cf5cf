package diagnose

import "time"

// The limits of a tester.
const (
	// MinLag is how late the tester may be without that being worth a word.
	MinLag = time.Millisecond

	neverIdle = 0.9  // of the time, running or starved
	starving  = 0.5  // of the time, starved
	lostShare = 0.01 // of the schedule that may be left behind
)

// Tester is how the tester itself has done over the time that echo was on. Shares are of that time.
type Tester struct {
	Ran      float64       // share of the busiest worker
	Starved  float64       // share of the worker that others kept from the processor most
	OpenLoop bool          // there is a schedule
	EchoOn   time.Duration // how long the schedule is
	Behind   time.Duration // how far it is ahead of what was sent
}

// Saturated reports whether the tester was the bottleneck:
//
//	open loop    a worker was never idle and has fallen behind its schedule: the answers that
//	             would have made room lay there and were not fetched
//	closed loop  a worker was never idle: the server waited for it
//
// A server that is slow leaves workers asleep and windows full, and neither is counted.
func (t Tester) Saturated() bool {
	busy := t.Ran+t.Starved > neverIdle || t.Starved > starving
	lost := t.Behind > max(MinLag, time.Duration(lostShare*float64(t.EchoOn)))
	return busy && (lost || !t.OpenLoop)
}
