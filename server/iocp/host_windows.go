package iocp

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procGetProcessHandleCount = windows.NewLazySystemDLL("kernel32.dll").
	NewProc("GetProcessHandleCount")

var procGetThreadTimes = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetThreadTimes")

// ThreadCPU is the processor time, user and system, that the calling thread has used so far
// (getrusage RUSAGE_THREAD, GetThreadTimes). It means something only to a goroutine that is
// locked to its thread. 0 where the system cannot tell.
func ThreadCPU() time.Duration {
	var created, exited, kernel, user windows.Filetime
	// The four live on this stack, which does not move during the call: Call is marked
	// go:uintptrescapes, which keeps its arguments alive and in place.
	r, _, _ := procGetThreadTimes.Call(uintptr(windows.CurrentThread()),
		uintptr(unsafe.Pointer(&created)), uintptr(unsafe.Pointer(&exited)),
		uintptr(unsafe.Pointer(&kernel)), uintptr(unsafe.Pointer(&user)))
	if r == 0 {
		return 0
	}
	return filetimeSpan(kernel) + filetimeSpan(user)
}

// filetimeSpan reads a FILETIME that holds a span, in units of 100 ns.
func filetimeSpan(f windows.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}

// DescriptorsInUse is the number of descriptors (handles on Windows) this process has open,
// -1 where the system cannot tell. It asks for a list: not for the data path. On Windows the
// Go runtime's threads count, too, some handles each, and their number only grows.
func DescriptorsInUse() int {
	var n uint32
	// n escapes to the heap for Call, which keeps it alive.
	r, _, _ := procGetProcessHandleCount.Call(uintptr(windows.CurrentProcess()),
		uintptr(unsafe.Pointer(&n)))
	if r == 0 {
		return -1
	}
	if n == 0 {
		return filesOpen() // Wine 8, whose count is a stub
	}
	return int(n)
}

// PortRange is the range, both ends included, that the system takes local ports from for
// outgoing connections (ip_local_port_range); ok is false where the system cannot tell.
func PortRange() (lo, hi int, ok bool) { return 0, 0, false }

// DescriptorLimit is the number of descriptors this process may have open: the soft
// RLIMIT_NOFILE. ok is false here: Windows has no such limit.
func DescriptorLimit() (n uint64, ok bool) { return 0, false }

// SocketBuffers is the most bytes that one TCP socket's receive and send buffer hold. ok is
// false here: this system cannot tell.
func SocketBuffers() (recv, send int, ok bool) { return 0, 0, false }

// TimerStep is how much later than asked Get may return on a system that has nothing else to do:
// the system's clock ticks 64 times a second.
const TimerStep = 16 * time.Millisecond
