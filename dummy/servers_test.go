package dummy

import (
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	waitTogether()
	goleak.VerifyTestMain(m)
}

// waitTogether has as many parallel tests run at a time as suits tests that wait more than they
// work, unless -parallel says how many.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "8")
	}
}

// testServer is a small server over package net, as right or wrong as its behave makes it.
type testServer struct {
	addr   netip.AddrPort
	l      net.Listener
	behave func(*net.TCPConn)

	mu    sync.Mutex
	ended bool
	conns map[net.Conn]struct{}
	wg    sync.WaitGroup
}

// startServer serves until the test ends; behave runs once for each connection, which is closed
// when it returns.
func startServer(t testing.TB, behave func(*net.TCPConn)) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, behave)
}

func serveOn(t testing.TB, l net.Listener, behave func(*net.TCPConn)) *testServer {
	s := &testServer{l: l, behave: behave, conns: map[net.Conn]struct{}{}}
	s.addr = l.Addr().(*net.TCPAddr).AddrPort()
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(s.stop)
	return s
}

func (s *testServer) accept() {
	defer s.wg.Done()
	for {
		c, err := s.l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // reset before it was accepted: some systems tell
		}
		s.mu.Lock()
		if s.ended { // accepted behind stop's back, which would wait for it
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = struct{}{}
		s.wg.Add(1)
		s.mu.Unlock()
		go func() {
			defer s.wg.Done()
			s.behave(c.(*net.TCPConn))
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
	}
}

// stop closes the listener and every connection.
func (s *testServer) stop() {
	s.l.Close()
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// echoAll is the right server.
func echoAll(c *net.TCPConn) { _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }

// readAll never answers.
func readAll(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }

// eachFrame makes a server that answers the n-th len16 frame of a connection, header
// included, with what answer returns; an answer of nil ends the connection.
func eachFrame(answer func(c *net.TCPConn, n int, frame []byte) []byte) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		var buf [1<<16 + 2]byte
		for n := 1; ; n++ {
			if _, err := io.ReadFull(c, buf[:2]); err != nil {
				return
			}
			frame := buf[:2+binary.LittleEndian.Uint16(buf[:2])]
			if _, err := io.ReadFull(c, frame[2:]); err != nil {
				return
			}
			out := answer(c, n, frame)
			if out == nil {
				return
			}
			if _, err := c.Write(out); err != nil {
				return
			}
		}
	}
}
