package main

import (
	"math/bits"
	"sync/atomic"
)

// histogram counts nanoseconds in 32 slots for each power of two, for many writers; the C
// client has the same.
type histogram struct{ slots [64 * subSlots]atomic.Uint64 }

const subSlots = 32

func slotOf(v uint64) int {
	if v < subSlots {
		return int(v)
	}
	shift := bits.Len64(v) - 6
	return (shift+1)*subSlots + int(v>>shift) - subSlots
}

// slotStart is the least value that slotOf puts into a slot.
func slotStart(slot int) uint64 {
	if slot < subSlots {
		return uint64(slot)
	}
	return uint64(slot%subSlots+subSlots) << (slot/subSlots - 1)
}

func (h *histogram) record(v uint64) { h.slots[slotOf(v)].Add(1) }

func (h *histogram) reset() {
	for i := range h.slots {
		h.slots[i].Store(0)
	}
}

// quantiles are the starts of the slots where the shares, in rising order, are reached.
func (h *histogram) quantiles(shares ...float64) []uint64 {
	var all, seen uint64
	for i := range h.slots {
		all += h.slots[i].Load()
	}
	found := make([]uint64, 0, len(shares))
	for i := range h.slots {
		seen += h.slots[i].Load()
		for len(found) < len(shares) && seen > 0 && float64(seen) >= shares[len(found)]*float64(all) {
			found = append(found, slotStart(i))
		}
	}
	return append(found, make([]uint64, len(shares)-len(found))...)
}
