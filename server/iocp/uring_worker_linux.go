package iocp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A completion's user data is the address of its Overlapped, but for these two. The poster
// keeps the Overlapped reachable (C3) and Go does not move what is on the heap, so that the
// address that comes back is a live object's.
const (
	dataWake  = 1 // the inbox's eventfd is readable
	dataPosts = 2 // the port's eventfd is readable
)

type uringWorker struct {
	port  *uringPort
	inbox *inbox
	ring  *ring
	bufs  *recvBufs
	// later are operations that the kernel has not taken or has handed back: the SQ could
	// not be submitted, or a receive found no free buffer. Their posters know nothing of it.
	later ovQueue
	// armWake and armPosts say that the poll on the eventfd has to be submitted (again).
	armWake, armPosts bool
}

func (p *uringPort) Worker() (Worker, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == len(p.inboxes) {
		return nil, fmt.Errorf("iocp: all %d workers of the port are made", p.made)
	}
	r, err := openRing(p.flags, p.sizes.sq, p.sizes.cq)
	if err != nil {
		return nil, explainUring(err)
	}
	b, err := openBufs(r, bufCount(p.cfg.RecvSize), p.cfg.RecvSize)
	if err != nil {
		r.close()
		return nil, err
	}
	w := &uringWorker{port: p, inbox: &p.inboxes[p.made], ring: r, bufs: b}
	w.armWake, w.armPosts = true, true
	p.made++
	p.active++
	return w, nil
}

// Close gives the ring and the buffers back and what is still in the inbox to the others.
func (w *uringWorker) Close() error {
	w.inbox.closed.Store(true)
	w.port.handOn(w.inbox)
	w.ring.close()
	w.bufs.close()
	w.port.mu.Lock()
	w.port.active--
	w.port.mu.Unlock()
	return nil
}

func (ov *Overlapped) accept(listener Socket) {
	ov.Op, ov.sock = OpAccept, listener
}

// connect begins the handshake itself; the ring waits for its end. IORING_OP_CONNECT would
// begin it at the submission, and a Cancel that comes between post and submission would find
// nothing to cancel and the handshake would go on after it (C6).
func (ov *Overlapped) connect(s Socket, remote netip.AddrPort) {
	ov.Op, ov.sock = OpConnect, s
	ov.sys.connErr = connectSocket(s, remote)
}

func (ov *Overlapped) recv(s Socket) {
	ov.Op, ov.sock = OpRecv, s
}

func (ov *Overlapped) send(s Socket, buf []byte) {
	ov.Op, ov.sock, ov.buf = OpSend, s, buf
}

func (w *uringWorker) Accept(listener Socket, ov *Overlapped) error {
	ov.accept(listener)
	w.start(ov)
	return nil
}

func (w *uringWorker) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	ov.connect(s, remote)
	w.start(ov)
	return nil
}

func (w *uringWorker) Recv(s Socket, ov *Overlapped) error {
	ov.recv(s)
	w.start(ov)
	return nil
}

func (w *uringWorker) Send(s Socket, buf []byte, ov *Overlapped) error {
	ov.send(s, buf)
	w.start(ov)
	return nil
}

// start queues an operation for the kernel.
func (w *uringWorker) start(ov *Overlapped) {
	e := w.ring.next()
	if e == nil {
		w.later.push(ov)
		return
	}
	// Kept alive by the poster (C3); ov.buf keeps what is sent reachable.
	*e = sqe{fd: int32(ov.sock), userData: uint64(uintptr(unsafe.Pointer(ov)))}
	switch ov.Op {
	case OpAccept:
		e.opcode, e.opFlags = opAccept, unix.SOCK_CLOEXEC
	case OpConnect:
		e.pollFor(unix.POLLOUT)
	case OpRecv:
		// No buffer is named: the kernel takes one when there is something to put into it.
		e.opcode, e.flags, e.bufGroup = opRecv, sqeBufferSelect, bufGroup
		e.len = uint32(w.bufs.size)
		// The answer to what is being sent has not come yet: to try first would be in vain
		// (4 % of an echo). A wrong guess costs a detour, no data.
		if !ov.sys.more {
			e.ioprio = recvPollFirst
		}
	case OpSend:
		// Without MSG_WAITALL: a part that the peer has taken is known at once (C5), where the
		// kernel would keep silent until the last byte.
		e.opcode, e.opFlags = opSend, unix.MSG_NOSIGNAL
		e.addr, e.len = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(ov.buf)))), uint32(len(ov.buf))
	default:
		panic("iocp: an Overlapped was used again before its Entry")
	}
}

// pollFor makes e wait once for the events. Their 16 bits come first in the field on either
// byte order (linux/io_uring.h, poll32_events).
func (e *sqe) pollFor(events uint16) {
	var word [4]byte
	binary.NativeEndian.PutUint16(word[:], events)
	e.opcode, e.opFlags = opPollAdd, binary.NativeEndian.Uint32(word[:])
}

// Get works in rounds: collect what is to be started, submit and look without waiting, and
// only when that yields nothing, sleep.
func (w *uringWorker) Get(entries []Entry, wait time.Duration) (int, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	w.bufs.lend()
	var deadline time.Time
	for {
		w.collect()
		if w.ring.pending() > 0 || w.ring.ended() == 0 {
			if err := w.ring.enter(enterGetEvents); err != nil {
				return 0, err
			}
		}
		n := w.reap(entries)
		if n > 0 || wait == 0 {
			return n, nil
		}
		left := wait
		if wait > 0 {
			if deadline.IsZero() {
				deadline = time.Now().Add(wait)
			} else if left = time.Until(deadline); left <= 0 {
				return 0, nil
			}
		}
		if err := w.sleep(left); err != nil {
			return 0, err
		}
	}
}

// collect puts everything that waits to be started into the SQ.
func (w *uringWorker) collect() {
	if w.armWake {
		w.armWake = !w.arm(w.inbox.wake, dataWake)
	}
	if w.armPosts {
		w.armPosts = !w.arm(w.port.posts.tokens, dataPosts)
	}
	// No more than there are buffers: the rest would come straight back.
	for n := len(w.bufs.ring); n > 0 && w.later.head != nil; n-- {
		ov := w.later.pop()
		w.start(ov)
		if w.later.tail == ov {
			return // the kernel takes nothing more just now
		}
	}
	for ov := w.inbox.take(); ov != nil; {
		next := ov.next
		ov.next = nil
		w.start(ov)
		ov = next
	}
}

// arm polls an eventfd once; false when there was no room.
func (w *uringWorker) arm(fd int, data uint64) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{fd: int32(fd), userData: data}
	e.pollFor(unix.POLLIN)
	return true
}

// sleep waits for a completion, at most d, unless something is left to be started.
func (w *uringWorker) sleep(d time.Duration) error {
	w.inbox.sleeping.Store(true)
	defer w.inbox.sleeping.Store(false)
	if w.inbox.stack.Load() != nil || w.later.head != nil || w.armWake || w.armPosts ||
		w.ring.pending() > 0 || w.ring.ended() > 0 {
		return nil
	}
	return w.ring.wait(d)
}

// reap turns completions into entries and returns how many.
func (w *uringWorker) reap(entries []Entry) int {
	n, ended := 0, w.ring.ended()
	i := uint32(0)
	for ; i < ended && n < len(entries); i++ {
		c := w.ring.peek(i)
		switch c.userData {
		case dataWake:
			eventConsume(w.inbox.wake)
			w.armWake = true
		case dataPosts:
			w.armPosts = true
			if ov, ok := w.port.posts.take(); ok {
				entries[n] = Entry{Overlapped: ov, Socket: InvalidSocket}
				n++
				entries = entries[:n] // an order to stop is the last thing a worker sees
			}
		default:
			if w.finish(c, &entries[n]) {
				n++
			}
		}
	}
	w.ring.pop(i)
	return n
}

// finish fills e from the completion of an operation; false when it has to be started again.
func (w *uringWorker) finish(c *cqe, e *Entry) bool {
	addr := uintptr(c.userData)
	// The address start stored; the poster has kept the object alive (C3). Read as a pointer in
	// place of converted, which vet could not tell from an invented one.
	ov := *(**Overlapped)(unsafe.Pointer(&addr))
	*e = Entry{Overlapped: ov, Socket: InvalidSocket}
	var data []byte
	if c.flags&cqeBuffer != 0 {
		data = w.bufs.take(uint16(c.flags>>cqeBufferShift), int(max(c.res, 0)))
	}
	if c.res < 0 {
		errno := unix.Errno(-c.res)
		if errno == unix.EINTR || errno == unix.ENOBUFS && ov.Op == OpRecv {
			ov.sys.more = true
			w.later.push(ov)
			return false
		}
		e.Err = errno
		ov.buf = nil
		return true
	}
	switch ov.Op {
	case OpAccept:
		e.Socket = Socket(c.res)
	case OpConnect:
		e.Err = ov.connected()
	case OpRecv:
		e.Transferred, e.Data = int(c.res), data
		ov.sys.more = c.flags&cqeSockNonempty != 0
	case OpSend:
		e.Transferred, ov.buf = int(c.res), nil
	}
	return true
}

// connected ends a connect: how it went, and the socket goes over to blocking mode, in which
// io_uring waits where it would otherwise hand out EAGAIN.
func (ov *Overlapped) connected() error {
	if err := ov.sys.connErr; err != nil {
		return err
	}
	if err := connectResult(ov.sock); err != nil {
		return err
	}
	return unix.SetNonblock(int(ov.sock), false)
}
