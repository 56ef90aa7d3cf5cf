package iocp

// sysOverlapped is what the Linux backends keep with an operation.
type sysOverlapped struct {
	// connErr is why a connect failed before it began; uring delivers it with the Entry.
	connErr error
	// more says that the socket had more to read after its last receive (uring).
	more bool
}
