package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/server/iocp"
)

// anywhere is where a Remote connects to: there is one server.
var anywhere netip.AddrPort

// hosted is a hosted world with an echo server on its Port and a client's Remote.
type hosted struct {
	t    *testing.T
	w    *World
	port *Port
	net  *Network
	r    *Remote
	wk   iocp.Worker // the client's
	over chan struct{}
}

// inHosted runs a client in a bubble; the same seed gives the same hash.
func inHosted(t *testing.T, seed uint64, client func(h *hosted)) (hash uint64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		random := &Random{}
		random.Seed(seed)
		h := &hosted{t: t, w: New(), over: make(chan struct{})}
		h.w.Begin(random)
		h.port = NewPort(h.w)
		h.port.Begin()
		h.port.Owner = func(*iocp.Overlapped) uint64 { return 0 }
		h.port.Sound = true
		h.net = NewNetwork(h.port)
		h.w.Host(func(what string) { panic(what) })
		go h.serve()
		Rest()
		go func() {
			defer close(h.over)
			h.r = NewRemote(h.net, "client")
			h.wk, _ = h.r.Worker()
			h.r.owner.enter()
			client(h)
			_ = h.wk.Close()
		}()
		<-h.over
		h.w.Exit()
		hash = h.w.Hash()
	})
	return hash
}

// serve echoes what the first connection sends, until the process dies.
func (h *hosted) serve() {
	wk, _ := h.port.Worker()
	var accept, recv, send iocp.Overlapped
	entries := make([]iocp.Entry, 1)
	var s iocp.Socket
	var out []byte
	Enter(wk)
	Live(h.port, func() {
		_ = wk.Accept(listenerHandle, &accept)
		for {
			n, err := wk.Get(entries, -1)
			if err != nil {
				return
			}
			switch e := entries[0]; {
			case n == 0:
			case e.Overlapped == &accept:
				s = e.Socket
				_ = wk.Recv(s, &recv)
			case e.Overlapped == &recv && e.Transferred > 0:
				out = append([]byte(nil), e.Data...)
				_ = wk.Send(s, out, &send)
			case e.Overlapped == &send && e.Transferred > 0:
				if out = out[e.Transferred:]; len(out) > 0 {
					_ = wk.Send(s, out, &send)
				} else {
					_ = wk.Recv(s, &recv)
				}
			default:
				h.port.Cancel(s)
				h.port.Close(s)
			}
		}
	})
	_ = wk.Close()
}

// get waits for the one entry that is in flight.
func (h *hosted) get() iocp.Entry {
	var entries [1]iocp.Entry
	if n, err := h.wk.Get(entries[:], time.Minute); n == 0 || err != nil {
		h.t.Errorf("%d entries within a minute: %v", n, err)
	}
	return entries[0]
}

// connect connects the client.
func (h *hosted) connect() iocp.Socket {
	var ov iocp.Overlapped
	s, _ := h.r.NewSocket(clientAddr, anywhere)
	if err := h.wk.Connect(s, anywhere, &ov); err != nil {
		h.t.Error(err)
	}
	if e := h.get(); e.Err != nil {
		h.t.Error(e.Err)
	}
	return s
}

// echo sends a text and returns what comes back for it, up to its length.
func (h *hosted) echo(s iocp.Socket, text string) string {
	var send, recv iocp.Overlapped
	for rest := []byte(text); len(rest) > 0; {
		if err := h.wk.Send(s, rest, &send); err != nil {
			h.t.Error(err)
		}
		rest = rest[h.get().Transferred:]
	}
	var got strings.Builder
	for got.Len() < len(text) {
		_ = h.wk.Recv(s, &recv)
		e := h.get()
		if e.Transferred == 0 {
			return fmt.Sprintf("%s, then %v", got.String(), e.Err)
		}
		got.Write(e.Data)
	}
	return got.String()
}

// TestHostedWorld: bytes go there and come back in order, that takes virtual time, and the same
// seed does the same.
func TestHostedWorld(t *testing.T) {
	const text = "in order, whatever the pieces"
	for seed := uint64(1); seed <= 40; seed++ {
		client := func(h *hosted) {
			s := h.connect()
			before := h.w.Elapsed()
			if got := h.echo(s, text); got != text {
				h.t.Errorf("seed %d: %q", seed, got)
			}
			if took := h.w.Elapsed() - before; took < 2*hop || took > time.Second {
				h.t.Errorf("seed %d: an echo took %v", seed, took)
			}
			h.r.Cancel(s)
			h.r.Close(s)
		}
		if a, b := inHosted(t, seed, client), inHosted(t, seed, client); a != b {
			t.Errorf("seed %d twice: %x and %x", seed, a, b)
		}
	}
}

// TestHostedResets: what the network resets, and what dies, is reset for the client.
func TestHostedResets(t *testing.T) {
	for name, reset := range map[string]func(h *hosted){
		"the network": func(h *hosted) { h.net.ResetOne() },
		"the process": func(h *hosted) { h.port.Kill("for the test") },
	} {
		t.Run(name, func(t *testing.T) {
			inHosted(t, 1, func(h *hosted) {
				s := h.connect()
				h.w.After(10*time.Millisecond, func() { reset(h) })
				var recv iocp.Overlapped
				_ = h.wk.Recv(s, &recv)
				if e := h.get(); e.Err != errReset || e.Transferred != 0 {
					h.t.Errorf("%v, %d bytes", e.Err, e.Transferred)
				}
				h.r.Cancel(s)
				h.r.Close(s)
			})
		})
	}
}

// TestHostedHold: a guest that is held up does not run, and time goes on.
func TestHostedHold(t *testing.T) {
	inHosted(t, 1, func(h *hosted) {
		s := h.connect()
		before := h.w.Elapsed()
		h.w.Hold("s0", 300*time.Millisecond)
		if got := h.echo(s, "x"); got != "x" {
			h.t.Errorf("%q", got)
		}
		if took := h.w.Elapsed() - before; took < 300*time.Millisecond {
			h.t.Errorf("an echo of a server that is held up took %v", took)
		}
		h.r.Cancel(s)
		h.r.Close(s)
	})
}

// TestHostedRefusal: nobody listens after the process has died.
func TestHostedRefusal(t *testing.T) {
	inHosted(t, 1, func(h *hosted) {
		h.port.Kill("for the test")
		var ov iocp.Overlapped
		s, _ := h.r.NewSocket(clientAddr, anywhere)
		_ = h.wk.Connect(s, anywhere, &ov)
		if e := h.get(); iocp.Classify(e.Err) != iocp.ClassRefused {
			h.t.Errorf("%v", e.Err)
		}
		h.r.Close(s)
	})
}

// TestLockLetsTimePass: a mutex would not.
func TestLockLetsTimePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lock
		l.Lock()
		began := time.Now()
		time.AfterFunc(time.Second, l.Unlock)
		l.Lock()
		took := time.Since(began)
		l.Unlock()
		if took != time.Second {
			t.Errorf("waited %v", took)
		}
	})
}
