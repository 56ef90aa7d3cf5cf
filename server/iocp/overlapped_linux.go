package iocp

// sysOverlapped is what the Linux backends keep with an operation.
type sysOverlapped struct {
	// err is why a connect failed before it began.
	err error
}
