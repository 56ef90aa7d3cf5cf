//go:build unix

package iocp

import "syscall"

// errnoClass sorts errno values (errno(3)).
var errnoClass = map[syscall.Errno]Class{
	syscall.ECONNRESET:    ClassReset,
	syscall.ECONNABORTED:  ClassReset,
	syscall.EPIPE:         ClassReset,
	syscall.ECONNREFUSED:  ClassRefused,
	syscall.ETIMEDOUT:     ClassTimeout,
	syscall.ENETUNREACH:   ClassUnreached,
	syscall.EHOSTUNREACH:  ClassUnreached,
	syscall.ECANCELED:     ClassCanceled,
	syscall.EMFILE:        ClassLocalFD,
	syscall.ENFILE:        ClassLocalFD,
	syscall.EADDRNOTAVAIL: ClassLocalPort,
	syscall.EADDRINUSE:    ClassLocalPort,
	syscall.ENOBUFS:       ClassLocalOther,
	syscall.ENOMEM:        ClassLocalOther,
}
