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
		errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed),
		isDialCanceled(err):
		return ClassCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return ClassTimeout
	}
	return ClassOther
}

// isDialCanceled knows a Dialer's error for a context that ended: it is context.Canceled
// only where the context ended before the dialing began.
func isDialCanceled(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && op.Err != nil &&
		op.Err.Error() == "operation was canceled"
}
