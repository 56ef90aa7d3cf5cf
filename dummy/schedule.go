package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/server/iocp"
)

// mode is what a worker has been told to do.
type mode uint8

const (
	idle     mode = iota // hold connections
	echoing              // and send echoes
	draining             // and wait for the answers
	leaving              // close everything and end
)

// schedule is who sends next and when, when the next connection is closed or dialed, and what made a
// worker late. It sends nothing itself, and counts nothing.
type schedule struct {
	index, workers int // of the fleet's workers
	mode           mode
	load           *Config // the settings in force
	fresh          bool    // echoing, and nobody had a turn yet

	ready     conn.Queue    // may send, each slot once
	roomSince time.Duration // since when ready was never empty; never when it is
	echoes    pacer
	churns    pacer
	connects  pacer
	behind    time.Duration // at STOP: see behindNow

	slept time.Duration // since the worker began (see woke)
	held  holds
}

func newSchedule(index int, cfg, load *Config) schedule {
	return schedule{
		index: index, workers: cfg.Workers, load: &Config{OverSend: load.OverSend}, roomSince: never,
		connects: newPacer(index, cfg.Workers, 0, cfg.ConnectRate),
		echoes:   newPacer(index, cfg.Workers, 0, 0),
	}
}

// start begins an open loop's schedule at t0. It ends at until.
func (s *schedule) start(t0, until time.Duration) {
	s.mode, s.fresh = echoing, true
	s.echoes = newPacer(s.index, s.workers, t0, s.load.Rate)
	s.echoes.until = until
}

// stop ends the schedule.
func (s *schedule) stop(now time.Duration) {
	s.behind = s.behindNow(now)
	s.mode = draining
	s.held.drain = 0
	s.roomSince = never
}

// tune begins the open loop's schedule anew where its rate changes, and the churn's likewise.
func (s *schedule) tune(to *Config, t0 time.Duration) {
	if to.Rate != s.load.Rate {
		until := s.echoes.until
		s.echoes = newPacer(s.index, s.workers, t0, to.Rate)
		s.echoes.until = until
	}
	if to.Churn != s.load.Churn {
		s.churns = newPacer(s.index, s.workers, t0, to.Churn)
	}
	s.load = to
}

// countAnew forgets how late the worker was.
func (s *schedule) countAnew() { s.behind, s.held.echo, s.held.drain = 0, 0, 0 }

// room is how many echoes a dummy may send now.
func (s *schedule) room(d *dummy) int {
	if s.mode != echoing || d.State() != conn.Up || d.is(pausing|sendFailed) {
		return 0
	}
	return s.load.OverSend - int(d.wait)
}

// makeReady puts a dummy that may send into the ready queue.
func (s *schedule) makeReady(d *dummy, now time.Duration) {
	if !d.is(ready) && s.room(d) > 0 {
		d.set(ready)
		s.roomSince = min(s.roomSince, s.roomFrom(now))
		s.ready.Push(d.Slot)
	}
}

// serveTime is when the next dummy's turn comes.
func (s *schedule) serveTime() time.Duration {
	if s.mode != echoing || s.ready.Len() == 0 {
		return never
	}
	if s.load.Rate > 0 {
		return s.echoes.due()
	}
	return 0
}

// takeDue takes the next echo from the open loop's schedule, and returns when it was due and how late
// the worker itself is with it. As long as no window had room the worker waited for the server: that
// is not its lateness, and the RTT shows it.
func (s *schedule) takeDue(now time.Duration) (due, lag time.Duration) {
	due = s.echoes.due()
	s.echoes.take()
	lag = now - max(due, s.roomSince)
	if lag > lagLeast && s.held.until < now {
		s.held.add(hold{now - lag, now})
	}
	return due, lag
}

// behindNow is how far the open loop's schedule is ahead of what has been sent, for whatever
// reason. Once Echo is off, it is what it was at STOP.
func (s *schedule) behindNow(now time.Duration) time.Duration {
	if s.mode != echoing {
		return s.behind
	}
	return max(0, now-s.echoes.due())
}

// catchingUp reports whether the open loop's schedule is still late because of the newest hold.
func (s *schedule) catchingUp(now time.Duration) bool {
	return s.held.until > 0 && s.load.Rate > 0 && s.behindNow(now) > diagnose.MinLag
}

// roomFrom is since when a dummy has had room that is found ready now. When a hold has just ended, the
// answer may have come at any time of it: its beginning counts.
func (s *schedule) roomFrom(now time.Duration) time.Duration {
	if s.held.newest.to == now {
		return s.held.newest.from
	}
	return now
}

// churnTime is when the next of so many connections is to be closed and reopened. There is no churn
// during a drain: it would abandon the echoes that the drain waits for.
func (s *schedule) churnTime(connections int) time.Duration {
	if s.mode != idle && s.mode != echoing || connections == 0 {
		return never
	}
	return s.churns.due()
}

// woke takes note of the time between two batches. The first began at before, and the sleep at asleep;
// wait is how long a sleep was asked for. Sleep counts as slept up to that length. The rest is the
// worker's own: where it is more than a batch may take, it is a hold.
func (s *schedule) woke(now, before, asleep, wait time.Duration) {
	var slept time.Duration
	if wait > 0 {
		slept = min(now-asleep, wait+iocp.TimerStep)
		s.slept += slept
	}
	most := heldLong
	if s.load.Rate > 0 {
		most = diagnose.MinLag
	}
	late := now - before - slept
	if late <= most {
		return
	}
	from := now - late
	if s.held.until == before { // it was catching up: one more hold is more of the same
		from = before
	}
	s.held.add(hold{from, now})
	switch s.mode {
	case echoing:
		s.held.echo += late
	case draining:
		s.held.drain += late
	}
}
