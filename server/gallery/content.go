package gallery

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
)

// seldom is how many packets are answered right for each that is not: enough wrong ones to be
// found at once, few enough that each is found by itself.
const seldom = 97

// wrongAnswers are the exhibits that handle sessions right and packets wrong.
func wrongAnswers() []Exhibit {
	return slices.Concat(wrongPackets(), wrongWhen(), wrongGreetings(), wrongTreatment())
}

// wrongPackets are wrong in what they answer to one packet, now and then.
func wrongPackets() []Exhibit {
	one := func(name, does string, want monitor.Fault, wrong answer) Exhibit {
		return Exhibit{
			Name: name, Does: does, Want: []string{want.String()}, Load: usual(),
			start: startTrue(func(r *right) server.Handler { return &nowAndThen{right: r, wrong: wrong} }, nil),
		}
	}
	return []Exhibit{
		one("corrupt", "flips a bit of the last byte", monitor.Corrupt,
			func(s server.Sender, id server.SessionID, e *echo) {
				damaged := e.payload()
				damaged[len(damaged)-1] ^= 1 // text stays text, and ends where it did
				_ = s.SendPacket(id, e.with(damaged))
			}),
		one("truncate", "leaves the last byte of a packet out", monitor.Truncated,
			func(s server.Sender, id server.SessionID, e *echo) {
				whole := e.payload()
				_ = s.SendPacket(id, e.with(whole[:len(whole)-1]))
			}),
		one("duplicate", "answers a packet twice", monitor.Duplicate,
			func(s server.Sender, id server.SessionID, e *echo) {
				_ = s.SendPacket(id, e.right())
				_ = s.SendPacket(id, e.right())
			}),
		one("drop", "does not answer a packet", monitor.Missing,
			func(server.Sender, server.SessionID, *echo) {}),
	}
}

// answer answers one echo, wrong.
type answer func(s server.Sender, id server.SessionID, e *echo)

// nowAndThen is right, but for every seldom-th echo.
type nowAndThen struct {
	*right
	wrong answer
	n     atomic.Uint64
}

func (h *nowAndThen) Received(s server.Sender, id server.SessionID, packet []byte) {
	switch e := h.echo(s, id, packet); {
	case e == nil:
	case h.n.Add(1)%seldom == 0:
		h.wrong(s, id, e)
	default:
		_ = s.SendPacket(id, e.right())
	}
}

// wrongWhen are wrong in when they answer, or whom.
func wrongWhen() []Exhibit {
	one := func(name, does string, want monitor.Fault, h func(*right) server.Handler) Exhibit {
		return Exhibit{
			Name: name, Does: does, Want: []string{want.String()}, Load: usual(), start: startTrue(h, nil),
		}
	}
	return []Exhibit{
		{
			Name: "swap", Does: "gives two clients each other's answer",
			Want: []string{monitor.Crossed.String(), monitor.Missing.String()}, // neither gets its own
			Load: usual(), start: startTrue(func(r *right) server.Handler { return &swap{right: r} }, nil),
		},
		one("reorder", "answers a packet after the one that came later", monitor.Reordered,
			func(r *right) server.Handler {
				return &reorder{right: r, held: map[server.SessionID][]byte{}}
			}),
		{
			Name: "unasked", Does: "sends a packet on accept that nobody asked for",
			Want:  []string{monitor.Unsolicited.String()},
			Load:  with(func(l *Load) { l.Unstarted = true }),
			start: startTrue(unasked, nil),
		},
		{
			Name: "after-stop", Does: "says a last word to whoever has been silent for a while",
			Want: []string{monitor.Unsolicited.String()},
			Load: with(func(l *Load) { l.Duration, l.Quiet = 300*time.Millisecond, 3*lastWordAfter }),
			// A client that is not served for so long is not silent by its own will.
			Also:  []string{monitor.Corrupt.String(), monitor.Truncated.String()},
			start: startTrue(newLastWord, nil),
		},
		{
			Name: "previous", Does: "answers the first packet of a connection with one of the previous",
			Want: []string{monitor.Stale.String(), monitor.SessionReuse},
			Load: with(func(l *Load) { l.Clients, l.Churn = 1, 50 }),
			start: startTrue(func(r *right) server.Handler {
				return &previous{right: r, fresh: map[server.SessionID]bool{}}
			}, nil),
		},
	}
}

// wrongGreetings are wrong about what a session begins with.
func wrongGreetings() []Exhibit {
	return []Exhibit{
		{
			Name: "greeting-missing", Does: "sends no login packet", adapt: greets,
			Want: []string{monitor.LoginMissing.String()},
			Load: with(func(l *Load) { l.Frame, l.ConnectTimeout = usualLogin, greetMost }),
			start: startTrue(func(r *right) server.Handler { return mumbler{r} },
				func(c *server.Config) { c.Frame = c.Frame.WithoutSession() }),
		},
		{
			Name: "greeting-twice", Does: "sends the login packet twice", adapt: greets,
			Want:  []string{monitor.LoginDuplicate.String()},
			Load:  with(func(l *Load) { l.Frame = usualLogin }),
			start: startTrue(greetAgain, nil),
		},
	}
}

// wrongTreatment are wrong in how they treat a connection.
func wrongTreatment() []Exhibit {
	return []Exhibit{
		{
			Name: "chunk-is-packet", Does: "takes what one receive brings for one packet",
			Want: []string{truncated, missing}, Also: []string{unsolicited, corrupt},
			Load: usual(),
			start: startTrue(func(r *right) server.Handler { return chunkIsPacket{r} },
				func(c *server.Config) { c.Frame = frame.Builtin("raw") }),
			adapt: func(e *Exhibit) bool {
				if e.Load.Frame.Text() { // packets put together come apart at the terminator: only cut ones show
					e.Want, e.Also = []string{truncated}, append(e.Also, missing)
				}
				return unanswered(e) // half of a login is none
			},
		},
		{
			Name: "starve", Does: "serves half of the clients a second later than the others",
			Want: []string{monitor.Late.String()},
			Load: with(func(l *Load) { l.OverSend = 1 }),
			start: startTrue(func(r *right) server.Handler {
				return &starve{later: later{right: r}}
			}, nil),
		},
		{
			Name: "close", Does: "closes a connection now and then",
			Want: []string{monitor.ClosedByServer.String(), monitor.ClosedHealthy},
			Also: []string{monitor.ResetByServer.String()},
			Load: with(func(l *Load) { l.OverSend = 1 }),
			start: startTrue(func(r *right) server.Handler {
				return &nowAndThen{right: r, wrong: func(s server.Sender, id server.SessionID, _ *echo) {
					_ = s.Disconnect(id, server.ByHandler)
				}}
			}, nil),
		},
	}
}

// swap keeps an answer now and then, and when another client's echo comes answers each with the
// other's.
type swap struct {
	*right
	mu   sync.Mutex
	n    int
	whom server.SessionID
	kept []byte
}

func (h *swap) Received(s server.Sender, id server.SessionID, packet []byte) {
	e := h.echo(s, id, packet)
	if e == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	switch {
	case h.kept != nil && h.whom != id:
		_ = s.SendPacket(h.whom, e.right())
		_ = s.SendPacket(id, h.kept)
		h.kept = nil
	case h.kept == nil && h.n%seldom == 0:
		h.whom, h.kept = id, e.right()
	default:
		_ = s.SendPacket(id, e.right())
	}
}

// reorder keeps an answer to a session now and then until the next echo of it was answered.
type reorder struct {
	*right
	mu   sync.Mutex
	n    int
	held map[server.SessionID][]byte
}

func (h *reorder) Received(s server.Sender, id server.SessionID, packet []byte) {
	e := h.echo(s, id, packet)
	if e == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	kept := h.held[id]
	if kept == nil && h.n%seldom == 0 {
		h.held[id] = e.right()
		return
	}
	_ = s.SendPacket(id, e.right())
	if kept != nil {
		_ = s.SendPacket(id, kept)
		delete(h.held, id)
	}
}

// unasked speaks first: an answer to nobody.
func unasked(r *right) server.Handler {
	r.begun = func(s server.Sender, id server.SessionID, _ *voice) {
		nobody := echo{f: r.f}
		_ = s.SendPacket(id, nobody.with([]byte("welcome, whoever you are")))
	}
	return r
}

// greetAgain says once more what the session began with.
func greetAgain(r *right) server.Handler {
	r.begun = func(s server.Sender, id server.SessionID, v *voice) {
		for _, p := range v.last {
			_ = s.SendPacket(id, p)
		}
	}
	return r
}

// mumbler says nothing but answers to echoes.
type mumbler struct{ *right }

func (h mumbler) Received(s server.Sender, id server.SessionID, packet []byte) {
	if e := h.echo(nobody{s}, id, packet); e != nil {
		_ = s.SendPacket(id, e.right())
	}
}

// nobody hears what is sent to it.
type nobody struct{ server.Sender }

func (nobody) SendPacket(server.SessionID, []byte) error { return nil }

// previous remembers the last answer to whichever connection was there before.
type previous struct {
	*right
	mu    sync.Mutex
	fresh map[server.SessionID]bool
	last  []byte
}

func (h *previous) Accepted(s server.Sender, id server.SessionID) {
	h.mu.Lock()
	h.fresh[id] = true
	h.mu.Unlock()
	h.right.Accepted(s, id)
}

func (h *previous) Received(s server.Sender, id server.SessionID, packet []byte) {
	e := h.echo(s, id, packet)
	if e == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fresh[id] && h.last != nil {
		_ = s.SendPacket(id, h.last)
	}
	delete(h.fresh, id)
	h.last = e.right()
	_ = s.SendPacket(id, h.last)
}

// chunkIsPacket makes one frame of whatever a receive brought (the server's own framing is off): right
// as long as nobody cuts a packet in two or puts two together. It looks at no length and no checksum.
type chunkIsPacket struct{ *right }

// Accepted greets, as the server does not.
func (h chunkIsPacket) Accepted(s server.Sender, id server.SessionID) {
	h.right.Accepted(s, id)
	for _, p := range h.f.Server().Greetings(-1, &frame.Values{}) {
		_ = framing{s, h.f}.SendPacket(id, p)
	}
}

func (h chunkIsPacket) Received(s server.Sender, id server.SessionID, chunk []byte) {
	whole, rest, ok, _ := h.f.Next(chunk)
	if ok && len(rest) == 0 {
		if packet, wrong := h.f.Packet(nil, whole); wrong == nil {
			h.right.Received(framing{s, h.f}, id, packet)
			return
		}
	}
	plain := h.f.Request.Open(nil, new(frame.Cursor), chunk, 0)
	p, ok := h.f.Request.Read(plain)
	if !ok || len(p.Payload) == 0 {
		return
	}
	e := echo{h.f, p}
	_ = framing{s, h.f}.SendPacket(id, e.right())
}

// framing sends packets in frames where the server does not.
type framing struct {
	server.Sender
	f *frame.Format
}

func (s framing) SendPacket(id server.SessionID, packet []byte) error {
	return s.Sender.SendPacket(id, s.f.AppendPacket(nil, packet, rand.Uint64()))
}
