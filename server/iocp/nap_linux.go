package iocp

import "time"

// napTime is the longest that a thread sleeps in a RawSyscall. A garbage collection, or a goroutine
// that needs a processor, may have to wait as long for it.
const napTime = 100 * time.Microsecond

// nap decides which waits begin as a nap: a RawSyscall, which the Go scheduler does not see, and which
// ends after napTime.
//
// When a thread blocks in a Syscall, the runtime's sysmon thread takes its processor away. For that
// sysmon wakes every 20 µs, and goes on so for a millisecond. When the call returns, the thread has
// to get a processor again. Under load, where the next completion is microseconds away, that costs
// 5 % of an echo and more. A thread that napped in vain has little to do: it goes on to sleep in a
// Syscall, and naps again only at the 16th wait after that.
type nap struct {
	napping bool
	awake   uint8 // how many of the next waits are no naps
}

const awakeAfterVainNap = 15

// take reports whether the wait that begins, of d as in Worker.Get, is to be a nap.
func (n *nap) take(d time.Duration) bool {
	n.napping = false
	switch {
	case 0 <= d && d <= napTime: // the system call would be the same
	case n.awake > 0:
		n.awake--
	default:
		n.napping = true
	}
	return n.napping
}

// over ends a wait; inVain says that its time was over.
func (n *nap) over(inVain bool) {
	if n.napping && inVain {
		n.awake = awakeAfterVainNap
	}
}
