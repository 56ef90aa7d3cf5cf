package gallery

import (
	"sync"
	"time"

	"dummyload/server"
)

// later is what the handlers share that speak some time after they were spoken to.
type later struct {
	*right
	mu     sync.Mutex
	sender server.Sender
	ended  bool
	wg     sync.WaitGroup
}

func (h *later) attach(s server.Sender) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sender = s
}

func (h *later) detach() {
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.wg.Wait()
}

// after calls do with the server once wait is over, unless the server has ended.
func (h *later) after(wait time.Duration, do func(server.Sender)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return
	}
	h.wg.Add(1)
	time.AfterFunc(wait, func() {
		defer h.wg.Done()
		h.mu.Lock()
		s, ended := h.sender, h.ended
		h.mu.Unlock()
		if !ended {
			do(s)
		}
	})
}

// starvedFor is beyond the tester's echo timeout.
const starvedFor = time.Second

// starve lets every other session wait.
type starve struct{ later }

func (h *starve) Received(s server.Sender, id server.SessionID, packet []byte) {
	e := h.echo(s, id, packet)
	if e == nil {
		return
	}
	kept := e.right()
	if id&1 == 0 {
		_ = s.SendPacket(id, kept)
		return
	}
	h.after(starvedFor, func(s server.Sender) { _ = s.SendPacket(id, kept) })
}

// lastWordAfter is the silence that the last word breaks.
const lastWordAfter = 300 * time.Millisecond

// lastWord speaks whenever a session has been silent.
type lastWord struct {
	later
	heard map[server.SessionID]time.Time // guarded by later's mu
}

func newLastWord(r *right) server.Handler {
	return &lastWord{later: later{right: r}, heard: map[server.SessionID]time.Time{}}
}

func (h *lastWord) Received(s server.Sender, id server.SessionID, packet []byte) {
	e := h.echo(s, id, packet)
	if e == nil {
		return
	}
	_ = s.SendPacket(id, e.right())
	h.mu.Lock()
	_, known := h.heard[id]
	h.heard[id] = time.Now()
	h.mu.Unlock()
	if !known {
		h.after(lastWordAfter, func(s server.Sender) { h.check(s, id) })
	}
}

// check looks whether the session is silent by now.
func (h *lastWord) check(s server.Sender, id server.SessionID) {
	h.mu.Lock()
	rest := lastWordAfter - time.Since(h.heard[id])
	h.mu.Unlock()
	if rest <= 0 {
		word := echo{f: h.f}
		if s.SendPacket(id, word.with([]byte("are you still there?"))) != nil {
			return // it is not
		}
		rest = lastWordAfter
	}
	h.after(rest, func(s server.Sender) { h.check(s, id) })
}
