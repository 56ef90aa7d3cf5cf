package gallery

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// specimen is the lecture's server in its naive form: IOCount without a RELEASE bit, slots used
// again last in, first out, a lock around each SendQ. With bug none it is right. Where a bug
// replaces a rule, the rule stands beside it.
type specimen struct {
	kind
	f *frame.Format
	q *queue

	mu    sync.Mutex
	slots []*session
	free  []*session // last in, first out

	nextID                            atomic.Uint64
	accepted, released, releasedTwice atomic.Uint64
	working                           atomic.Int64
	acceptor, workers, applications   sync.WaitGroup
	pushes                            []chan push
	over                              chan struct{}
}

// kind is which specimen it is.
type kind struct {
	bug     bug
	opts    habits
	natural bool // the bug's window is not widened
}

// of is the usual kind: the bug's window is widened.
func of(b bug, h habits) *kind { return &kind{bug: b, opts: h} }

// habits are what specimens differ in that is not wrong.
type habits struct {
	pushing    bool // answers from other goroutines, by SendPacket and session id
	laborious  bool // each receive keeps a worker busy for a while
	shortSends bool // of the environment
	failSends  bool
}

// push is an answer on its way to the session it is meant for.
type push struct {
	index  int
	id     uint64
	packet []byte
}

const (
	specimenWorkers = 4
	specimenPushers = 4
)

// startSpecimen starts one.
func startSpecimen(k kind, f *frame.Format) (Server, error) {
	q, err := newQueue()
	if err != nil {
		return nil, err
	}
	h := k.opts
	q.shortSends, q.failSends, q.dropFailures = h.shortSends, h.failSends, k.bug == dropFailures
	sp := &specimen{kind: k, f: f, q: q, over: make(chan struct{})}
	if h.pushing {
		for range specimenPushers {
			pushes := make(chan push, 1024)
			sp.pushes = append(sp.pushes, pushes)
			sp.applications.Go(func() { sp.apply(pushes) })
		}
	}
	for range specimenWorkers {
		sp.working.Add(1)
		sp.workers.Go(sp.work)
	}
	sp.acceptor.Go(sp.accept)
	return sp, nil
}

// Addr is where it listens.
func (sp *specimen) Addr() netip.AddrPort { return sp.q.addr() }

// Collect adds its books. They are honest, whatever else is not.
func (sp *specimen) Collect(run *monitor.Run, t *monitor.Tally) {
	released, accepted, twice := sp.released.Load(), sp.accepted.Load(), sp.releasedTwice.Load()
	run.Bundled = true
	t.Merge(&monitor.Tally{Server: &monitor.Server{
		Backend: "specimen", Workers: int(sp.working.Load()), Accepted: accepted, Released: released,
		Live: accepted - min(accepted, sp.once()), ReleasedTwice: twice,
		Audited: true,
	}})
}

// Stop ends it, after sessions had some time to be released: their clients have left. Without a
// bug they will be, however busy the machine is.
func (sp *specimen) Stop() {
	sp.q.stopAccepting()
	sp.acceptor.Wait()
	if !sp.allReleased(time.Second) {
		sp.cancelAll()
		most := time.Second / 2
		if sp.bug == none {
			most = rightDrain
		}
		sp.allReleased(most)
	}
	released, twice := sp.released.Load(), sp.releasedTwice.Load()
	close(sp.over)
	sp.q.end()
	sp.workers.Wait()
	sp.applications.Wait()
	sp.released.Store(released) // what only this end released does not count
	sp.releasedTwice.Store(twice)
}

// once is how many sessions were released, be it once or twice.
func (sp *specimen) once() uint64 {
	twice := sp.releasedTwice.Load() // counted after its release was
	released := sp.released.Load()
	return released - min(released, twice)
}

// allReleased waits until every session is released, and reports whether that happened.
func (sp *specimen) allReleased(within time.Duration) bool {
	for end := time.Now().Add(within); sp.once() < sp.accepted.Load(); {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// cancelAll ends the sessions whose clients have not left.
func (sp *specimen) cancelAll() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	for _, s := range sp.slots {
		sp.cancel(s)
	}
}

// accept is the accept thread.
func (sp *specimen) accept() {
	for {
		h, ok := sp.q.accept()
		if !ok {
			return
		}
		sp.accepted.Add(1)
		s := sp.take()
		if greeting := s.open(h, sp.nextID.Add(1), sp.f); len(greeting) > 0 {
			sp.enqueue(s, greeting)
			sp.sendPost(s)
		}
		sp.recvPost(s)
		sp.ioDown(s) // the accept's own reference (R13)
	}
}

// take gives out a slot.
func (sp *specimen) take() *session {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if n := len(sp.free); n > 0 {
		s := sp.free[n-1]
		sp.free = sp.free[:n-1]
		return s
	}
	s := &session{index: len(sp.slots)}
	sp.slots = append(sp.slots, s)
	return s
}

// work is a worker thread: the lecture's loop.
func (sp *specimen) work() {
	defer sp.working.Add(-1)
	for {
		e := sp.q.get()
		if e.op == opStop {
			return
		}
		switch {
		case e.transferred == 0:
			if sp.bug == exitOnZero {
				return
			}
			if !sp.zero(e) {
				continue
			}
		case e.op == opSend:
			sp.sendDone(e.s, e.transferred)
		case !sp.recvDone(e.s, e.data):
			continue
		}
		sp.ioDown(e.s)
	}
}

// zero is what transferred 0 means: the end of the connection, and never its release (R6). It
// reports whether IOCount is still to be lowered.
func (sp *specimen) zero(e entry) bool {
	s := e.s
	switch sp.bug {
	case releaseOnZero:
		sp.release(s)
		return false
	case zeroCounts:
		sp.cancel(s)
		return false
	case ignoreZero:
		if e.op == opRecv {
			sp.recvPost(s)
		}
		return true
	}
	sp.cancel(s)
	return true
}

// recvDone answers what was received and posts the next receive. It reports whether IOCount is
// still to be lowered: at the bottom, after the re-post (R2).
func (sp *specimen) recvDone(s *session, data []byte) bool {
	if sp.opts.laborious {
		time.Sleep(12 * time.Millisecond) // long, so that its workers and not the machine set the pace
	}
	packets := s.answers(data)
	switch sp.bug {
	case postBeforeQueue:
		sp.recvPost(s)
		sp.window()
		sp.answer(s, packets)
		return true
	case downBeforePost:
		sp.answer(s, packets)
		sp.ioDown(s)
		sp.window()
		sp.recvPost(s)
		return false
	}
	sp.answer(s, packets)
	sp.recvPost(s)
	return true
}

// answer sends what answers what was received, here or by way of the application.
func (sp *specimen) answer(s *session, packets []byte) {
	if len(packets) == 0 {
		return
	}
	if sp.opts.pushing {
		select {
		case sp.pushes[s.index%specimenPushers] <- push{s.index, s.id.Load(), packets}:
		case <-sp.over:
		}
		return
	}
	sp.enqueue(s, packets)
	sp.sendPost(s)
}

// apply is an application thread: it answers when it gets round to it.
func (sp *specimen) apply(pushes <-chan push) {
	for {
		select {
		case p := <-pushes:
			sp.sendPacket(p)
		case <-sp.over:
			return
		}
	}
}
