package iocp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's interface: io_uring_setup(2), io_uring_enter(2), io_uring_register(2) and
// linux/io_uring.h. x/sys has the numbers of the calls and nothing else of it.

// Setup flags (io_uring_setup(2)).
const (
	setupCQSize       = 1 << 3  // the caller chooses the size of the completion queue
	setupClamp        = 1 << 4  // sizes beyond the limit are reduced, not refused
	setupSubmitAll    = 1 << 7  // an entry that fails does not end the submission (5.18)
	setupCoopTaskrun  = 1 << 8  // completions do not interrupt the thread (5.19)
	setupSingleIssuer = 1 << 12 // one thread submits (6.0)
	setupDeferTaskrun = 1 << 13 // completions are worked on inside io_uring_enter (6.1)
)

// Features that the kernel reports at setup.
const (
	featSingleMmap = 1 << 0 // both queues lie in one mapping (5.4)
	featNoDrop     = 1 << 1 // completions are kept when the queue is full (5.5)
	featExtArg     = 1 << 8 // io_uring_enter takes a timeout (5.11)
)

// Operations, and where linux/io_uring.h documents their arguments.
const (
	opNop         = 0
	opPollAdd     = 6
	opAccept      = 13
	opAsyncCancel = 14
	opSend        = 26
	opRecv        = 27
)

// Flags of an entry to start, of a completion and of io_uring_enter(2).
const (
	sqeBufferSelect = 1 << 5 // the kernel picks a buffer from bufGroup
	recvPollFirst   = 1 << 0 // ioprio of a receive: wait before the first try
	recvMultishot   = 1 << 1 // ioprio of a receive: it goes on after each chunk (6.0)
	cancelAll       = 1 << 0 // opFlags of a cancel: more than the first that fits (5.19)
	cancelAny       = 1 << 2 // opFlags of a cancel: whatever is in the ring (5.19)
	cqeBuffer       = 1 << 0 // the upper 16 bits of the flags are the buffer's number
	cqeMore         = 1 << 1 // it goes on: not its last completion
	cqeSockNonempty = 1 << 2 // the socket had more to read
	cqeBufferShift  = 16
	enterGetEvents  = 1 << 0 // wait for minComplete completions, at least look
	enterExtArg     = 1 << 3 // the argument is a getEventsArg
)

// Where mmap(2) finds the two mappings of a ring, and the calls of io_uring_register(2).
const (
	offSQRing        = 0
	offSQEs          = 0x10000000
	registerProbe    = 8
	registerPbufRing = 22
	probeSupported   = 1 << 0 // flag of an operation in opProbe
)

// sqe is struct io_uring_sqe, one operation to start. The fields that are unions in C carry
// the name of the member used here.
type sqe struct {
	opcode      uint8
	flags       uint8
	ioprio      uint16
	fd          int32
	off         uint64
	addr        uint64 // what to send
	len         uint32
	opFlags     uint32 // msg_flags, accept_flags or poll32_events
	userData    uint64 // comes back in the completion
	bufGroup    uint16
	personality uint16
	spliceFD    int32
	addr3       uint64
	_           uint64
}

// cqe is struct io_uring_cqe, one operation that ended.
type cqe struct {
	userData uint64
	res      int32 // what the system call of the same name returns, or -errno
	flags    uint32
}

// buffer is the number of the buffer that a receive filled.
func (c *cqe) buffer() uint16 { return uint16(c.flags >> cqeBufferShift) }

// sqOffsets is struct io_sqring_offsets: where in the mapping the fields are.
type sqOffsets struct {
	head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32
	_                                                           uint64
}

// cqOffsets is struct io_cqring_offsets.
type cqOffsets struct {
	head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32
	_                                                           uint64
}

// uringParams is struct io_uring_params.
type uringParams struct {
	sqEntries, cqEntries, flags        uint32
	sqThreadCPU, sqThreadIdle, feature uint32
	wqFD                               uint32
	_                                  [3]uint32
	sqOff                              sqOffsets
	cqOff                              cqOffsets
}

// getEventsArg is struct io_uring_getevents_arg.
type getEventsArg struct {
	sigmask   uint64
	sigmaskSz uint32
	_         uint32
	ts        uint64 // address of a kernelTimespec, or 0
}

// bufReg is struct io_uring_buf_reg, the argument of IORING_REGISTER_PBUF_RING.
type bufReg struct {
	ringAddr    uint64
	ringEntries uint32
	group       uint16
	flags       uint16
	_           [3]uint64
}

// bufEntry is struct io_uring_buf. The tail of the whole ring lies in place of the first
// entry's last field.
type bufEntry struct {
	addr uint64
	len  uint32
	bid  uint16
	tail uint16
}

// probeOps is more than the newest operation number needed.
const probeOps = 64

// opProbe is struct io_uring_probe.
type opProbe struct {
	lastOp, opsLen uint8
	_              uint16
	_              [3]uint32
	ops            [probeOps]struct {
		op    uint8
		_     uint8
		flags uint16
		_     uint32
	}
}

// uringSetup is io_uring_setup(2). The params outlive the call in the caller's frame.
func uringSetup(entries uint32, p *uringParams) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP,
		uintptr(entries), uintptr(unsafe.Pointer(p)), 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// uringRegister is io_uring_register(2). The caller keeps arg alive during the call; the kernel copies
// what it points to.
func uringRegister(fd int, opcode uintptr, arg unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER,
		uintptr(fd), opcode, uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
