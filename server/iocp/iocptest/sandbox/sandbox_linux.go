// Package sandbox takes system calls away from a process, as a container's seccomp profile does, for
// the tests of what the program says then.
package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are those that may be forbidden.
var calls = map[string]uint32{
	"epoll_pwait2":   unix.SYS_EPOLL_PWAIT2,
	"getpeername":    unix.SYS_GETPEERNAME,
	"getsockname":    unix.SYS_GETSOCKNAME,
	"getsockopt":     unix.SYS_GETSOCKOPT,
	"io_uring_enter": unix.SYS_IO_URING_ENTER,
	"io_uring_setup": unix.SYS_IO_URING_SETUP,
	"setsockopt":     unix.SYS_SETSOCKOPT,
	"shutdown":       unix.SYS_SHUTDOWN,
}

// Can reports whether a call can be forbidden here: 32-bit x86 programs make the socket calls through
// another one, socketcall(2).
func Can(call string) bool {
	_, known := calls[call]
	return known && (runtime.GOARCH != "386" || !socketCalls[call])
}

var socketCalls = map[string]bool{
	"getpeername": true, "getsockname": true, "getsockopt": true, "setsockopt": true, "shutdown": true,
}

// Forbid has a system call fail with EPERM, for good, in all threads of this process and in its
// children (seccomp(2)).
func Forbid(call string) error {
	number, ok := calls[call]
	if !ok {
		return fmt.Errorf("sandbox: the call %q is unknown", call)
	}
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: number},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread() // the first call is for the thread of the second
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// filter and program live until the call, which copies them, has returned.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}
