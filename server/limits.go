package server

import "math/bits"

// relieve disconnects the sessions that hold the most when all together hold too much (R15), until the
// others are well within the budget. It looks at every session, so the budget is over for one actor
// only; that actor does it before it takes more memory itself.
func (a *actor) relieve() {
	if !a.srv.budget.Over() {
		return
	}
	var h holdings
	for s := range a.srv.sessions() {
		h.add(s)
	}
	least, need := h.cut(a.srv.budget.Used(), a.srv.budget.Low())
	for _, class := range [...]int{least + 1, least} { // of the lowest class only as many as must
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

// held is about how many bytes the server holds for a session.
func (s *session) held() int64 {
	return int64(s.sendq.Size()) + s.arriving.bytes()
}

// holdings is what all sessions hold.
type holdings struct {
	classes [4 * 65]int64 // of sessions that have not ended, by class
	living  int64         // of all these
	dying   int64         // of sessions that have ended and are not released yet
}

// classOf is the class of a session that holds so many bytes: a higher one for more, and four
// classes from each power of two to the next.
func classOf(held int64) int {
	n := bits.Len64(uint64(held))
	if n < 3 {
		return 4 * n
	}
	return 4*n + int(held>>(n-3))&3
}

func (h *holdings) add(s *session) {
	held := s.held()
	switch {
	case held <= 0:
	case s.end.why() != NoReason:
		h.dying += held
	default:
		h.living += held
		h.classes[classOf(held)] += held
	}
}

// cut is the lowest class of which some sessions must go, and how many bytes must go in all, as held
// counts them. used is the memory that all sessions take, as the budget counts it; low is what
// those that have not ended may take.
func (h *holdings) cut(used, low int64) (class int, need int64) {
	if h.living == 0 {
		return len(h.classes), 0
	}
	perByte := float64(used) / float64(h.living+h.dying)
	need = h.living - int64(float64(low)/perByte)
	var above int64
	for class = len(h.classes) - 1; class > 0; class-- {
		if above += h.classes[class]; above >= need {
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

// sweep moves the clock on by one tick and disconnects the sessions whose time is over (R15). idle and
// frame are in ticks. One goroutine calls it. It looks at a session without a reference;
// disconnectIf takes one and looks again (R12).
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
