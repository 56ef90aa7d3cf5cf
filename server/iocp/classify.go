package iocp

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Classify sorts an Entry's Err, or the error of a post, into its Class. It looks through
// wrapping (net.OpError, os.SyscallError, fmt's %w); nil and io.EOF are ClassNone.
func Classify(err error) Class {
	if err == nil || errors.Is(err, io.EOF) {
		return ClassNone
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		if c, ok := errnoClass[no]; ok {
			return c
		}
		return ClassOther
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), // the net backend's way to cancel
		errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return ClassCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return ClassTimeout
	}
	return ClassOther
}
