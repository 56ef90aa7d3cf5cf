package iocp

import "sync/atomic"

// inbox brings operations from other goroutines to one worker, whose ring or queue only its own
// thread may use. It is an intrusive stack (link: Overlapped.sys.next): many push to it, and the
// worker takes the whole of it. So no element is popped alone, and ABA cannot arise. An eventfd
// ends the worker's sleep.
//
// No wake-up is lost: the worker sets sleeping and then looks at the stack once more; a pusher
// pushes and then looks at sleeping. sync/atomic is sequentially consistent, so at least one of
// the two sees the other.
type inbox struct {
	stack    atomic.Pointer[Overlapped]
	sleeping atomic.Bool
	closed   atomic.Bool  // the worker is closed and takes nothing any more
	waiting  atomic.Int32 // how many are in the stack, or about to be
	wake     int          // eventfd, open as long as the port is
	_        [40]byte     // the next worker's inbox shares no cache line
}

// push hands ov to the worker.
func (b *inbox) push(ov *Overlapped) error {
	b.waiting.Add(1)
	for {
		top := b.stack.Load()
		ov.sys.next = top
		if b.stack.CompareAndSwap(top, ov) {
			break
		}
	}
	// Only the first to push after the worker fell asleep pays for the system call.
	if b.sleeping.Load() && b.sleeping.CompareAndSwap(true, false) {
		return eventSignal(b.wake)
	}
	return nil
}

// take empties the stack and returns what was in it, oldest first.
func (b *inbox) take() *Overlapped {
	if b.stack.Load() == nil {
		return nil // the common case stays free of a locked instruction
	}
	var oldest *Overlapped
	n := int32(0)
	for ov := b.stack.Swap(nil); ov != nil; n++ {
		next := ov.sys.next
		ov.sys.next = oldest
		oldest, ov = ov, next
	}
	b.waiting.Add(-n)
	return oldest
}
