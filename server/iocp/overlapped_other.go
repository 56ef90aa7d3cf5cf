//go:build !windows && !linux

package iocp

// sysOverlapped is empty: these kernels keep nothing in the caller's memory per operation.
type sysOverlapped struct{}
