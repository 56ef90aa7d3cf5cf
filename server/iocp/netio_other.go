//go:build !unix

package iocp

import (
	"net"
	"sync"
)

// readWhenReady waits until c is readable and reads once, into a buffer that it takes from
// the pool only then. The buffer is nil when nothing was read. Between two calls of its
// function RawConn.Read does a receive of no bytes, which completes when there is something
// to read; the read that follows does not wait, since a socket has one Recv in flight.
func readWhenReady(c *net.TCPConn, bufs *sync.Pool) (*[]byte, int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, 0, err
	}
	waited := false
	err = raw.Read(func(uintptr) bool {
		was := waited
		waited = true
		return was
	})
	if err != nil {
		return nil, 0, err
	}
	b := bufs.Get().(*[]byte)
	n, err := c.Read(*b)
	if n == 0 {
		bufs.Put(b)
		return nil, 0, err
	}
	return b, n, nil
}

// writeNow is 0: package net has no write here that does not wait.
func writeNow(*net.TCPConn, []byte) int { return 0 }

// setBacklog does nothing: package net's choice, the system's limit, stays.
func setBacklog(*net.TCPListener, int) {}
