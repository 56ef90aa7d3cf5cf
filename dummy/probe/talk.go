package probe

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// End is how a connection stood when the probe closed it.
type End string

// Open: nothing more came in time. Closed, Reset: the server ended it, by FIN or by RST.
const (
	Open   End = "open"
	Closed End = "closed"
	Reset  End = "reset"
)

// talk is one connection.
type talk struct {
	c         net.Conn
	sent, got []byte
	end       End
}

// send sends bytes. What the server's end says of them shows when they are answered, or not.
func (t *talk) send(b []byte) {
	t.sent = append(t.sent, b...)
	_ = t.c.SetWriteDeadline(time.Now().Add(longest))
	_, _ = t.c.Write(b)
}

// read reads until enough has come, or nothing more comes: the server ended the connection, or patience
// is at its end.
func (t *talk) read(ctx context.Context, patience time.Duration, enough func() bool) {
	until := time.Now().Add(patience)
	if end, ok := ctx.Deadline(); ok && end.Before(until) {
		until = end
	}
	_ = t.c.SetReadDeadline(until)
	stop := context.AfterFunc(ctx, func() { _ = t.c.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	t.end = Open
	buf := make([]byte, keptBytes)
	for len(t.got) < keptBytes && !enough() {
		n, err := t.c.Read(buf[:keptBytes-len(t.got)])
		t.got = append(t.got, buf[:n]...)
		switch {
		case err == nil:
			continue
		case errors.Is(err, os.ErrDeadlineExceeded):
		case isReset(err):
			t.end = Reset
		default:
			t.end = Closed
		}
		return
	}
}

// isReset reports whether the peer has reset the connection, in the words of any system.
func isReset(err error) bool {
	const wsaeConnAborted, wsaeConnReset = syscall.Errno(10053), syscall.Errno(10054)
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED) ||
		errors.Is(err, wsaeConnReset) || errors.Is(err, wsaeConnAborted)
}
