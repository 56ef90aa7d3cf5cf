package iocp

// sysOverlapped is what the Linux backends keep with an operation.
type sysOverlapped struct {
	// next links operations that wait for a worker, or a listener's Accepts.
	next *Overlapped
	// err is the result of an operation that ended before a worker could deliver it: a
	// connect that failed before it began (uring), any (epoll).
	err error
	// n is the number of bytes such a send transferred, or the socket of such an accept (epoll).
	n int
	// done says that err and n are the result, and that only the Entry is due (epoll).
	done bool
}
