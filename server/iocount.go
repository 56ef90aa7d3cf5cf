package server

import "sync/atomic"

// ioCount is a session's IOCount, the number of references that keep it from being released:
// one for each receive and send that is posted, one for an accept or a SendPacket at work.
//
//	bit  31     RELEASE: released, or being released; no reference may be taken any more
//	bits 30..0  the count
//
// Both live in one word so that 0 → RELEASE is one compare-and-swap (R12): whoever raises the
// count sees in the same operation whether the session was still there.
//
//	RELEASE|0 ──open──► 1 ──up/down──► … ──down──► 0 ──tryRelease──► RELEASE|0
//	                                                └──up (SendPacket was faster)──► 1
type ioCount struct{ word atomic.Uint32 }

const (
	releaseBit = 1 << 31
	countMask  = releaseBit - 1
)

// ioState is the word as one operation left it.
type ioState uint32

// released reports whether the RELEASE bit is set.
func (st ioState) released() bool { return st&releaseBit != 0 }

// count is the number of references.
func (st ioState) count() int { return int(st & countMask) }

// underflow reports whether the down that returned st had no reference to give up.
func (st ioState) underflow() bool { return st&countMask == countMask }

// reset makes the word of a slot that never held a session.
func (c *ioCount) reset() { c.word.Store(releaseBit) }

// open takes RELEASE away and counts the accept's own reference (R13). It adds and does not
// store: a stale SendPacket may have its reference on the slot at this moment.
func (c *ioCount) open() ioState { return ioState(c.word.Add(releaseBit + 1)) }

// up takes a reference without a look first. Where it may be too late the caller checks the result.
func (c *ioCount) up() ioState { return ioState(c.word.Add(1)) }

// down gives a reference up. Only its own result says whether that was the last one (R3).
func (c *ioCount) down() ioState { return ioState(c.word.Add(^uint32(0))) }

// tryRelease turns 0 into RELEASE. It reports false when somebody has taken a reference since.
func (c *ioCount) tryRelease() bool { return c.word.CompareAndSwap(0, releaseBit) }

// load is for the trace, the monitor and assertions; no rule decides by it.
func (c *ioCount) load() ioState { return ioState(c.word.Load()) }
