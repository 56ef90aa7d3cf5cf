package iocp

// sysOverlapped is empty: no backend hands the kernel an OVERLAPPED of ours.
type sysOverlapped struct{}
