package iocp

import "testing"

func TestWorkerIDsAreOneOfAllPorts(t *testing.T) {
	a, b := newIDs(3), newIDs(2)
	for number := range 3 {
		if got, ok := a.number(a.id(number)); !ok || got != number {
			t.Errorf("worker %d of the first port became %d, %v", number, got, ok)
		}
		if _, ok := b.number(a.id(number)); ok {
			t.Errorf("worker %d of the first port is the second's, too", number)
		}
	}
	for _, id := range []int32{0, unwatched, b.id(2)} {
		if _, ok := b.number(id); ok {
			t.Errorf("id %d is a worker's", id)
		}
	}
}
