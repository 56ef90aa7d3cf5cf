package iocp

import "sync/atomic"

// slabSize elements are allocated at a time; maxSlabs of them cover every handle value that
// a process can have (Linux: fs.nr_open is 1,048,576 unless raised).
const (
	slabSize = 1024
	maxSlabs = 4096
)

// slabs is an array indexed by handle value that grows without moving its elements, so that
// it is read without a lock while it grows.
type slabs[T any] struct {
	dir [maxSlabs]atomic.Pointer[[slabSize]T]
}

// at returns element s, or nil when no such element was ever made.
func (t *slabs[T]) at(s Socket) *T {
	if s >= slabSize*maxSlabs {
		return nil
	}
	slab := t.dir[s/slabSize].Load()
	if slab == nil {
		return nil
	}
	return &slab[s%slabSize]
}

// make returns element s, which is its zero value the first time; nil beyond the limit.
func (t *slabs[T]) make(s Socket) *T {
	if s >= slabSize*maxSlabs {
		return nil
	}
	d := &t.dir[s/slabSize]
	if d.Load() == nil {
		d.CompareAndSwap(nil, new([slabSize]T)) // the loser's slab is garbage
	}
	return &d.Load()[s%slabSize]
}
