package server

import "math/bits"

// relieve disconnects the greediest sessions when all together hold more than they may (R15): those
// that hold the most go first, until the others are well within the budget. It costs a look at
// every session, and is done once for as much memory as that gives back. Whoever notices does it,
// before it goes on to what would need more.
func (a *actor) relieve() {
	if !a.srv.budget.Over() {
		return
	}
	var t toll
	for s := range a.srv.sessions() {
		t.add(s)
	}
	least, need := t.cut(a.srv.budget.Used(), a.srv.budget.Low())
	for _, class := range [...]int{least + 1, least} { // the last class only as far as it must
		for s := range a.srv.sessions() {
			if need <= 0 {
				return
			}
			id := s.id.load()
			if held := s.held(); held > 0 && classOf(held) >= class && s.end.why() == NoReason &&
				a.disconnectIf(id, MemoryFull, func(s *session) bool { return s.held() > 0 }) == nil {
				need -= held
			}
		}
	}
}

// held is the bytes that a session makes the server hold, about.
func (s *session) held() int64 {
	return int64(s.sendq.Size()) + s.arriving.bytes()
}

// toll is what all sessions hold.
type toll struct {
	classes [4 * 65]int64 // of those that live, by how much each holds
	living  int64
	dying   int64 // of those that were disconnected, and will give it back
}

// classOf tells who holds more: four classes from each power of two to the next.
func classOf(held int64) int {
	n := bits.Len64(uint64(held))
	if n < 3 {
		return 4 * n
	}
	return 4*n + int(held>>(n-3))&3
}

func (t *toll) add(s *session) {
	held := s.held()
	switch {
	case held <= 0:
	case s.end.why() != NoReason:
		t.dying += held
	default:
		t.living += held
		t.classes[classOf(held)] += held
	}
}

// cut is the lowest class of which some must go, and how many bytes all together, by the sessions'
// count: used is what that takes in memory, and low what the living may take.
func (t *toll) cut(used, low int64) (class int, need int64) {
	if t.living == 0 {
		return len(t.classes), 0
	}
	perByte := float64(used) / float64(t.living+t.dying)
	need = t.living - int64(float64(low)/perByte)
	var above int64
	for class = len(t.classes) - 1; class > 0; class-- {
		if above += t.classes[class]; above >= need {
			break
		}
	}
	return class, need
}

// moved notes for the idle clock that bytes went in or out.
func (w *worker) moved(s *session) {
	if w.srv.cfg.IdleTimeout == 0 {
		return
	}
	if now := w.srv.clock.Load(); s.moved.Load() != now {
		s.moved.Store(now)
	}
}

// sweep moves the clock on by one and disconnects the sessions whose time is over (R15). One
// goroutine calls it, at a pace that the limits are counted in; a session is looked at without a
// reference first (R12).
func (srv *Server) sweep(idle, frame uint32) {
	now := srv.clock.Add(1)
	over := func(s *session) Reason {
		if frame > 0 && s.arriving.age(now) > frame {
			return FrameTimeout
		}
		if idle > 0 && now-s.moved.Load() > idle {
			return IdleTimeout
		}
		return NoReason
	}
	for s := range srv.sessions() {
		id := s.id.load()
		if why := over(s); why != NoReason && s.end.why() == NoReason {
			_ = srv.others.disconnectIf(id, why, func(s *session) bool { return over(s) == why })
		}
	}
}
