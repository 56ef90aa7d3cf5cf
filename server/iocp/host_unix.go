//go:build unix

package iocp

import (
	"time"

	"golang.org/x/sys/unix"
)

// DescriptorLimit is the number of descriptors this process may have open: the soft
// RLIMIT_NOFILE, which the Go runtime has raised to the hard one at start. ok is false where
// there is no such limit (Windows).
func DescriptorLimit() (n uint64, ok bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return uint64(r.Cur), true
}

// TimerStep is how much later than asked Get may return on a system that has nothing else to do:
// epoll counts in milliseconds.
const TimerStep = time.Millisecond
