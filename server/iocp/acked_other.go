//go:build !linux

package iocp

// BytesAcked is how many of the bytes sent on a connection the peer's system has acknowledged. ok is
// false here: this system cannot tell.
func BytesAcked(Port, Socket) (n uint64, ok bool) { return 0, false }
