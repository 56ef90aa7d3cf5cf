// Package sendq is a session's SendQ: bytes that wait for the send in flight to complete.
//
// The lecture's SendQ is a ring buffer. Here any thread may enqueue (R9) while one dequeues,
// thousands of sessions have nothing queued, and a send may take 64 KiB at once. A ring buffer would
// need a lock and memory for each session. So SendQ is a queue of pooled blocks without a lock: many
// producers push onto a stack, and the one consumer takes the whole stack and turns it round.
package sendq

import "sync/atomic"

const (
	// MaxMerge is the most bytes of small blocks that are copied together for one send.
	MaxMerge = 64 << 10

	// BlockCost is how many bytes a block counts against the limit beside its data: so tiny
	// packets are bounded, too. With it a queue takes at most twice its limit of memory.
	BlockCost = 64
)

// Queue is one SendQ; its zero value is empty and owns no memory.
//
//	producers ──CAS──► pushed ──Swap(nil), turned round──► front ──► send ──► pool
//	                   newest first                        oldest first
//
// Any goroutine may call Push, Any, Size and Drop. Peek and Consume are for whoever holds the
// session's SendFlag (R4), Close for whoever releases the session.
type Queue struct {
	pushed atomic.Pointer[Block]
	front  atomic.Pointer[Block] // stored by the consumer only; atomic for Any
	size   atomic.Int64          // bytes and BlockCosts of both lists (R15)
}

// Push enqueues a block, which belongs to the queue from then on. It reports false, and leaves
// the block to the caller, when the queue would grow beyond limit.
func (q *Queue) Push(b *Block, limit int) bool {
	cost := int64(len(b.Data) + BlockCost)
	if q.size.Add(cost) > int64(limit) {
		q.size.Add(-cost)
		return false
	}
	for {
		b.next = q.pushed.Load()
		if q.pushed.CompareAndSwap(b.next, b) {
			return true
		}
	}
}

// Any reports whether something waits. While a consumer is at work, Any may miss what that consumer
// has just taken and is about to send. It never misses a block whose Push has returned and that
// nobody has taken.
func (q *Queue) Any() bool { return q.pushed.Load() != nil || q.front.Load() != nil }

// Size is the bytes queued and in flight, with BlockCost for each block.
func (q *Queue) Size() int { return int(q.size.Load()) }

// Peek returns the bytes to send next, nil when there are none. They stay in the queue until Consume,
// and do not move.
func (q *Queue) Peek(p *Pool) []byte {
	front := q.front.Load()
	if front == nil {
		front = turn(q.pushed.Swap(nil))
		if front == nil {
			return nil
		}
	}
	front = q.merge(front, p)
	q.front.Store(front)
	return front.unsent()
}

// turn makes a stack's newest-first order oldest-first.
func turn(newest *Block) *Block {
	var oldest *Block
	for b := newest; b != nil; {
		b.next, oldest, b = oldest, b, b.next
	}
	return oldest
}

// merge copies the first blocks of a list into one, as many as one send may carry.
func (q *Queue) merge(front *Block, p *Pool) *Block {
	size, last := len(front.unsent()), front.next
	for ; last != nil && size+len(last.Data) <= MaxMerge; last = last.next {
		size += len(last.Data)
	}
	if last == front.next {
		return front
	}
	merged := p.Get(size)
	for b := front; b != last; {
		merged.Data = append(merged.Data, b.unsent()...)
		b = q.drop(b, p)
	}
	q.size.Add(BlockCost)
	merged.next = last
	return merged
}

// drop gives a block back and returns the one after it.
func (q *Queue) drop(b *Block, p *Pool) *Block {
	next := b.next
	p.Put(b)
	q.size.Add(-BlockCost)
	return next
}

// Consume takes n bytes off what the last Peek returned. n is what was transferred, not what was
// asked (R5).
func (q *Queue) Consume(n int, p *Pool) {
	b := q.front.Load()
	if b == nil || n > len(b.unsent()) {
		panic("sendq: more consumed than was there to send")
	}
	b.sent += n
	q.size.Add(-int64(n))
	if len(b.unsent()) == 0 {
		q.front.Store(q.drop(b, p))
	}
}

// Drop gives back what the consumer has not taken yet: nobody will send it. Any goroutine may call it.
func (q *Queue) Drop(p *Pool) {
	for b := q.pushed.Swap(nil); b != nil; {
		q.size.Add(-int64(len(b.unsent())))
		b = q.drop(b, p)
	}
}

// Close gives back everything. Nobody may use the queue at the same time; afterwards it is
// empty and ready for use.
func (q *Queue) Close(p *Pool) {
	for b := q.front.Swap(nil); b != nil; {
		q.size.Add(-int64(len(b.unsent())))
		b = q.drop(b, p)
	}
	q.Drop(p)
	if size := q.size.Load(); size != 0 {
		panic("sendq: bytes left uncounted at close")
	}
}
