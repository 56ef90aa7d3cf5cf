package iocp

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// errnoClass sorts Win32 and Winsock codes. An overlapped call may end with either of the two
// for one cause: the kernel's status is translated differently by GetOverlappedResult (ERROR_)
// and by WSAGetOverlappedResult (WSAE).
var errnoClass = map[syscall.Errno]Class{
	windows.WSAECONNRESET:             ClassReset,
	windows.WSAECONNABORTED:           ClassReset,
	windows.WSAENETRESET:              ClassReset,
	windows.WSAESHUTDOWN:              ClassReset,
	windows.ERROR_NETNAME_DELETED:     ClassReset,
	windows.ERROR_CONNECTION_ABORTED:  ClassReset,
	windows.ERROR_BROKEN_PIPE:         ClassReset,
	windows.WSAECONNREFUSED:           ClassRefused,
	windows.ERROR_CONNECTION_REFUSED:  ClassRefused,
	windows.WSAETIMEDOUT:              ClassTimeout,
	windows.ERROR_SEM_TIMEOUT:         ClassTimeout,
	windows.WSAENETUNREACH:            ClassUnreached,
	windows.WSAEHOSTUNREACH:           ClassUnreached,
	windows.ERROR_NETWORK_UNREACHABLE: ClassUnreached,
	windows.ERROR_HOST_UNREACHABLE:    ClassUnreached,
	windows.ERROR_OPERATION_ABORTED:   ClassCanceled,
	windows.WSAECANCELLED:             ClassCanceled,
	windows.WSAEINTR:                  ClassCanceled,
	windows.WSAEMFILE:                 ClassLocalFD,
	windows.ERROR_TOO_MANY_OPEN_FILES: ClassLocalFD,
	windows.WSAEADDRNOTAVAIL:          ClassLocalPort,
	windows.WSAEADDRINUSE:             ClassLocalPort,
	windows.WSAENOBUFS:                ClassLocalOther,
	windows.ERROR_NOT_ENOUGH_MEMORY:   ClassLocalOther,
	windows.ERROR_NO_SYSTEM_RESOURCES: ClassLocalOther,

	// Package syscall's own numbers for the names that every system has. Windows never returns
	// them, but code for all systems does (the simulated port, a dummy).
	syscall.ECONNRESET:   ClassReset,
	syscall.ECONNREFUSED: ClassRefused,
	syscall.ECANCELED:    ClassCanceled,
	syscall.EMFILE:       ClassLocalFD,
	syscall.ENOBUFS:      ClassLocalOther,
}
