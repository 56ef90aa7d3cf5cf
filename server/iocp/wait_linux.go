package iocp

import "time"

// countdown is the wait of one Get that sleeps more than once. The clock is read only by a Get
// that finds nothing.
type countdown struct {
	wait     time.Duration // as in Worker.Get
	deadline time.Time
}

// left is how long may still be slept; false when the time is over.
func (c *countdown) left() (time.Duration, bool) {
	if c.wait <= 0 {
		return c.wait, c.wait < 0
	}
	if c.deadline.IsZero() {
		c.deadline = time.Now().Add(c.wait)
		return c.wait, true
	}
	left := time.Until(c.deadline)
	return left, left > 0
}

// kernelTimespec is struct __kernel_timespec: 64 bits wide on every architecture, where struct
// timespec, and so x/sys's, has the width of a pointer. io_uring and epoll_pwait2(2) read it.
type kernelTimespec struct{ sec, nsec int64 }

func timespecOf(d time.Duration) kernelTimespec {
	return kernelTimespec{sec: int64(d / time.Second), nsec: int64(d % time.Second)}
}
