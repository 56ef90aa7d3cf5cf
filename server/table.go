package server

import (
	"sync/atomic"

	"dummyload/monitor/trace"
)

// A SessionID is an index into the table and the slot's generation, counted from 1. With 44
// bits of generation no id comes again: at 100,000 connections a second on one slot, 5 years.
//
//	bits 63..20  generation
//	bits 19..0   index
const (
	indexBits = trace.IndexBits
	indexMask = 1<<indexBits - 1
)

func (id SessionID) index() uint64      { return uint64(id) & indexMask }
func (id SessionID) generation() uint64 { return uint64(id) >> indexBits }

// next is the id of the slot's next session.
func (id SessionID) next(index uint64) SessionID {
	return (id>>indexBits+1)<<indexBits | SessionID(index)
}

// idWord is a slot's present id, or its last one when the slot is free.
type idWord struct{ word atomic.Uint64 }

func (w *idWord) load() SessionID    { return SessionID(w.word.Load()) }
func (w *idWord) store(id SessionID) { w.word.Store(uint64(id)) }

// slabBits is the size of the pieces in which the table grows, as a power of two: 128 sessions.
const slabBits = 7

type slab [1 << slabBits]session

// table holds all sessions. It grows and never shrinks, so that a stale id always finds a slot
// to look at. The slot freed last is used first: it is still in the processor's cache.
type table struct {
	slabs []atomic.Pointer[slab]
	free  freeList
	fresh atomic.Uint32 // slots ever used: indices below it
	limit uint32
}

func (t *table) init(limit int) {
	t.limit = uint32(limit)
	t.slabs = make([]atomic.Pointer[slab], (limit+len(slab{})-1)>>slabBits)
}

// at is the session with the given index, nil when the table never grew that far.
func (t *table) at(index uint64) *session {
	if index>>slabBits >= uint64(len(t.slabs)) {
		return nil
	}
	if piece := t.slabs[index>>slabBits].Load(); piece != nil {
		return &piece[index&(1<<slabBits-1)]
	}
	return nil
}

// take gives out a slot under a new id, nil when the table is full.
func (t *table) take() *session {
	s := t.free.pop(t)
	if s == nil {
		index := t.fresh.Add(1) - 1
		if index >= t.limit {
			t.fresh.Add(^uint32(0))
			return nil
		}
		s = t.grow(uint64(index))
	}
	s.id.store(s.id.load().next(s.recv.Key))
	return s
}

// put takes a released session's slot back.
func (t *table) put(s *session) { t.free.push(s) }

// grow makes sure that the slab around index is there.
func (t *table) grow(index uint64) *session {
	if t.at(index) == nil {
		piece := new(slab)
		for i := range piece {
			s := &piece[i]
			s.recv.Key = index>>slabBits<<slabBits | uint64(i)
			s.send.Key = s.recv.Key
			s.io.reset()
		}
		t.slabs[index>>slabBits].CompareAndSwap(nil, piece) // or another worker was faster
	}
	return t.at(index)
}

// used is how many slots were ever given out; Collect and Stop look at these.
func (t *table) used() uint64 { return uint64(min(t.fresh.Load(), t.limit)) }

// freeList is a stack of slots. The tag changes with every push and pop, so that a pop which
// was held up cannot mistake a slot that came back for the one it saw (ABA).
//
//	bits 63..32  tag
//	bits 31..0   index + 1 of the top, 0 when empty
type freeList struct{ top atomic.Uint64 }

const tagStep = 1 << 32

func (l *freeList) push(s *session) {
	for {
		old := l.top.Load()
		s.next.Store(uint32(old))
		if l.top.CompareAndSwap(old, (old+tagStep)&^(tagStep-1)|(s.recv.Key+1)) {
			return
		}
	}
}

func (l *freeList) pop(t *table) *session {
	for {
		old := l.top.Load()
		if uint32(old) == 0 {
			return nil
		}
		s := t.at(uint64(uint32(old)) - 1)
		if l.top.CompareAndSwap(old, (old+tagStep)&^(tagStep-1)|uint64(s.next.Load())) {
			return s
		}
	}
}
