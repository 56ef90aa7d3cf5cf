package iocp

import (
	"math"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// packet is Win32 OVERLAPPED_ENTRY. Both pointers are numbers to Go: the kernel writes them
// without the collector knowing, and what they name is kept reachable by its poster (C3).
type packet struct {
	key         uintptr
	overlapped  uintptr // *windows.Overlapped, or 0
	internal    uintptr // reserved
	transferred uint32
}

// owner is the Overlapped that the packet is about, nil for the order to stop.
func (k *packet) owner() *Overlapped {
	// Read as a pointer where it lies: the object is alive, its poster holds it (C3).
	return ownerOf(*(**windows.Overlapped)(unsafe.Pointer(&k.overlapped)))
}

// none reports whether the kernel wrote nothing here. The packet of an I/O operation has an
// OVERLAPPED. The order to stop has none, but it has the key of Post.
func (k *packet) none() bool { return k.overlapped == 0 && k.key != keyPost }

var (
	kernel32                        = windows.NewLazySystemDLL("kernel32.dll")
	procGetQueuedCompletionStatusEx = kernel32.NewProc("GetQueuedCompletionStatusEx")
	winmm                           = windows.NewLazySystemDLL("winmm.dll")
	procTimeBeginPeriod             = winmm.NewProc("timeBeginPeriod")
	procTimeEndPeriod               = winmm.NewProc("timeEndPeriod")
)

// dequeueFunc takes up to len(packets) packets off a port. It returns 0 and nil when the time
// is over. Whether an operation succeeded is not looked at here (rule R8). The kernel writes
// the number of packets to n. Both lie in the worker's heap memory.
type dequeueFunc func(port windows.Handle, packets []packet, n *uint32, ms uint32) (int, error)

// pickDequeue prefers the call that takes many; Windows has it since Vista.
func pickDequeue() dequeueFunc {
	if procGetQueuedCompletionStatusEx.Find() == nil {
		return dequeueMany
	}
	return dequeueOne
}

// dequeueMany is GetQueuedCompletionStatusEx. When the time is over it may claim one packet
// (Wine does) that it has not written.
func dequeueMany(
	port windows.Handle, packets []packet, n *uint32, ms uint32,
) (int, error) {
	packets[0], *n = packet{}, 0
	// The kernel writes to packets and n during the call only; the worker keeps both alive.
	_, _, err := syscall.SyscallN(procGetQueuedCompletionStatusEx.Addr(), uintptr(port),
		uintptr(unsafe.Pointer(&packets[0])), uintptr(len(packets)),
		uintptr(unsafe.Pointer(n)), uintptr(ms), 0)
	if *n == 0 || packets[0].none() {
		return 0, unlessTimeout(err)
	}
	return int(*n), nil
}

// dequeueOne is GetQueuedCompletionStatus. It returns false for a failed operation's packet, too:
// only the packet itself shows whether there is one.
func dequeueOne(
	port windows.Handle, packets []packet, _ *uint32, ms uint32,
) (int, error) {
	k := &packets[0]
	*k = packet{}
	// The kernel writes through all three during the call only; they are the worker's heap.
	err := windows.GetQueuedCompletionStatus(port, &k.transferred, &k.key,
		(**windows.Overlapped)(unsafe.Pointer(&k.overlapped)), ms)
	if k.none() {
		return 0, unlessTimeout(err)
	}
	return 1, nil
}

func unlessTimeout(err error) error {
	if err == windows.WAIT_TIMEOUT {
		return nil
	}
	return err
}

// waitMillis turns a wait of Get into the milliseconds of Win32, rounded up so that a wait is
// never shorter than was asked. Windows knows no shorter wait on a port than 1 ms.
func waitMillis(wait time.Duration) uint32 {
	if wait < 0 {
		return windows.INFINITE
	}
	// INFINITE is the largest number; the longest finite wait is one less, 49.7 days.
	return uint32(min((wait+time.Millisecond-1)/time.Millisecond, math.MaxUint32-1))
}

// fineTimer makes waits end at most 1 ms late, not the 15.6 ms of the system's clock tick
// (timeBeginPeriod). Windows counts the calls, so each port makes one to begin and one to end.
// Where winmm.dll is missing waits end late, and nothing else changes.
func fineTimer(on bool) {
	proc := procTimeBeginPeriod
	if !on {
		proc = procTimeEndPeriod
	}
	if proc.Find() == nil {
		_, _, _ = proc.Call(1)
	}
}
