package dummy

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSlotQueueKeepsOrderWhileItGrows(t *testing.T) {
	var q slotQueue
	rng := rand.New(rand.NewPCG(1, 2))
	var want []uint32
	for i := range uint32(10_000) {
		q.push(i)
		want = append(want, i)
		for len(want) > 0 && rng.IntN(3) == 0 {
			if got := q.pop(); got != want[0] {
				t.Fatalf("popped %d, want %d", got, want[0])
			}
			want = want[1:]
		}
	}
	if q.n != len(want) {
		t.Fatalf("%d in the queue, want %d", q.n, len(want))
	}
}

func TestTimersFireInOrder(t *testing.T) {
	var h timers
	if h.next() != never {
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

func TestTimeRingKeepsOutstandingTimesWhenItGrows(t *testing.T) {
	var pool timeRings
	small := pool.take(4)
	for seq := uint64(7); seq < 11; seq++ {
		small.put(seq, time.Duration(seq))
	}
	big := pool.take(9)
	if len(big.at) != 16 {
		t.Fatalf("a ring for 9 has %d places", len(big.at))
	}
	big.copyFrom(small, 7, 10)
	for seq := uint64(7); seq < 11; seq++ {
		if big.get(seq) != time.Duration(seq) {
			t.Errorf("echo %d: %v", seq, big.get(seq))
		}
	}
	pool.give(small)
	if again := pool.take(3); again != small {
		t.Error("a ring given back is not used again")
	}
}
