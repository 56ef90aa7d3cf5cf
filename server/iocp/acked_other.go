//go:build !linux

package iocp

// BytesAcked is how many bytes that were sent on a connection its peer's system has acknowledged.
// ok is false here: this system does not tell.
func BytesAcked(Port, Socket) (n uint64, ok bool) { return 0, false }
