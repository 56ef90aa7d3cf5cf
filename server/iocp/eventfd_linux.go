package iocp

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// eventOpen is eventfd(2). It is non-blocking for eventConsume; a poll waits all the same.
func eventOpen(flags int) (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK|flags)
	return fd, os.NewSyscallError("eventfd", err)
}

// eventSignal adds 1. The count saturates far beyond any number of packets.
func eventSignal(fd int) error {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	for {
		_, err := unix.Write(fd, one[:])
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("write", err)
		}
	}
}

// eventConsume takes 1 off a semaphore, everything off another; false if there was nothing.
func eventConsume(fd int) bool {
	var count [8]byte
	for {
		_, err := unix.Read(fd, count[:])
		if err != unix.EINTR {
			return err == nil
		}
	}
}
