package server

import (
	"math/bits"
	"sync/atomic"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// session is one connection. While that is idle, this struct is all the memory that it costs the
// program: a receive's buffer belongs to the port, SendQ and partial take memory when they need it.
//
// It has no lock. Beside each field stands who may touch it. Between two owners IOCount or SendFlag
// changes, which is atomic: so the next one sees what the last one wrote.
type session struct {
	recv iocp.Overlapped // Key of both is the session's index in the table
	send iocp.Overlapped

	io       ioCount        // anyone
	flag     sendFlag       // anyone
	end      ending         // anyone
	moved    atomic.Uint32  // the clock when bytes last went in or out, see Server.clock
	id       idWord         // stored by take, while nobody holds the slot
	peer     trace.PeerWord // stored by admit, while the accept holds the session
	next     atomic.Uint32  // link of the table's free list, index + 1
	arriving partialWord    // what others may know of partial; stored with it
	sock     iocp.Socket    // whoever holds a reference; stored by open and release
	sendq    sendq.Queue    // see there; its front belongs to the owner of flag

	partial *sendq.Block // the worker with the receive completion; nil between frames
}

// keep stores the frame that is still arriving, nil when none is.
func (s *session) keep(partial *sendq.Block, now uint32) {
	s.partial = partial
	if partial == nil {
		s.arriving.clear()
		return
	}
	s.arriving.set(cap(partial.Data), now)
}

// partialWord is the size of the arriving frame's block, and the clock at the frame's first byte.
//
//	bits 31..27  the bytes' binary logarithm, rounded up; 0 when no frame is arriving
//	bits 26..0   the clock
type partialWord struct{ word atomic.Uint32 }

const (
	partialClockBits = 27
	partialClockMask = 1<<partialClockBits - 1
)

// set stores the size. The clock stays that of the first byte.
func (p *partialWord) set(bytes int, now uint32) {
	if old := p.word.Load(); old != 0 {
		now = old
	}
	p.word.Store(uint32(bits.Len(uint(bytes-1)))<<partialClockBits | now&partialClockMask)
}

func (p *partialWord) clear() { p.word.Store(0) }

// bytes is about how many bytes the block takes.
func (p *partialWord) bytes() int64 {
	if word := p.word.Load(); word != 0 {
		return 1 << (word >> partialClockBits)
	}
	return 0
}

// age is for how long the frame has been arriving, 0 when none is.
func (p *partialWord) age(now uint32) uint32 {
	if word := p.word.Load(); word != 0 {
		return (now - word) & partialClockMask
	}
	return 0
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
func (s *session) open(sock iocp.Socket, now uint32) ioState {
	s.sock = sock
	s.moved.Store(now) // before anybody can take a reference
	s.end.reset()
	s.flag.clear()
	return s.io.open()
}
