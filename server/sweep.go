package server

import "time"

// The sweeper's pace: an eighth of the shorter timeout, within these.
const (
	sweepLeast = time.Millisecond
	sweepMost  = time.Second
)

// pace is how often to sweep, 0 for never.
func (cfg Config) pace() time.Duration {
	shorter := min(cfg.IdleTimeout, cfg.FrameTimeout)
	if shorter == 0 {
		shorter = max(cfg.IdleTimeout, cfg.FrameTimeout)
	}
	if shorter == 0 {
		return 0
	}
	return min(max(shorter/8, sweepLeast), sweepMost)
}

// sweepEvery sweeps at every tick, until Stop. It counts its own ticks: while the process is stopped,
// or the machine stands still, no session's time goes on.
func (srv *Server) sweepEvery(pace time.Duration) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	ticks := func(limit time.Duration) uint32 {
		if limit == 0 {
			return 0
		}
		return uint32(min((limit+pace-1)/pace, partialClockMask-1))
	}
	idle, frame := ticks(srv.cfg.IdleTimeout), ticks(srv.cfg.FrameTimeout)
	for {
		select {
		case <-srv.swept:
			return
		case <-tick.C:
			srv.sweep(idle, frame)
		}
	}
}
