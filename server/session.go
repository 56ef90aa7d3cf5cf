package server

import (
	"sync/atomic"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// session is one connection. Idle it is all the memory that the connection costs this program:
// a receive's buffer belongs to the port, SendQ and partial take theirs when needed.
//
// There is no lock in it. A field is touched by whoever the comment names, and what one
// owner wrote the next one sees because IOCount or SendFlag changed hands in between.
type session struct {
	recv iocp.Overlapped // Key of both is the session's index in the table
	send iocp.Overlapped

	io    ioCount        // anyone
	flag  sendFlag       // anyone
	end   ending         // anyone
	id    idWord         // stored by take, while nobody holds the slot
	peer  trace.PeerWord // stored by admit, while the accept holds the session
	next  atomic.Uint32  // link of the table's free list, index + 1
	sock  iocp.Socket    // whoever holds a reference; stored by open and release
	sendq sendq.Queue    // see there; its front belongs to the owner of flag

	partial *sendq.Block // the worker with the receive completion; nil between frames
}

// ending is why a session ended, NoReason while it has not.
type ending struct{ reason atomic.Uint32 }

// first reports whether why is the first reason given, and keeps it.
func (e *ending) first(why Reason) bool { return e.reason.CompareAndSwap(0, uint32(why)) }

// why is the first reason given.
func (e *ending) why() Reason { return Reason(e.reason.Load()) }

func (e *ending) reset() { e.reason.Store(0) }

// ended reports whether the connection was cancelled: nothing more is posted on it.
func (s *session) ended() bool { return s.end.why() != NoReason }

// open begins a session on a slot that take gave out, with one reference: the accept's (R13).
func (s *session) open(sock iocp.Socket) ioState {
	s.sock = sock
	s.end.reset()
	s.flag.clear()
	return s.io.open()
}
