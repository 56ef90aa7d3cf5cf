package iocp

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

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

// ovQueue is a first-in-first-out list of operations, linked through Overlapped.sys.next. One
// goroutine uses it.
type ovQueue struct{ head, tail *Overlapped }

func (q *ovQueue) push(ov *Overlapped) {
	ov.sys.next = nil
	if q.tail == nil {
		q.head = ov
	} else {
		q.tail.sys.next = ov
	}
	q.tail = ov
}

func (q *ovQueue) pop() *Overlapped {
	ov := q.head
	q.head = ov.sys.next
	if q.head == nil {
		q.tail = nil
	}
	ov.sys.next = nil
	return ov
}

// acceptsPerRound is how many accepts a worker begins each time it asks the kernel for completions.
// An accept that finds a connection ends on the spot, where the end of a connection waits for its
// turn behind others (io_uring works off 20 a call since Linux 6.13, epoll_wait tells as many as
// there is room for). Without a limit a storm of connects and resets is accepted faster than the
// dead are heard of, until the descriptors are used up.
const acceptsPerRound = 4

// posts is the port-wide queue behind Post. Its eventfd is a semaphore that counts what is
// queued. Every ring polls it, and whoever reads 1 off it owns one packet: however many wake
// up, each packet goes to one worker, and what a leaving worker did not take stays for the
// others. A mutex will do: Post carries orders, not data.
type posts struct {
	mu     sync.Mutex
	queue  []*Overlapped
	tokens int // eventfd with EFD_SEMAPHORE
}

func (p *posts) push(ov *Overlapped) error {
	p.mu.Lock()
	p.queue = append(p.queue, ov)
	p.mu.Unlock()
	// The packet is queued before its token exists, so a token always finds one.
	return eventSignal(p.tokens)
}

// take returns the oldest packet; ok is false when another worker has taken it.
func (p *posts) take() (ov *Overlapped, ok bool) {
	if !eventConsume(p.tokens) {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		panic("iocp: the count of posted packets is above their number")
	}
	ov = p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return ov, true
}

// eventOpen is eventfd(2). It is non-blocking for eventConsume; a poll waits all the same.
func eventOpen(flags int) (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK|flags)
	return fd, os.NewSyscallError("eventfd", err)
}

// eventSignal adds 1. The count saturates far beyond any number of packets.
func eventSignal(fd int) error {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	for {
		_, err := unix.Write(fd, one[:])
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("write", err)
		}
	}
}

// eventConsume takes 1 off a semaphore, everything off another; false if there was nothing.
func eventConsume(fd int) bool {
	var count [8]byte
	for {
		_, err := unix.Read(fd, count[:])
		if err != unix.EINTR {
			return err == nil
		}
	}
}

// countdown is the wait of one Get that sleeps more than once. The clock is read only by a Get
// that finds nothing.
type countdown struct {
	wait     time.Duration // as in Worker.Get
	deadline time.Time
}

// left is how long may still be slept; false when the time is over.
func (c *countdown) left() (time.Duration, bool) {
	if c.wait <= 0 {
		return c.wait, c.wait < 0
	}
	if c.deadline.IsZero() {
		c.deadline = time.Now().Add(c.wait)
		return c.wait, true
	}
	left := time.Until(c.deadline)
	return left, left > 0
}
