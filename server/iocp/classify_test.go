package iocp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"dummyload/server/iocp/iocptest/deadport"
)

func TestClassify(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	_, dialErr := new(net.Dialer).DialContext(canceled, "tcp", "127.0.0.1:9")
	for name, c := range map[string]struct {
		err  error
		want Class
	}{
		"success":         {nil, ClassNone},
		"end of stream":   {fmt.Errorf("read: %w", io.EOF), ClassNone},
		"unknown":         {errors.New("surprise"), ClassOther},
		"unknown code":    {syscall.Errno(9999), ClassOther},
		"deadline passed": {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, ClassCanceled},
		"dial canceled":   {dialErr, ClassCanceled},
		"dial timed out":  {context.DeadlineExceeded, ClassTimeout},
		"closed":          {net.ErrClosed, ClassCanceled},
	} {
		if got := Classify(c.err); got != c.want {
			t.Errorf("%s: class %d, want %d (%v)", name, got, c.want, c.err)
		}
	}
	for no, want := range errnoClass {
		err := &net.OpError{Op: "read", Err: os.NewSyscallError("recv", no)}
		if got := Classify(err); got != want || Classify(no) != want {
			t.Errorf("%v: class %d, want %d", err, got, want)
		}
	}
}

func TestClassifyRefused(t *testing.T) {
	nobody, free := deadport.New(t)
	defer free()
	_, err := net.Dial("tcp", nobody.String())
	if got := Classify(err); got != ClassRefused {
		t.Errorf("class %d of %v", got, err)
	}
}

func TestOnlyLocalClassesAreLocal(t *testing.T) {
	for c := ClassNone; c <= ClassLocalOther; c++ {
		want := c == ClassLocalFD || c == ClassLocalPort || c == ClassLocalOther
		if c.Local() != want {
			t.Errorf("class %d: Local is %v", c, !want)
		}
	}
}
