package probe

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/server/frame"
)

// A network in virtual time. Each dial makes two ends; what one writes the other reads.

// lane is one direction of a connection.
type lane struct {
	mu    sync.Mutex
	cond  *sync.Cond
	bytes []byte
	err   error // what the reader gets at the end of bytes
	until time.Time
}

func newLane() *lane {
	l := &lane{}
	l.cond = sync.NewCond(&l.mu)
	return l
}

func (l *lane) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.cond.Broadcast()
}

// side is one end of a connection.
type side struct {
	net.Conn // the rest is never called
	in, out  *lane
	reset    bool // close by RST
}

func (s *side) Read(b []byte) (int, error) {
	l := s.in
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.bytes) == 0 && l.err == nil {
		if !l.until.IsZero() && !time.Now().Before(l.until) {
			return 0, os.ErrDeadlineExceeded
		}
		l.cond.Wait()
	}
	if len(l.bytes) == 0 {
		return 0, l.err
	}
	n := copy(b, l.bytes)
	l.bytes = l.bytes[n:]
	return n, nil
}

func (s *side) Write(b []byte) (int, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.err != nil {
		return 0, s.out.err
	}
	s.out.bytes = append(s.out.bytes, b...)
	s.out.cond.Broadcast()
	return len(b), nil
}

func (s *side) Close() error {
	if s.reset {
		s.out.end(syscall.ECONNRESET)
	}
	s.out.end(io.EOF)
	s.in.end(net.ErrClosed)
	return nil
}

func (s *side) SetReadDeadline(at time.Time) error {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	s.in.until = at
	s.in.cond.Broadcast()
	if d := time.Until(at); d > 0 {
		time.AfterFunc(d, func() {
			s.in.mu.Lock()
			defer s.in.mu.Unlock()
			s.in.cond.Broadcast()
		})
	}
	return nil
}

func (s *side) SetWriteDeadline(time.Time) error { return nil }

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

func (s *side) RemoteAddr() net.Addr { return address("10.0.0.1:6000") }

// network has one server. It serves one connection after the other, as long as each lasts.
type network struct {
	made int
	last sync.WaitGroup
}

func (n *network) dialer(serve func(net.Conn)) dialer {
	turn := make(chan struct{}, 1) // virtual time goes on while somebody waits for a channel
	return func(context.Context, string) (net.Conn, error) {
		n.made++
		a, b := newLane(), newLane()
		server := &side{in: b, out: a}
		n.last.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			defer server.Close()
			serve(server)
		})
		return &side{in: a, out: b}, nil
	}
}

// probed probes a server in virtual time, within the limits.
func probed(t *testing.T, serve func(net.Conn), given ...*frame.Format) (r *Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var n network
		began := time.Now()
		r = probe(t.Context(), "there:6000", given, nil, n.dialer(serve))
		if took := time.Since(began); took >= 10*time.Second || r.Took != Span(took) {
			t.Errorf("it took %v, and says %v", took, r.Took)
		}
		n.last.Wait()
		if n.made > MaxConnections {
			t.Errorf("%d connections", n.made)
		}
	})
	if r.Unreachable != "" || len(r.Tries) != len(given)+len(frame.Names()) {
		t.Fatalf("%q, %d tries", r.Unreachable, len(r.Tries))
	}
	for i := range r.Tries {
		if x := &r.Tries[i]; i >= len(given) && len(x.Sent) > MaxSent {
			t.Errorf("%s: %d bytes sent", x.Frame, len(x.Sent))
		}
	}
	if len(r.Half.Sent) > MaxSent || len(r.Hello.Sent) > MaxSent {
		t.Errorf("%d and %d bytes sent", len(r.Half.Sent), len(r.Hello.Sent))
	}
	return r
}
