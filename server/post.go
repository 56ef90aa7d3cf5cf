package server

import (
	"sync/atomic"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// actor is whoever works on sessions: each worker thread is one, and one stands for all other
// goroutines. It brings its own way to post, its own trace, memory and counters; what it does
// to a session is the same for all.
type actor struct {
	srv    *Server
	post   iocp.Poster // a worker's own, or the port
	trace  *trace.Ring
	blocks *sendq.Pool
	count  *counters
	frames atomic.Uint64 // that random fields were made for; begins anywhere
	sender Sender        // what a handler is given: the worker, or the Server
}

// note leaves a footprint of s (R10).
func (a *actor) note(k trace.Kind, w trace.Where, s *session, io ioState, n int) {
	a.trace.Record(k, w, uint64(s.id.load()), io.count(), n)
}

// recvPost is RecvPost: it raises IOCount, then calls WSARecv (R1).
func (a *actor) recvPost(s *session, via iocp.Poster) {
	if s.ended() {
		return
	}
	io := s.io.up()
	a.note(trace.RecvPost, trace.Nowhere, s, io, 0)
	if err := via.Recv(s.sock, &s.recv); err != nil {
		a.postFailed(s, trace.Receive)
	}
}

// sendPost is SendPost: it sends what SendQ holds unless a send is in flight, in which case
// that send's completion will look again (R4, R5). The caller holds a reference.
func (a *actor) sendPost(s *session) {
	for s.sendq.Any() && !s.ended() {
		if !s.flag.trySet() {
			return
		}
		data := s.sendq.Peek(a.blocks)
		if len(data) == 0 { // another thread sent it all between the look and the flag
			s.flag.clear()
			a.note(trace.FlagIdle, trace.Nowhere, s, s.io.load(), 0)
			continue
		}
		if s.end.why() != NoReason {
			return // cancel may have dropped a part of SendQ; the flag stays set, as in R14
		}
		io := s.io.up() // R1
		a.note(trace.SendPost, trace.Nowhere, s, io, len(data))
		if err := a.post.Send(s.sock, data, &s.send); err != nil {
			a.postFailed(s, trace.Send)
		}
		return
	}
}

// postFailed lowers IOCount for a post that failed at once (R2), and ends the connection (R14): it
// may be healthy otherwise, and nobody would ever post on it again.
func (a *actor) postFailed(s *session, which trace.Where) {
	a.note(trace.PostFailed, which, s, s.io.load(), 0)
	a.cancel(s, PostFailed)
	a.ioDown(s, trace.FailedPost)
}

// cancel ends the connection and keeps why. It completes what is pending and frees nothing (R6). The
// handle stays open until release: a new connection might get its value, and a post of another thread
// would go to that one (R11). The caller holds a reference.
func (a *actor) cancel(s *session, why Reason) {
	if !s.end.first(why) {
		return
	}
	a.note(trace.Cancel, trace.Nowhere, s, s.io.load(), int(why))
	a.srv.port.Cancel(s.sock)
	s.sendq.Drop(a.blocks) // now: the last completion may come late. sendPost checks the end after Peek
}

// ioDown is IOCount--, wherever it happens. Whoever's decrement made it 0, and whose
// compare-and-swap then found it still 0, releases (R3, R12).
func (a *actor) ioDown(s *session, where trace.Where) {
	id := s.id.load() // once the reference is gone the slot may be another session's
	io := s.io.down()
	a.trace.Record(trace.IODown, where, uint64(id), io.count(), 0)
	if io.underflow() {
		a.srv.broken(id, "IOCount below zero")
	}
	if io == 0 && s.io.tryRelease() {
		a.release(s, where)
	}
}

// release gives back all that the session held. Its handle is closed here and nowhere else (R11).
// The handler's Left is called before the slot can be used again.
func (a *actor) release(s *session, where trace.Where) {
	id, why := s.id.load(), s.end.why()
	a.trace.RecordPeer(uint64(id), s.peer.Of(id.generation()))
	a.note(trace.Release, where, s, 0, int(why))
	if s.sock == iocp.InvalidSocket || why == NoReason {
		a.count.releasedTwice.Add(1)
		a.srv.broken(id, "released twice, or without having ended")
	}
	s.sendq.Close(a.blocks)
	if s.partial != nil {
		a.blocks.Put(s.partial)
		s.keep(nil, 0)
	}
	a.srv.port.Close(s.sock)
	s.sock = iocp.InvalidSocket
	a.count.reasons[why].Add(1)
	a.srv.handler.Left(a.sender, id, why)
	a.srv.table.put(s)
	a.count.released.Add(1)
}
