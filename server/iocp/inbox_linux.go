package iocp

import "sync/atomic"

// inbox takes the operations that other goroutines post through the Port to the worker that
// owns a ring, for only its own thread may use it: an intrusive stack (link: Overlapped.sys.next)
// that many push to and one takes whole, so no element is ever popped alone and ABA cannot
// arise. An eventfd ends the worker's sleep.
//
// No wake-up is lost: the worker says that it is asleep and then looks at the stack once
// more; a pusher pushes and then looks whether the worker is asleep. sync/atomic is
// sequentially consistent, so at least one of the two sees the other.
type inbox struct {
	stack    atomic.Pointer[Overlapped]
	sleeping atomic.Bool
	closed   atomic.Bool  // the worker has gone and takes nothing any more
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
