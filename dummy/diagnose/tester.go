package diagnose

import "time"

// The limits of a tester.
const (
	// MinLag is how late the tester may be before it counts.
	MinLag = time.Millisecond

	neverIdle = 0.9  // of the time, running or starved
	starving  = 0.5  // of the time, starved
	lostShare = 0.01 // of the schedule that may be left behind
)

// Tester is how the tester itself has done while Echo was on. Shares are of that time.
type Tester struct {
	Ran      float64       // share in which the busiest worker ran
	Starved  float64       // share in which others kept one worker from the processor, at most
	OpenLoop bool          // there is a schedule
	EchoOn   time.Duration // how long Echo was on
	Behind   time.Duration // how far the schedule is ahead of what was sent
}

// Saturated reports whether the tester was the bottleneck:
//
//	open loop    a worker was never idle and is behind its schedule: the answers that would have
//	             made room had come and were not fetched
//	closed loop  a worker was never idle: the server waited for it
//
// With a slow server the workers sleep and the windows are full, and neither is counted here.
func (t Tester) Saturated() bool {
	busy := t.Ran+t.Starved > neverIdle || t.Starved > starving
	lost := t.Behind > max(MinLag, time.Duration(lostShare*float64(t.EchoOn)))
	return busy && (lost || !t.OpenLoop)
}
