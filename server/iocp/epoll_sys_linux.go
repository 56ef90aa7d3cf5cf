package iocp

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These are the epoll backend's system calls on the data path. None of them waits, but for
// epollWait. So they are RawSyscalls, which the Go scheduler does not see: that saves some 50 ns
// a call. A call that waits longer than a nap, or copies for long, must be a Syscall: a thread
// inside a RawSyscall holds up a garbage collection.

// rawCopy is the most bytes that are copied inside a RawSyscall, some 10 µs of work.
const rawCopy = 64 << 10

// readSocket is recv(2), which takes a shorter way through the kernel than read(2). b stays alive: its
// address is made in the call's own argument list.
func readSocket(s Socket, b []byte) (int, error) {
	var n uintptr
	var errno unix.Errno
	for {
		if len(b) <= rawCopy {
			n, _, errno = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s),
				uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
		} else {
			n, _, errno = unix.Syscall6(unix.SYS_RECVFROM, uintptr(s),
				uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
		}
		if errno != unix.EINTR {
			return result(n, errno)
		}
	}
}

// writeSocket is send(2). b stays alive as in readSocket.
func writeSocket(s Socket, b []byte) (n int, err error) {
	var r uintptr
	var errno unix.Errno
	for {
		if len(b) <= rawCopy {
			r, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s),
				uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
				unix.MSG_NOSIGNAL, 0, 0)
		} else {
			r, _, errno = unix.Syscall6(unix.SYS_SENDTO, uintptr(s),
				uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
				unix.MSG_NOSIGNAL, 0, 0)
		}
		if errno != unix.EINTR {
			return result(r, errno)
		}
	}
}

// acceptSocket is accept4(2). A connection that was reset in the queue (ECONNABORTED) is
// passed over: there may be another behind it, for which no edge comes.
func acceptSocket(listener Socket) (Socket, error) {
	for {
		s, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0,
			unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			return Socket(s), nil
		case unix.EINTR, unix.ECONNABORTED:
		default:
			return InvalidSocket, errno
		}
	}
}

func result(n uintptr, errno unix.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// epollWait fetches events; wait as in Worker.Get. An interrupted wait is one of no events.
// The addresses are made in the calls' argument lists, which keeps what they point at alive.
func epollWait(ep int, events []unix.EpollEvent, wait time.Duration, nap *nap) (int, error) {
	var n uintptr
	var errno unix.Errno
	switch {
	case wait == 0:
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep),
			uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	case nap.take(wait):
		n, errno = epollNap(ep, events)
		nap.over(n == 0 || errno != 0)
	default:
		n, errno = epollSleep(ep, events, wait)
	}
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_pwait", errno)
}

func epollNap(ep int, events []unix.EpollEvent) (uintptr, unix.Errno) {
	ts := timespecOf(napTime)
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(ep),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)),
		uintptr(unsafe.Pointer(&ts)), 0, 0)
	if lacksPwait2(errno) {
		return 0, 0 // epollSleep has another way
	}
	return n, errno
}

func epollSleep(ep int, events []unix.EpollEvent, wait time.Duration) (uintptr, unix.Errno) {
	var ts *kernelTimespec
	if wait > 0 {
		t := timespecOf(wait)
		ts = &t
	}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(ep),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)),
		uintptr(unsafe.Pointer(ts)), 0, 0)
	if lacksPwait2(errno) {
		return epollSleepCoarsely(ep, events, wait)
	}
	return n, errno
}

// lacksPwait2 reports whether the kernel, before 5.11, has no epoll_pwait2, or a sandbox that does
// not know it forbids it.
func lacksPwait2(errno unix.Errno) bool { return errno == unix.ENOSYS || errno == unix.EPERM }

// epollSleepCoarsely does without epoll_pwait2.
func epollSleepCoarsely(
	ep int, events []unix.EpollEvent, wait time.Duration,
) (uintptr, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)),
		uintptr(wholeMilliseconds(wait)), 0, 0)
	return n, errno
}

// wholeMilliseconds is epoll_pwait's time-out. It is rounded up: Get repeats a wait that is too
// short, and with 0 it would do so without a pause.
func wholeMilliseconds(wait time.Duration) int {
	if wait < 0 {
		return -1
	}
	return int(min((wait+time.Millisecond-1)/time.Millisecond, 1<<30))
}
