package gallery

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
)

// wrongByNature are the exhibits that no handler of the true server can be.
func wrongByNature() []Exhibit {
	return []Exhibit{
		{
			Name: "reset", Does: "resets a connection now and then",
			Want: []string{monitor.ResetByServer.String(), monitor.ClosedHealthy},
			Load: with(func(l *Load) { l.Duration = 4 * time.Second }),
			start: startPlain(func(c *net.TCPConn) {
				echoSome(c)
				_ = c.SetLinger(0)
			}),
		},
		{
			Name: "mute", Does: "reads and never answers",
			Want:  []string{monitor.NotDrained.String(), monitor.NeverServed},
			Load:  with(func(l *Load) { l.Duration = 600 * time.Millisecond }),
			start: startPlain(func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }),
		},
		{
			Name: "killed", Does: "is gone all of a sudden",
			Want:  []string{monitor.ServerGone},
			Also:  []string{monitor.ConnectFailed.String()},
			Load:  with(func(l *Load) { l.Duration = 4 * time.Second }),
			start: startKilled,
		},
	}
}

// killed is a true server that ends by itself.
type killed struct {
	Server
	over chan struct{}
}

// killedAfter is long enough for every dummy to be at work.
const killedAfter = 700 * time.Millisecond

func startKilled() (Server, error) {
	srv, err := server.Start(server.Config{
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), Frame: frame.Len16,
	})
	if err != nil {
		return nil, err
	}
	s := &killed{trueServer{srv}, make(chan struct{})}
	time.AfterFunc(killedAfter, func() {
		srv.Stop(0)
		close(s.over)
	})
	return s, nil
}

// Stop waits until the server has ended by itself.
func (s *killed) Stop() { <-s.over }

// plain is a server of one goroutine for each connection.
type plain struct {
	l      *net.TCPListener
	behave func(*net.TCPConn)

	mu    sync.Mutex
	ended bool
	conns map[*net.TCPConn]struct{}
	wg    sync.WaitGroup
}

// startPlain starts a plain server; behave runs once for each connection, which is closed when
// it returns.
func startPlain(behave func(*net.TCPConn)) func() (Server, error) {
	return func() (Server, error) {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, err
		}
		s := &plain{l: l, behave: behave, conns: map[*net.TCPConn]struct{}{}}
		s.wg.Add(1)
		go s.accept()
		return s, nil
	}
}

func (s *plain) accept() {
	defer s.wg.Done()
	for {
		c, err := s.l.AcceptTCP()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.ended {
			s.mu.Unlock()
			_ = c.Close()
			return
		}
		s.conns[c] = struct{}{}
		s.wg.Add(1)
		s.mu.Unlock()
		go s.serve(c)
	}
}

func (s *plain) serve(c *net.TCPConn) {
	defer s.wg.Done()
	s.behave(c)
	_ = c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// Collect adds nothing: these servers keep no books.
func (s *plain) Collect(*monitor.Snapshot) {}

// Addr is where it listens.
func (s *plain) Addr() netip.AddrPort { return s.l.Addr().(*net.TCPAddr).AddrPort() }

// Stop closes the listener and every connection.
func (s *plain) Stop() {
	_ = s.l.Close()
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// echoSome echoes some chunks, how many is chance.
func echoSome(c *net.TCPConn) {
	buf := make([]byte, 4096)
	for range 50 + rand.IntN(500) {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}
