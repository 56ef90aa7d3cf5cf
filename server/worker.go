package server

import (
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// batch is the most completions one Get hands out.
const batch = 128

// worker is one worker thread: an actor with its own port access, and a Sender that knows
// which session it is receiving for.
type worker struct {
	actor
	port    iocp.Worker
	first   iocp.Poster // of a fresh session's first receive, see attach
	entries [batch]iocp.Entry
	stopped bool
	failure error // of Get: the port is broken

	// While a receive completion is handled, what the handler answers is collected in reply
	// and sent by one SendPost.
	receiving   *session
	receivingID SessionID
	rest        int          // bytes of the chunk that the handler has not seen yet
	reply       *sendq.Block // nil while there is none
	replies     int          // packets in it
	joined      *sendq.Block // a frame put together from parts, until the handler has seen it
	opened      *sendq.Block // for packets that do not lie in their frames, until the chunk is handled

	accepts         [acceptsPerWorker]iocp.Overlapped
	paused          []*iocp.Overlapped // accepts that failed, see retryAfter
	waited          int                // batches since the last retry
	releasedAtRetry uint64
}

// run is the worker thread: the lecture's loop.
func (w *worker) run() {
	for !w.stopped {
		n := w.get()
		for i := range n {
			e := &w.entries[i]
			if e.Overlapped == nil { // R7
				w.stop()
				continue
			}
			if e.Overlapped.Op == iocp.OpAccept {
				w.acceptDone(e)
				continue
			}
			s, where := w.dequeued(e)
			switch { // by transferred and by operation; whether it succeeded is not asked (R8)
			case e.Transferred == 0: // whichever operation it was (R6)
				w.cancel(s, reasonOf(e.Err)) // frees nothing (R11)
			case where == trace.Send:
				w.sendDone(s, e.Transferred) // R5
			default:
				w.recvDone(s, e.Data)
			}
			w.ioDown(s, where) // at the bottom, after any re-post (R2); may release (R3)
		}
	}
}

// get is GQCS; it fills entries and returns how many. While accepts are paused it waits for
// acceptPause only.
func (w *worker) get() int {
	wait := forever
	if len(w.paused) > 0 {
		wait = acceptPause
	}
	n, err := w.port.Get(w.entries[:], wait)
	w.trace.Tick()
	if err != nil {
		w.failure, w.stopped = err, true
		return 0
	}
	w.retryAfter(n)
	w.relieve()
	return n
}

// dequeued finds the session of a completion, and which of its operations it was.
func (w *worker) dequeued(e *iocp.Entry) (*session, trace.Where) {
	s := w.srv.table.at(e.Overlapped.Key)
	kind, where := trace.RecvDone, trace.Receive
	if e.Overlapped == &s.send {
		kind, where = trace.SendDone, trace.Send
	}
	io := s.io.load()
	w.note(kind, trace.Nowhere, s, io, e.Transferred)
	if io.released() || io.count() == 0 {
		w.srv.broken(s.id.load(), "a completion for a released session")
	}
	return s, where
}

// recvDone handles what was received, posts one send for all answers, then the next receive.
func (w *worker) recvDone(s *session, data []byte) {
	w.moved(s)
	w.received(s, data)
	w.flush(s)
	w.recvPost(s, w.port)
}

// sendDone consumes what was transferred (it may be less than was asked), clears the flag, and looks
// at SendQ again, in this order (R5).
func (w *worker) sendDone(s *session, transferred int) {
	w.moved(s)
	s.sendq.Consume(transferred, w.blocks)
	s.flag.clear()
	w.note(trace.FlagClear, trace.Nowhere, s, s.io.load(), s.sendq.Size())
	w.sendPost(s)
}

// stop obeys the order to stop. A second one in the same batch is meant for another worker.
func (w *worker) stop() {
	if w.stopped {
		_ = w.srv.port.Post(nil) // fails only on a port that is broken: then all workers end
		return
	}
	w.trace.Record(trace.Stop, trace.Nowhere, 0, 0, 0)
	w.stopped = true
}
