package iocp

import (
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is one io_uring: a queue of operations to start (SQ) and one of operations that
// ended (CQ), both shared with the kernel.
//
//	SQ: we write entries, then the tail; the kernel reads up to the tail and moves the head.
//	CQ: the kernel writes entries, then the tail; we read up to the tail and move the head.
//
// The store of an index publishes the entries before it, and the other side's load acquires them:
// sync/atomic is at least that strong. One thread uses a ring.
type ring struct {
	fd   int
	maps [2][]byte // both queues; the SQ's entries. Everything below points into them.

	sqHead, sqTail *uint32
	sqes           []sqe
	tail           uint32 // our copy of *sqTail, entries not yet published included

	cqHead, cqTail *uint32
	cqes           []cqe
	head           uint32 // our copy of *cqHead

	sends int // bytes that the next enter copies; what it receives is bounded by the buffers

	arg getEventsArg
	ts  kernelTimespec
	nap nap
}

// openRing makes a ring with room for sq operations to start and cq ended ones.
func openRing(flags, sq, cq uint32) (*ring, error) {
	p := uringParams{flags: flags | setupCQSize | setupClamp | setupSubmitAll, cqEntries: cq}
	fd, err := uringSetup(sq, &p)
	if err != nil {
		return nil, os.NewSyscallError("io_uring_setup", err)
	}
	r := &ring{fd: fd}
	if err := r.mmap(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) mmap(p *uringParams) error {
	const need = featSingleMmap | featNoDrop | featExtArg
	if p.feature&need != need {
		return os.NewSyscallError("io_uring_setup", unix.ENOSYS)
	}
	size := max(uintptr(p.sqOff.array)+uintptr(p.sqEntries)*4,
		uintptr(p.cqOff.cqes)+uintptr(p.cqEntries)*unsafe.Sizeof(cqe{}))
	queues, err := mapShared(r.fd, offSQRing, size)
	if err != nil {
		return err
	}
	r.maps[0] = queues
	entries, err := mapShared(r.fd, offSQEs, uintptr(p.sqEntries)*unsafe.Sizeof(sqe{}))
	if err != nil {
		return err
	}
	r.maps[1] = entries
	// The pointers below lead into the mappings, which live until close.
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&queues[off])) }
	r.sqHead, r.sqTail = at(p.sqOff.head), at(p.sqOff.tail)
	r.cqHead, r.cqTail = at(p.cqOff.head), at(p.cqOff.tail)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&entries[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&queues[p.cqOff.cqes])), p.cqEntries)
	// The SQ is an array of indexes into the entries; entry i always stands in place i.
	for i, array := uint32(0), unsafe.Slice(at(p.sqOff.array), p.sqEntries); i < p.sqEntries; i++ {
		array[i] = i
	}
	return nil
}

func mapShared(fd int, off int64, size uintptr) ([]byte, error) {
	b, err := unix.Mmap(fd, off, int(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED|unix.MAP_POPULATE)
	return b, os.NewSyscallError("mmap", err)
}

// close frees the ring. What is still in flight is cancelled.
func (r *ring) close() {
	for i, m := range r.maps {
		if m != nil {
			_ = unix.Munmap(m)
			r.maps[i] = nil
		}
	}
	_ = unix.Close(r.fd)
	r.fd = -1
}

// mostCopied is the most bytes that an enter may copy as a RawSyscall, some 100 µs of work.
const mostCopied = 1 << 20

// nextSend is next for an operation that sends n bytes. Where one enter would copy too much with it,
// nextSend submits what is pending first.
func (r *ring) nextSend(n int) *sqe {
	if r.sends > 0 && r.sends+n > mostCopied {
		_ = r.enter(0) // as in next
	}
	e := r.next()
	if e != nil {
		r.sends += n
	}
	return e
}

// next is a place for one operation to start, or nil when the kernel takes none just now. The caller
// must fill it: the next enter submits it.
func (r *ring) next() *sqe {
	if r.pending() == uint32(len(r.sqes)) {
		// An error stays for the next enter of Get, which can report it.
		_ = r.enter(0)
		if r.pending() == uint32(len(r.sqes)) {
			return nil
		}
	}
	e := &r.sqes[r.tail&uint32(len(r.sqes)-1)]
	r.tail++
	return e
}

// pending is the number of operations filled in and not yet taken by the kernel.
func (r *ring) pending() uint32 { return r.tail - atomic.LoadUint32(r.sqHead) }

// ended is the number of completions to read; peek is the first and pop frees the first n.
func (r *ring) ended() uint32 { return atomic.LoadUint32(r.cqTail) - r.head }

func (r *ring) peek(i uint32) *cqe { return &r.cqes[(r.head+i)&uint32(len(r.cqes)-1)] }

func (r *ring) pop(n uint32) {
	r.head += n
	atomic.StoreUint32(r.cqHead, r.head)
}

// enter submits what is pending. With enterGetEvents the kernel also does the work that it has put
// off, and moves the completions that found the CQ full. It never waits, so it is a RawSyscall, which
// the scheduler does not see. Where it copies for long it is a Syscall: a garbage collection would
// wait for the thread. A Syscall that is not short costs more, since the processor goes to another
// thread and has to come back.
func (r *ring) enter(flags uintptr) error {
	call := unix.RawSyscall6
	if r.copiesForLong() {
		call = unix.Syscall6
	}
	r.sends = 0
	atomic.StoreUint32(r.sqTail, r.tail)
	_, _, errno := call(unix.SYS_IO_URING_ENTER,
		uintptr(r.fd), uintptr(r.pending()), 0, flags, 0, 0)
	return enterError(errno)
}

// copiesForLong is true only of one send that is too long by itself: nextSend keeps the sum of several
// below that.
func (r *ring) copiesForLong() bool { return r.sends > mostCopied }

// wait sleeps until there is a completion or a signal, or the time is over; negative is for ever.
// Unless it is a nap it must be a Syscall: a garbage collection waits for a thread in a RawSyscall.
func (r *ring) wait(d time.Duration) error {
	call := unix.Syscall6
	if r.nap.take(d) {
		d, call = napTime, unix.RawSyscall6
	}
	r.arg = getEventsArg{}
	if d >= 0 {
		r.ts = timespecOf(d)
		r.arg.ts = uint64(uintptr(unsafe.Pointer(&r.ts)))
	}
	_, _, errno := call(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 0, 1,
		enterGetEvents|enterExtArg, uintptr(unsafe.Pointer(&r.arg)), unsafe.Sizeof(r.arg))
	runtime.KeepAlive(r) // the kernel has read arg and ts inside r by now
	r.nap.over(errno == unix.ETIME)
	return enterError(errno)
}

// enterError drops the errors after which the caller just goes on: a signal, the end of the
// time, and a kernel that wants completions taken (EBUSY) or has no memory now (EAGAIN)
// before it accepts more. Among the others is EBADR, a completion lost for want of memory.
func enterError(errno unix.Errno) error {
	switch errno {
	case 0, unix.EINTR, unix.ETIME, unix.EBUSY, unix.EAGAIN:
		return nil
	}
	return os.NewSyscallError("io_uring_enter", errno)
}
