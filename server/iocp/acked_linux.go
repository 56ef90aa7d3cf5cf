package iocp

import (
	"net"

	"golang.org/x/sys/unix"
)

// BytesAcked is how many of the bytes sent on a connection the peer's system has acknowledged
// (tcpi_bytes_acked of TCP_INFO, tcp(7)), also after a reset. It is 0 where the peer's system never
// had the connection. ok is false where this system cannot tell. It is a system call: not for the
// data path.
func BytesAcked(p Port, s Socket) (n uint64, ok bool) {
	switch p := p.(type) {
	case *uringPort, *epollPort:
		return bytesAcked(int(s))
	case *netPort:
		k, err := p.sock(s)
		if err != nil {
			return 0, false
		}
		return connBytesAcked(k.conn.Load())
	}
	return 0, false
}

func connBytesAcked(c *net.TCPConn) (n uint64, ok bool) {
	if c == nil {
		return 0, false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) { n, ok = bytesAcked(int(fd)) })
	return n, ok && err == nil
}

func bytesAcked(fd int) (uint64, bool) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, false
	}
	return max(info.Bytes_acked, 1) - 1, true // the SYN counts as one
}
