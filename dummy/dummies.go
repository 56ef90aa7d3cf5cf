package dummy

import (
	"slices"
	"sync/atomic"
)

// dummies are those of one worker. Dummy i of the fleet is worker i mod W's, in slot i div W.
type dummies struct {
	slabs  []*slab
	roster atomic.Pointer[[]*slab] // slabs, for other goroutines to look a dummy up
}

// slab is what dummies are allocated in: a dummy never moves.
type slab [slabSize]dummy

// slabSize is how many dummies are allocated at a time.
const slabSize = 256

// share is how many of n clients are worker k's of W: those with client ≡ k mod W.
func share(n, k, workers int) int { return (n - k + workers - 1) / workers }

// at is the dummy in a slot, which exists.
func (ds *dummies) at(slot int) *dummy { return &ds.slabs[slot/slabSize][slot%slabSize] }

// slots is how many dummies there are, wanted or not.
func (ds *dummies) slots() int { return len(ds.slabs) * slabSize }

// grow makes slots for n dummies of worker k of W.
func (ds *dummies) grow(n, k, workers int) {
	for ds.slots() < n {
		s := new(slab)
		for i := range s {
			d := &s[i]
			slot := ds.slots() + i
			d.Init(uint32(slot), uint32(slot*workers+k))
			d.flags = settled // nobody waits for it unless it is wanted
		}
		ds.slabs = append(ds.slabs, s)
	}
	published := slices.Clone(ds.slabs)
	ds.roster.Store(&published)
}

// public is what any goroutine may read of the dummy in a slot, nil when there is no such one.
func (ds *dummies) public(slot int) *public {
	slabs := *ds.roster.Load()
	if slot/slabSize >= len(slabs) {
		return nil
	}
	return &slabs[slot/slabSize][slot%slabSize].public
}
