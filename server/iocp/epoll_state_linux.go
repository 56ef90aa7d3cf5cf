package iocp

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// epollStates is one table for all ports. A descriptor belongs to the process, and to one port at a
// time: a table for each port would be as large as this one.
var epollStates slabs[epollState]

// epollState is what the epoll backend knows of one socket: 32 bytes per handle value,
// reachable by any thread, without a lock.
//
// # The two slots
//
// Epoll says once that a direction became ready (edge trigger), at a time when an operation
// may be waiting for it, being tried, or not yet posted. A slot per direction remembers
// which, as the Go runtime's poller does:
//
//	            park                      edge: the operation is given
//	  ┌─────┐ ───────────▶ ┌─────────┐    to the worker that saw it, to
//	  │empty│              │operation│ ──────────────────────┐ be tried
//	  └─────┘ ◀─────────── └─────────┘                       ▼
//	    │  ▲     edge                              ┌─────────────────┐
//	edge│  │ park or post: the edge is             │ tried: done, or │
//	    ▼  │ used up, the operation tried          │ EAGAIN: park    │
//	  ┌─────┐ ──────────────────────────────────▶  └─────────────────┘
//	  │ready│
//	  └─────┘
//
// An edge that comes while an operation is being tried makes the slot ready, so that park,
// which follows an EAGAIN, finds it and tries again: no edge is lost. The operation in a slot
// is a chain (Overlapped.sys.next) for a listener, whose Accepts may be several.
//
// Whoever takes an operation out of a slot is the only one to try it; so at most one thread
// reads, and one writes, a socket at a time.
type epollState struct {
	in, out atomic.Pointer[Overlapped]
	// home is the id of the worker whose epoll watches the socket; unwatched says that it cannot
	// be watched, any other that it is not yet.
	home atomic.Int32
	// word holds two values in one, so that a late event of an earlier socket of the same handle
	// value changes nothing of a later one's:
	//
	//	bits 63..32  life, the uses of the handle value so far
	//	bits 31..0   the events that stay true once they are: with EPOLLRDHUP, EPOLLHUP or
	//	             EPOLLERR a receive does not wait, and a FIN behind data has no edge of its own
	word atomic.Uint64
}

func (st *epollState) life() uint32  { return uint32(st.word.Load() >> 32) }
func (st *epollState) ended() uint32 { return uint32(st.word.Load()) }

// end keeps events that end the socket's given life; false when that is over already.
func (st *epollState) end(life, events uint32) bool {
	for {
		old := st.word.Load()
		if uint32(old>>32) != life {
			return false
		}
		if old|uint64(events) == old || st.word.CompareAndSwap(old, old|uint64(events)) {
			return true
		}
	}
}

const (
	unwatched   = -1
	ownEvent    = 1 << 31 // in an event's life: the descriptor is the port's own, no socket
	epollEnded  = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	epollBroken = unix.EPOLLHUP | unix.EPOLLERR
)

// slotReady is the slot's value for "ready"; nil is "empty".
var slotReady = new(Overlapped)

// edge marks a direction ready. It returns the operations that waited for that; the caller has to
// try them.
func edge(slot *atomic.Pointer[Overlapped]) *Overlapped {
	for {
		switch was := slot.Load(); was {
		case slotReady:
			return nil
		case nil:
			if slot.CompareAndSwap(nil, slotReady) {
				return nil
			}
		default:
			if slot.CompareAndSwap(was, nil) {
				return was
			}
		}
	}
}

// useEdge takes an edge that came while nothing waited.
func useEdge(slot *atomic.Pointer[Overlapped]) bool {
	return slot.Load() == slotReady && slot.CompareAndSwap(slotReady, nil)
}

// park leaves ov to be tried at the next edge. It reports false when an edge has come already: that
// is used up, and the caller has to try ov now.
func park(slot *atomic.Pointer[Overlapped], ov *Overlapped) bool {
	for {
		was := slot.Load()
		if was == slotReady {
			if useEdge(slot) {
				return false
			}
			continue
		}
		if was != nil && ov.Op != OpAccept {
			panic("iocp: two operations of one direction are in flight on a socket (C2)")
		}
		ov.sys.next = was
		if slot.CompareAndSwap(was, ov) {
			return true
		}
	}
}

// unpark takes everything out of a slot that no edge will come for.
func unpark(slot *atomic.Pointer[Overlapped]) *Overlapped {
	if was := slot.Swap(nil); was != slotReady {
		return was
	}
	return nil
}

// reset makes the state that of a new socket. Its handle value must still be taken.
func (st *epollState) reset() {
	if unpark(&st.in) != nil || unpark(&st.out) != nil {
		panic("iocp: a socket was closed with operations in flight (C6)")
	}
	st.word.Store(uint64((st.life()+1)&^ownEvent) << 32)
	st.home.Store(0)
}
