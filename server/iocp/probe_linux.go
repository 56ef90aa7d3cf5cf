package iocp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// probeCalls tries, on a socket of its own, the calls that every backend makes on every connection.
// A sandbox (seccomp(2)) may forbid any of them. Without this check that would look like the peer's
// doing: connects fail, and ends of connections go unseen. The error names the first call that is
// forbidden. Other errors do not count here: the calls on real connections meet them again.
func probeCalls() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	}
	if err != nil {
		return forbidden("socket", err)
	}
	defer unix.Close(fd)
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"setsockopt", func() error {
			return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}},
		{"getsockopt", func() error { return connectResult(Socket(fd)) }},
		{"getsockname", func() error { _, err := unix.Getsockname(fd); return err }},
		{"getpeername", func() error { _, err := unix.Getpeername(fd); return err }},
		{"shutdown", func() error { return unix.Shutdown(fd, unix.SHUT_RDWR) }},
	} {
		if err := forbidden(c.name, c.call()); err != nil {
			return err
		}
	}
	return nil
}

// forbidden is an error that says so where err means that; nil for other errors.
func forbidden(call string, err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("%s is forbidden here (see the container's seccomp profile): %w", call, err)
	}
	return nil
}
