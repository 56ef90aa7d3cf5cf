package gallery

import (
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
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
			Also: []string{
				monitor.Truncated.String(),      // the rest of an answer that was on its way
				monitor.ClosedByServer.String(), // some systems send a FIN for it now and then
			},
			Load: usual(),
			start: startPlain(func(c *net.TCPConn, f *frame.Format) {
				echoSome(c, f)
				_ = c.SetLinger(0)
			}),
		},
		{
			Name: "mute", Does: "reads and never answers", adapt: unanswered,
			Want:  []string{monitor.NotDrained.String(), monitor.NeverServed},
			Load:  with(func(l *Load) { l.StopAt = monitor.NeverServed }),
			start: startPlain(func(c *net.TCPConn, _ *frame.Format) { _, _ = io.Copy(io.Discard, c) }),
		},
		{
			Name: "no-accept", Does: "listens and never accepts", adapt: unanswered,
			Want:     []string{monitor.NotDrained.String(), monitor.NeverServed},
			WantSeen: []string{monitor.AcceptStalled},
			Load:     with(func(l *Load) { l.StopAt = monitor.NeverServed }),
			start:    startUnaccepting,
		},
		{
			Name: "accept-stops", Does: "accepts some connections and then no more", adapt: unanswered,
			Want:     []string{monitor.NotDrained.String()},
			WantSeen: []string{monitor.AcceptStalled},
			Load:     stuckLoad(4),
			start:    startTired,
		},
		{
			Name: "stall", Does: "stands still for four seconds, all of it, and goes on",
			Want:  []string{monitor.ServerStalled, monitor.Recovered},
			Load:  usual(),
			start: startTrue(func(r *right) server.Handler { return &stall{right: r} }, nil),
		},
		{
			Name: "standstill", Does: "stands still, all of it, and never goes on", adapt: unanswered,
			Want:  []string{monitor.ServerStalled, monitor.NotDrained.String()},
			Also:  []string{monitor.CloseIgnored}, // nobody reads a FIN
			Load:  with(func(l *Load) { l.StopAt = monitor.ServerStalled }),
			start: startStandstill,
		},
		{
			Name: "killed", Does: "is gone all of a sudden",
			Want:  []string{monitor.ServerGone, monitor.ConnectFailed.String()},
			Load:  usual(),
			start: startKilled,
		},
	}
}

// mortal is right up to a packet.
type mortal struct {
	*right
	n   atomic.Uint64
	end chan struct{} // closed at the packet
}

func (h *mortal) Received(s server.Sender, id server.SessionID, packet []byte) {
	if h.n.Add(1) == underWay {
		close(h.end)
	}
	h.right.Received(s, id, packet)
}

// killed is a true server that ends by itself.
type killed struct {
	Server
	kill func() // once, and returns when it has ended
}

func startKilled(f *frame.Format) (Server, error) {
	h := &mortal{right: &right{f: f}, end: make(chan struct{})}
	srv, err := server.Start(server.Config{
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), Frame: f, Handler: h,
	})
	if err != nil {
		return nil, err
	}
	over := make(chan struct{})
	s := &killed{trueServer{srv}, sync.OnceFunc(func() {
		srv.Stop(0)
		close(over)
	})}
	go func() {
		select {
		case <-h.end:
			s.kill()
		case <-over:
		}
	}()
	return s, nil
}

// Stop ends it if it has not ended by itself.
func (s *killed) Stop() { s.kill() }

// stall is right but for one pause, in which nobody is answered.
type stall struct {
	*right
	n    atomic.Uint64
	gate sync.RWMutex
}

func (h *stall) Received(s server.Sender, id server.SessionID, packet []byte) {
	if h.n.Add(1) == underWay {
		h.gate.Lock()
		time.Sleep(stallFor)
		h.gate.Unlock()
	}
	h.gate.RLock()
	defer h.gate.RUnlock()
	h.right.Received(s, id, packet)
}

const (
	underWay = 300 // packets: all dummies are at work
	stallFor = 4 * time.Second
)

// standstill is a plain server whose connections all stop at one instant.
type standstill struct {
	*plain
	over chan struct{}
}

func startStandstill(f *frame.Format) (Server, error) {
	var chunks atomic.Uint64
	over := make(chan struct{})
	s, err := newPlain(f, func(c *net.TCPConn, f *frame.Format) {
		talk(c, f, func() bool {
			if chunks.Add(1) <= underWay {
				return true
			}
			<-over
			return false
		})
	}, math.MaxInt)
	if err != nil {
		return nil, err
	}
	return standstill{s, over}, nil
}

// Stop ends the standstill first.
func (s standstill) Stop() {
	close(s.over)
	s.plain.Stop()
}

// startUnaccepting starts a server that leaves every connection in its backlog.
func startUnaccepting(f *frame.Format) (Server, error) { return newPlain(f, nil, 0) }

// startTired starts an echo server that accepts only tiredAfter connections.
func startTired(f *frame.Format) (Server, error) {
	return newPlain(f, func(c *net.TCPConn, f *frame.Format) {
		talk(c, f, func() bool { return true })
	}, tiredAfter)
}

const tiredAfter = 10

// plain is a server of one goroutine for each connection.
type plain struct {
	l      *net.TCPListener
	f      *frame.Format
	behave behaviour

	mu    sync.Mutex
	ended bool
	conns map[*net.TCPConn]struct{}
	wg    sync.WaitGroup
}

// behaviour runs once for each connection, which is closed when it returns.
type behaviour func(*net.TCPConn, *frame.Format)

// startPlain starts a plain server.
func startPlain(behave behaviour) starter {
	return func(f *frame.Format) (Server, error) { return newPlain(f, behave, math.MaxInt) }
}

// newPlain starts a plain server that accepts so many connections.
func newPlain(f *frame.Format, behave behaviour, most int) (*plain, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	s := &plain{l: l, f: f, behave: behave, conns: map[*net.TCPConn]struct{}{}}
	s.wg.Add(1)
	go s.accept(most)
	return s, nil
}

func (s *plain) accept(most int) {
	defer s.wg.Done()
	for range most {
		c, ok := acceptNext(s.l)
		if !ok {
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
	s.behave(c, s.f)
	_ = c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// Collect adds nothing: these servers keep no books.
func (s *plain) Collect(*monitor.Run, *monitor.Tally) {}

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

// echoSome answers what some receives bring, how many is chance.
func echoSome(c *net.TCPConn, f *frame.Format) {
	chunks := 10 + rand.IntN(100)
	talk(c, f, func() bool {
		chunks--
		return chunks >= 0
	})
}

// talk greets and answers right, as long as goOn says so for what a receive has brought.
func talk(c *net.TCPConn, f *frame.Format, goOn func() bool) {
	v := newVoice(f)
	say := v.framed(nil, v.last)
	buf, got := make([]byte, 4096), []byte(nil)
	for {
		if len(say) > 0 {
			if _, err := c.Write(say); err != nil {
				return
			}
		}
		n, err := c.Read(buf)
		if err != nil || !goOn() {
			return
		}
		say, got = v.answerAll(nil, append(got, buf[:n]...))
	}
}
