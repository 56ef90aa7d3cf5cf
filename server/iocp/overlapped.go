package iocp

// Overlapped is the state of one operation (Win32 OVERLAPPED, extended as the lecture does
// so that a completion tells receive from send). Embed it in a heap object that outlives the
// operation; one Overlapped serves one operation at a time, again and again.
type Overlapped struct {
	// Key is the poster's own (lpCompletionKey): a session's index, a dummy's. The port does
	// not look at it.
	Key uint64
	// Op is set by the post.
	Op Op

	sock Socket
	buf  []byte        // Send: what the kernel reads; kept here so that it stays reachable
	sys  sysOverlapped // what the platform's kernel needs per operation
}
