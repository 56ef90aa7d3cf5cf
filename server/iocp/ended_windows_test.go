package iocp

import (
	"math/rand/v2"
	"testing"
)

func TestEndedSet(t *testing.T) {
	var set endedSet
	model := map[Socket]bool{}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() Socket {
		base := Socket(r.IntN(3)) * (endedMax / 2) &^ 3
		return base + 4*Socket(r.IntN(100))
	}
	for range 20_000 {
		s := pick()
		if s > endedMax {
			continue
		}
		switch r.IntN(3) {
		case 0:
			set.set(s)
			model[s] = true
		case 1:
			set.clear(s)
			delete(model, s)
		}
		if other := pick(); other <= endedMax && set.has(other) != model[other] {
			t.Fatalf("handle %#x: marked %v, want %v", other, set.has(other), model[other])
		}
	}
	set.set(InvalidSocket)
	set.clear(InvalidSocket)
	if set.has(InvalidSocket) {
		t.Error("no socket is marked as ended")
	}
}
