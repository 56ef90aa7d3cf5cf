package iocp

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// sysOverlapped is what the Windows kernel reads and writes while an operation is in flight.
// It is part of the poster's Overlapped, which lies on the heap, stays reachable until its
// Entry is out (C3) and, Go's collector being one that does not move objects, stays put.
// Every pointer argument of an overlapped call points into it or is nil: the kernel may use
// such an argument after the call has returned, when a stack would have moved on.
type sysOverlapped struct {
	// o is the Win32 OVERLAPPED; the kernel's from the post to the packet. It comes first: a
	// pointer to it is a pointer to the whole.
	o windows.Overlapped
	// self leads from the OVERLAPPED that a packet names back to the Overlapped
	// (CONTAINING_RECORD). Storing it also forces the object to the heap, whoever posts it.
	self *Overlapped

	buf   windows.WSABuf // Send: points at Overlapped.buf. Recv: empty, see iocpPort.Recv
	done  uint32         // lpNumberOfBytes, where a call insists on one; never read
	flags uint32         // lpFlags of WSARecv, which must not be nil; never read

	accept *acceptTarget // Accept only
}

// acceptTarget is what one AcceptEx fills.
type acceptTarget struct {
	sock  Socket
	addrs [2 * acceptAddrSize]byte
}

// acceptAddrSize is the room AcceptEx wants for each of the two addresses: "at least 16 bytes
// more than the maximum address length". The addresses are not read (getpeername tells them),
// but AcceptEx writes them all the same.
const acceptAddrSize = uint32(unsafe.Sizeof(windows.RawSockaddrAny{})) + 16

// acceptTargets keeps those that no accept uses. One in use is held by its Overlapped.
var acceptTargets = sync.Pool{New: func() any { return new(acceptTarget) }}

// begin makes the overlapped ready for an operation on s.
func (ov *Overlapped) begin(op Op, s Socket) *windows.Overlapped {
	ov.Op = op
	ov.sock = s
	ov.sys.o = windows.Overlapped{}
	ov.sys.self = ov
	return &ov.sys.o
}

// ownerOf is the Overlapped that the kernel's pointer belongs to, nil for none. The poster
// still holds a reference to the whole (C3), so the pointer names a live object although the
// kernel kept it as a number.
func ownerOf(o *windows.Overlapped) *Overlapped {
	if o == nil {
		return nil
	}
	ov := (*sysOverlapped)(unsafe.Pointer(o)).self
	if ov == nil || &ov.sys.o != o {
		panic("iocp: a completion's Overlapped was overwritten or copied while in flight (C3)")
	}
	return ov
}

// status is the operation's result, as Winsock words it (WSAGetOverlappedResult). It is asked
// for in the failure case only: the kernel leaves the NTSTATUS in Internal, 0 for success, and
// the translation by Winsock tells "refused" from "reset" where GetLastError's does not.
func (ov *Overlapped) status() error {
	if ov.sys.o.Internal == 0 {
		return nil
	}
	return windows.WSAGetOverlappedResult(
		windows.Handle(ov.sock), &ov.sys.o, &ov.sys.done, false, &ov.sys.flags)
}
