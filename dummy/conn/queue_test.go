package conn

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQueueKeepsOrderWhileItGrows(t *testing.T) {
	var q Queue
	rng := rand.New(rand.NewPCG(1, 2))
	var want []uint32
	for i := range uint32(10_000) {
		q.Push(i)
		want = append(want, i)
		for len(want) > 0 && rng.IntN(3) == 0 {
			if got := q.Pop(); got != want[0] {
				t.Fatalf("popped %d, want %d", got, want[0])
			}
			want = want[1:]
		}
	}
	if q.Len() != len(want) {
		t.Fatalf("%d in the queue, want %d", q.Len(), len(want))
	}
}

func TestTimersFireInOrder(t *testing.T) {
	var h timers
	if h.next() != Never {
		t.Fatal("an empty heap has a next")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var want []time.Duration
	for range 1000 {
		at := time.Duration(rng.IntN(500))
		want = append(want, at)
		h.push(timer{at: at})
	}
	slices.Sort(want)
	for i, w := range want {
		if h.next() != w {
			t.Fatalf("timer %d: next %v, want %v", i, h.next(), w)
		}
		if got := h.pop(); got.at != w {
			t.Fatalf("timer %d fires at %v, want %v", i, got.at, w)
		}
	}
}
