package iocp

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxSend is the most bytes of one send: the kernel takes hardly more, and the length has 32
// bits.
const maxSend = 1 << 30

func (ov *Overlapped) accept(listener Socket) {
	ov.Op, ov.sock = OpAccept, listener
}

// connect begins the handshake itself; the ring waits for its end. IORING_OP_CONNECT would begin it
// at the submission: a Cancel between post and submission would find nothing to cancel, and the
// handshake would begin after it (C6).
func (ov *Overlapped) connect(s Socket, remote netip.AddrPort) {
	ov.Op, ov.sock = OpConnect, s
	ov.sys.err = connectSocket(s, remote)
}

func (ov *Overlapped) recv(s Socket) {
	ov.Op, ov.sock = OpRecv, s
}

func (ov *Overlapped) send(s Socket, buf []byte) {
	ov.Op, ov.sock, ov.buf = OpSend, s, buf
}

// data is the user data of an operation: kept alive by the poster (C3).
func (ov *Overlapped) data() uint64 { return uint64(uintptr(unsafe.Pointer(ov))) }

// start queues an operation for the kernel. Accepts have a line of their own (accepts).
func (w *uringWorker) start(ov *Overlapped) {
	switch ov.Op {
	case OpRecv:
		w.startRecv(ov)
	case OpAccept:
		w.accepts.push(ov)
	default:
		if !w.submit(ov) {
			w.later.push(ov)
		}
	}
}

// submit puts an operation that is no Recv into the SQ; false when there is no room.
func (w *uringWorker) submit(ov *Overlapped) bool {
	n := min(len(ov.buf), maxSend) // 0 but for a Send
	e := w.ring.nextSend(n)
	if e == nil {
		return false
	}
	*e = sqe{fd: int32(ov.sock), userData: ov.data()} // ov.buf keeps what is sent reachable
	switch ov.Op {
	case OpAccept:
		e.opcode, e.opFlags = opAccept, unix.SOCK_CLOEXEC
	case OpConnect:
		e.pollFor(unix.POLLOUT)
	case OpSend:
		// Without MSG_WAITALL: a part that the peer has taken is known at once (C5), where the
		// kernel would keep silent until the last byte.
		e.opcode, e.opFlags = opSend, unix.MSG_NOSIGNAL
		e.addr = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(ov.buf))))
		e.len = uint32(n)
		w.sending(ov.sock)
	default:
		panic("iocp: an Overlapped without an I/O call in flight: used again before its Entry")
	}
	return true
}

// pollFor makes e wait once for the events. Their 16 bits come first in the field on either
// byte order (linux/io_uring.h, poll32_events).
func (e *sqe) pollFor(events uint16) {
	var word [4]byte
	binary.NativeEndian.PutUint16(word[:], events)
	e.opcode, e.opFlags = opPollAdd, binary.NativeEndian.Uint32(word[:])
}

// finish fills e from the completion of an operation; false when it has to be started again.
func (w *uringWorker) finish(c *cqe, e *Entry) bool {
	addr := uintptr(c.userData)
	// This is the address that start stored; the poster has kept the object alive (C3). It is read
	// as a pointer, not converted: vet takes a converted number for a made-up address.
	ov := *(**Overlapped)(unsafe.Pointer(&addr))
	*e = Entry{Overlapped: ov, Socket: InvalidSocket}
	if c.res < 0 {
		errno := unix.Errno(-c.res)
		if errno == unix.EINTR || errno == unix.ECONNABORTED && ov.Op == OpAccept {
			w.later.push(ov)
			return false
		}
		if ov.Op == OpSend {
			w.sendFailed(ov.sock)
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
	case OpSend:
		e.Transferred, ov.buf = int(c.res), nil
	}
	return true
}

// connected is how a connect ended. It puts the socket into blocking mode: without that io_uring
// would return EAGAIN and not wait.
func (ov *Overlapped) connected() error {
	if err := ov.sys.err; err != nil {
		return err
	}
	if err := connectResult(ov.sock); err != nil {
		return err
	}
	return unix.SetNonblock(int(ov.sock), false)
}
