package iocp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// probeCalls tries on a socket of no use the calls that every backend makes to every connection.
// A sandbox (seccomp(2)) may forbid any of them; unnoticed, that would look like the peer's doing:
// connects that fail, ends that nobody hears of. It names the first that is forbidden. Other
// errors are none: the calls that matter will meet them again.
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

// forbidden is an error that says a call is; nil for others.
func forbidden(call string, err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("%s is forbidden here (see the container's seccomp profile): %w", call, err)
	}
	return nil
}
