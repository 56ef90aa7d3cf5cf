package iocp

import "time"

// napTime is the longest that a thread sleeps in a RawSyscall: so long may a collection, or a
// goroutine in want of a processor, have to wait for it.
const napTime = 100 * time.Microsecond

// nap decides which waits begin as a nap: a RawSyscall, of which the Go scheduler knows nothing,
// that ends after napTime.
//
// From a thread that blocks in a Syscall sysmon takes the processor away, and for that wakes every
// 20 µs, and goes on so for a millisecond; when it returns the thread has to win one back. Under
// load, where the next completion is microseconds away, that costs 5 % of an echo and more. A
// thread that napped in vain sleeps as a Syscall. It has little to do, and naps again only at
// the 16th wait after that.
type nap struct {
	napping bool
	awake   uint8 // waits to come that are no naps
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
