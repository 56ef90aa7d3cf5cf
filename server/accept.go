package server

import (
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

const (
	// acceptsPerWorker is how many Accepts each worker keeps pending: many clients may connect at once.
	acceptsPerWorker = 64

	// retryBatches is how many batches a busy worker handles before it tries a paused accept again.
	retryBatches = 256
)

// startAccepts posts this worker's Accepts.
func (w *worker) startAccepts() {
	for i := range w.accepts {
		w.acceptPost(&w.accepts[i])
	}
}

// acceptPost is AcceptPost, or the end of this accept when the server stops.
func (w *worker) acceptPost(ov *iocp.Overlapped) {
	if w.srv.stopping.Load() {
		w.srv.accepts.Add(-1)
		return
	}
	w.trace.Record(trace.AcceptPost, trace.Nowhere, 0, 0, 0)
	if err := w.port.Accept(w.srv.listener, ov); err != nil {
		w.acceptFailed(ov)
	}
}

// acceptDone begins a session and accepts the next. Another worker may have posted this accept: the
// one that dequeued it goes on with it.
func (w *worker) acceptDone(e *iocp.Entry) {
	if e.Socket == iocp.InvalidSocket {
		w.acceptFailed(e.Overlapped)
		return
	}
	w.admit(e.Socket)
	w.acceptPost(e.Overlapped)
	w.retryAccept() // accepting works: two more for each that does
	w.retryAccept()
}

// acceptFailed sets an accept aside. While there are no descriptors it would fail again at once, and
// the worker would do nothing else. The listener and its other accepts stay.
func (w *worker) acceptFailed(ov *iocp.Overlapped) {
	if w.srv.stopping.Load() {
		w.srv.accepts.Add(-1)
		return
	}
	w.trace.Record(trace.AcceptFailed, trace.Nowhere, 0, 0, 0)
	w.count.acceptFailures.Add(1)
	w.paused = append(w.paused, ov)
}

// retryAfter tries a paused accept again when this worker has released a session, when Get
// waited in vain for acceptPause (n is 0), and now and then when it is too busy to wait.
func (w *worker) retryAfter(n int) {
	if len(w.paused) == 0 {
		return
	}
	w.waited++
	released := w.count.released.Load()
	if n > 0 && w.waited < retryBatches && released == w.releasedAtRetry {
		return
	}
	w.waited, w.releasedAtRetry = 0, released
	w.retryAccept()
	for w.srv.stopping.Load() && len(w.paused) > 0 {
		w.retryAccept()
	}
}

// retryAccept posts one paused accept again, if there is one.
func (w *worker) retryAccept() {
	if last := len(w.paused) - 1; last >= 0 {
		ov := w.paused[last]
		w.paused = w.paused[:last]
		w.acceptPost(ov)
	}
}

// admit makes a session of a connection. The accept holds a reference of its own until the first
// receive is posted (R13): the handler's Accepted may call SendPacket, whose post may fail.
func (w *worker) admit(sock iocp.Socket) {
	if w.srv.stopping.Load() {
		w.refuse(sock)
		return
	}
	s := w.srv.table.take()
	if s == nil {
		w.refuse(sock)
		return
	}
	io := s.open(sock, w.srv.clock.Load())
	id := s.id.load()
	s.peer.Store(id.generation(), trace.KeyOf(w.srv.port.RemoteAddr(sock)))
	w.note(trace.Accept, trace.Nowhere, s, io, int(sock))
	w.count.accepted.Add(1)
	for _, packet := range w.srv.greetings {
		// It fails only when SendQ is smaller than these packets, and then disconnects.
		_ = w.SendPacket(id, packet)
	}
	w.srv.handler.Accepted(w, id)
	w.recvPost(s, w.first)
	w.ioDown(s, trace.Accepting)
}

// refuse closes a connection that cannot become a session.
func (w *worker) refuse(sock iocp.Socket) {
	w.trace.Record(trace.Refused, trace.Nowhere, 0, 0, int(sock))
	w.count.refused.Add(1)
	w.srv.port.Close(sock)
}
