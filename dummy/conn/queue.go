package conn

import (
	"math"
	"time"
)

// Never is a time that does not come.
const Never = time.Duration(math.MaxInt64)

// Queue is a first-in first-out queue of slots: a ring that grows and never shrinks. A slot may be
// in it once; whoever pushes sees to that.
type Queue struct {
	ring []uint32 // its length is a power of two, or 0
	head int
	n    int
}

// Len is how many slots are in it.
func (q *Queue) Len() int { return q.n }

// Push puts a slot at its end.
func (q *Queue) Push(slot uint32) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = slot
	q.n++
}

// Pop takes the first slot; there must be one.
func (q *Queue) Pop() uint32 {
	slot := q.ring[q.head]
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return slot
}

func (q *Queue) grow() {
	ring := make([]uint32, max(64, 2*len(q.ring)))
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = ring, 0
}

// timer is something that one connection waits for.
type timer struct {
	at   time.Duration
	slot uint32
	what uint8 // redial, or a number of the Owner's
}

// redial is the engine's own timer: the pause before a connection is dialed is over.
const redial = math.MaxUint8

// timers is a binary heap, the earliest first. It is bounded, as a connection has at most one timer
// of each kind.
type timers struct{ heap []timer }

// next is when the earliest fires.
func (t *timers) next() time.Duration {
	if len(t.heap) == 0 {
		return Never
	}
	return t.heap[0].at
}

func (t *timers) push(n timer) {
	t.heap = append(t.heap, n)
	for i := len(t.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if t.heap[parent].at <= t.heap[i].at {
			break
		}
		t.heap[parent], t.heap[i] = t.heap[i], t.heap[parent]
		i = parent
	}
}

func (t *timers) pop() timer {
	first, last := t.heap[0], len(t.heap)-1
	t.heap[0] = t.heap[last]
	t.heap = t.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if t.heap[child].at < t.heap[least].at {
				least = child
			}
		}
		if least == i {
			return first
		}
		t.heap[i], t.heap[least] = t.heap[least], t.heap[i]
		i = least
	}
}
