package gallery

import (
	"bytes"
	"encoding/binary"
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
			start: startTrue(func() server.Handler { return &nowAndThen{wrong: wrong} }, nil),
		}
	}
	return []Exhibit{
		one("corrupt", "flips a bit of the last byte", monitor.Corrupt,
			func(s server.Sender, id server.SessionID, packet []byte) {
				damaged := bytes.Clone(packet)
				damaged[len(damaged)-1] ^= 1
				_ = s.SendPacket(id, damaged)
			}),
		one("truncate", "leaves the last byte of a packet out", monitor.Truncated,
			func(s server.Sender, id server.SessionID, packet []byte) {
				_ = s.SendPacket(id, packet[:len(packet)-1])
			}),
		one("duplicate", "answers a packet twice", monitor.Duplicate,
			func(s server.Sender, id server.SessionID, packet []byte) {
				_ = s.SendPacket(id, packet)
				_ = s.SendPacket(id, packet)
			}),
		one("drop", "does not answer a packet", monitor.Missing,
			func(server.Sender, server.SessionID, []byte) {}),
	}
}

// answer answers one packet, wrong.
type answer func(s server.Sender, id server.SessionID, packet []byte)

// nowAndThen is Echo, but for every seldom-th packet.
type nowAndThen struct {
	server.Echo
	wrong answer
	n     atomic.Uint64
}

func (h *nowAndThen) Received(s server.Sender, id server.SessionID, packet []byte) {
	if h.n.Add(1)%seldom == 0 {
		h.wrong(s, id, packet)
		return
	}
	h.Echo.Received(s, id, packet)
}

// wrongWhen are wrong in when they answer, or whom.
func wrongWhen() []Exhibit {
	one := func(name, does string, want monitor.Fault, h func() server.Handler) Exhibit {
		return Exhibit{
			Name: name, Does: does, Want: []string{want.String()}, Load: usual(), start: startTrue(h, nil),
		}
	}
	return []Exhibit{
		{
			Name: "swap", Does: "gives two clients each other's answer",
			Want: []string{monitor.Crossed.String(), monitor.Missing.String()}, // neither gets its own
			Load: usual(), start: startTrue(func() server.Handler { return &swap{} }, nil),
		},
		one("reorder", "answers a packet after the one that came later", monitor.Reordered,
			func() server.Handler { return &reorder{held: map[server.SessionID][]byte{}} }),
		{
			Name: "unasked", Does: "sends a packet on accept that nobody asked for",
			Want:  []string{monitor.Unsolicited.String()},
			Load:  with(func(l *Load) { l.Unstarted = true }),
			start: startTrue(func() server.Handler { return unasked{} }, nil),
		},
		{
			Name: "after-stop", Does: "says a last word to whoever has been silent for a while",
			Want: []string{monitor.Unsolicited.String()},
			Load: with(func(l *Load) { l.Duration, l.Quiet = 300*time.Millisecond, 3*lastWordAfter }),
			// A client that is not served for so long is not silent by its own will.
			Also:  []string{monitor.Corrupt.String(), monitor.Truncated.String()},
			start: startTrue(func() server.Handler { return newLastWord() }, nil),
		},
		{
			Name: "previous", Does: "answers the first packet of a connection with one of the previous",
			Want: []string{monitor.Stale.String(), monitor.SessionReuse},
			Load: with(func(l *Load) { l.Clients, l.Churn = 1, 50 }),
			start: startTrue(func() server.Handler {
				return &previous{fresh: map[server.SessionID]bool{}}
			}, nil),
		},
	}
}

// wrongGreetings are wrong about the login packet.
func wrongGreetings() []Exhibit {
	return []Exhibit{
		{
			Name: "greeting-missing", Does: "sends no login packet",
			Want:  []string{monitor.LoginMissing.String()},
			Load:  with(func(l *Load) { l.Login = true }),
			start: startTrue(func() server.Handler { return server.Echo{} }, nil),
		},
		{
			Name: "greeting-twice", Does: "sends the login packet twice",
			Want: []string{monitor.LoginDuplicate.String()},
			Load: with(func(l *Load) { l.Login = true }),
			start: startTrue(func() server.Handler { return greetAgain{} },
				func(c *server.Config) { c.Login = true }),
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
			start: startTrue(func() server.Handler { return chunkIsPacket{} },
				func(c *server.Config) { c.Frame = frame.Raw }),
		},
		{
			Name: "starve", Does: "serves half of the clients a second later than the others",
			Want:  []string{monitor.Late.String()},
			Load:  with(func(l *Load) { l.OverSend = 1 }),
			start: startTrue(func() server.Handler { return &starve{} }, nil),
		},
		{
			Name: "close", Does: "closes a connection now and then",
			Want: []string{monitor.ClosedByServer.String(), monitor.ClosedHealthy},
			Also: []string{monitor.ResetByServer.String()},
			Load: with(func(l *Load) { l.OverSend = 1 }),
			start: startTrue(func() server.Handler {
				return &nowAndThen{wrong: func(s server.Sender, id server.SessionID, _ []byte) {
					_ = s.Disconnect(id, server.ByHandler)
				}}
			}, nil),
		},
	}
}

// swap keeps a packet now and then, and when another client's comes answers each with the
// other's.
type swap struct {
	server.Echo
	mu   sync.Mutex
	n    int
	whom server.SessionID
	kept []byte
}

func (h *swap) Received(s server.Sender, id server.SessionID, packet []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	switch {
	case h.kept != nil && h.whom != id:
		_ = s.SendPacket(h.whom, packet)
		_ = s.SendPacket(id, h.kept)
		h.kept = nil
	case h.kept == nil && h.n%seldom == 0:
		h.whom, h.kept = id, bytes.Clone(packet)
	default:
		h.Echo.Received(s, id, packet)
	}
}

// reorder keeps a packet of a session now and then until the next one of it was answered.
type reorder struct {
	server.Echo
	mu   sync.Mutex
	n    int
	held map[server.SessionID][]byte
}

func (h *reorder) Received(s server.Sender, id server.SessionID, packet []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	kept := h.held[id]
	if kept == nil && h.n%seldom == 0 {
		h.held[id] = bytes.Clone(packet)
		return
	}
	h.Echo.Received(s, id, packet)
	if kept != nil {
		_ = s.SendPacket(id, kept)
		delete(h.held, id)
	}
}

// unasked speaks first.
type unasked struct{ server.Echo }

func (unasked) Accepted(s server.Sender, id server.SessionID) {
	_ = s.SendPacket(id, []byte("welcome, whoever you are"))
}

// greetAgain sends the login packet that the server has sent already.
type greetAgain struct{ server.Echo }

func (greetAgain) Accepted(s server.Sender, id server.SessionID) {
	_ = s.SendPacket(id, binary.LittleEndian.AppendUint64(nil, server.LoginValue))
}

// previous remembers the last packet of whichever connection was there before.
type previous struct {
	server.Echo
	mu    sync.Mutex
	fresh map[server.SessionID]bool
	last  []byte
}

func (h *previous) Accepted(_ server.Sender, id server.SessionID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fresh[id] = true
}

func (h *previous) Received(s server.Sender, id server.SessionID, packet []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fresh[id] && h.last != nil {
		_ = s.SendPacket(id, h.last)
	}
	delete(h.fresh, id)
	h.last = append(h.last[:0], packet...)
	h.Echo.Received(s, id, packet)
}

// chunkIsPacket makes one len16 frame of whatever a receive brought (the server's own framing
// is off): right as long as nobody cuts a packet in two or puts two together.
type chunkIsPacket struct{ server.Echo }

func (h chunkIsPacket) Received(s server.Sender, id server.SessionID, chunk []byte) {
	header := frame.Len16.Overhead()
	if len(chunk) <= header {
		return
	}
	h.Echo.Received(s, id, frame.Len16.Append(nil, chunk[header:]))
}
