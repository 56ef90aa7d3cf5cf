//go:build unix

package iocp

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// readWhenReady waits until c is readable and reads once, into a buffer that it takes from
// the pool only then. The buffer is nil when nothing was read.
func readWhenReady(c *net.TCPConn, bufs *sync.Pool) (buf *[]byte, n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, 0, err
	}
	var readErr error
	err = raw.Read(func(fd uintptr) bool {
		b := bufs.Get().(*[]byte)
		n, readErr = retryInterrupted(syscall.Read, int(fd), *b)
		if n > 0 {
			buf = b
			return true
		}
		bufs.Put(b)
		return readErr != syscall.EAGAIN
	})
	switch {
	case err != nil:
		return nil, 0, err
	case readErr != nil:
		return nil, 0, readErr
	case n == 0:
		return nil, 0, io.EOF
	}
	return buf, n, nil
}

// writeNow writes what the kernel takes at once. 0 means that it takes nothing now, or
// that the connection is broken, which the blocking write will say.
func writeNow(c *net.TCPConn, buf []byte) (n int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Write(func(fd uintptr) bool {
		n, _ = retryInterrupted(syscall.Write, int(fd), buf)
		return true
	})
	return max(n, 0)
}

func retryInterrupted(
	f func(int, []byte) (int, error), fd int, p []byte,
) (n int, err error) {
	for {
		if n, err = f(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}

// setBacklog replaces the backlog that package net chose (the system's limit). A system that
// does not let a listener's backlog be changed keeps it.
func setBacklog(l *net.TCPListener, backlog int) {
	if raw, err := l.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), backlog) })
	}
}
