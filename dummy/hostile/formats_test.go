package hostile

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"dummyload/server/frame"
)

// The formats of the tests, by the names of the built-in ones and by their own.
var (
	len32  = frame.Builtin("len32")
	line   = frame.Builtin("line")
	net77  = frame.Builtin("net")
	echo64 = frame.Builtin("echo64")
	byte1  = described("one byte", `
frame: [{id: length, type: u1, counts: body}, {id: body}]
`)
	empties = described("empty bodies", `
frame: [{id: length, type: u2be, counts: frame}, {id: type, type: u1}, {id: body}]
request: {type: 1, body: [{id: payload}]}
answer: {type: 2, body: [{id: payload}]}
heartbeat: {every: 1s, send: {type: 3, body: []}}
`)
	typed = described("typed", `
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request: {body: [{type: u2le, contents: 5000}, {type: u8le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u8le, value: client}, {id: payload}]}
session:
  - send: {body: [{type: u2le, contents: 1001}, {type: u8le, value: client}, {size: 64, fill: 0}]}
  - expect: {body: [{type: u2le, contents: 1002}, {size: 1, any: true}]}
heartbeat: {every: 30s, send: {body: [{type: u2le, contents: 5002}]}}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
`)
	partly = described("first 1000 bytes", `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
answer: {body: [{id: payload, first: 1000}]}
`)
	// counted has every number, two steps to send, and a length that nothing may say.
	counted = described("counted", `
frame:
  - {id: length, type: u4be, counts: rest}
  - {id: serial, type: u4be, value: sequence, counts: packets}
  - {id: body}
request:
  body:
    - {type: u2be, value: client}
    - {type: u2be, value: connection}
    - {type: u4le, value: sequence}
    - {id: payload}
answer: {body: [{type: u4le, value: sequence}, {id: payload}]}
session:
  - expect: {body: [{contents: "hello"}]}
  - send: {body: [{contents: "I am "}, {type: u2be, value: client}]}
  - send: {body: [{contents: "really"}]}
  - expect: {body: [{contents: "welcome"}, {rest: any}]}
`)
	greeted = described("stream", `
stream: true
session:
  - send: {body: [{contents: "hello\n"}]}
  - expect: {body: [{contents: "welcome\n"}]}
`)
	text = described("text", `
frame: [{contents: "ECHO "}, {id: body, terminator: "x!\r\n"}]
request: {body: [{id: who, type: digits, size: 6, value: client}, {contents: " "}, {id: payload}]}
answer: {body: [{contents: "ok "}, {id: payload}]}
`)
)

// formats are all that the tests try.
var formats = []*frame.Format{
	frame.Builtin("raw"), frame.Builtin("len16"), len32, line, net77, frame.Builtin("id16"),
	frame.Builtin("len16be"), frame.Builtin("crlf"), echo64, byte1, empties, typed, counted,
	greeted, text, partly,
}

func described(name, description string) *frame.Format {
	f, err := frame.Parse(name, description)
	if err != nil {
		panic(err)
	}
	return f
}

// meeting is what a server has seen of its clients.
type meeting struct {
	mu      sync.Mutex
	clients map[uint32]int // logins by client number
	wrong   atomic.Uint64  // packets that are not in their turn
	echoes  atomic.Uint64
	illegal atomic.Uint64 // what package frame has refused
}

// limits are how a server treats what is illegal.
type limits struct {
	takesZero bool // goes on after a frame of length 0
	noise     bool // says things to be ignored, and a login twice
	silent    bool // never answers a session
	hoards    bool // keeps all answers for a client that reads none
}

// speaks is a server in a format. A stream is the format's too: what comes after the session is echoed.
func speaks(f *frame.Format, l limits, seen *meeting) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		p := &peer{Writer: c, f: f, l: l, seen: seen, step: f.Server().Awaits(0)}
		if l.hoards {
			h := newHoard(c)
			defer h.Close()
			p.Writer = h
		}
		p.greet(-1)
		var held []byte
		buf := make([]byte, 16<<10)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			held = append(held, buf[:n]...)
			if !p.all(&held) {
				return
			}
		}
	}
}

// peer is one connection of such a server.
type peer struct {
	io.Writer
	f      *frame.Format
	l      limits
	seen   *meeting
	step   int
	values frame.Values

	packed, answers []byte
}

// all takes what is whole of held. It reports false where the connection is to end.
func (p *peer) all(held *[]byte) bool {
	defer func() {
		if len(p.answers) > 0 {
			_, _ = p.Write(p.answers)
			p.answers = p.answers[:0]
		}
	}()
	for len(*held) > 0 {
		whole, rest, ok, err := p.f.Next(*held)
		if errors.Is(err, frame.ErrZeroLength) && p.l.takesZero {
			zero, _ := p.f.Zero(new(frame.Values))
			if len(*held) < len(zero) {
				return true
			}
			*held = (*held)[len(zero):]
			continue
		}
		if err != nil {
			p.seen.illegal.Add(1)
			return false
		}
		if !ok {
			return true
		}
		*held = rest
		if !p.packet(whole) {
			return false
		}
	}
	return true
}

// greet says what the server says after a step.
func (p *peer) greet(step int) {
	if p.l.silent {
		return
	}
	for _, packet := range p.f.Server().Greetings(step, &p.values) {
		whole := p.f.AppendPacket(nil, packet, 7)
		for at := range whole { // one byte at a time: nobody may count on more
			_, _ = p.Write(whole[at : at+1])
		}
		if p.l.noise && !p.f.Stream {
			_, _ = p.Write(whole)
		}
	}
	for n := 0; p.l.noise && len(p.f.Ignore) > 0 && n < 6000; n += 1500 {
		m := p.f.Ignore[0]
		whole := append(m.Begin(nil, &p.values, n), make([]byte, n)...)
		_, _ = p.Write(m.End(whole, 0, &p.values))
	}
}

// packet answers one. It reports false where the connection is to end.
func (p *peer) packet(whole []byte) bool {
	packet, wrong := p.f.Packet(nil, whole)
	if wrong != nil {
		p.seen.illegal.Add(1)
		return false
	}
	server, step := p.f.Server(), p.step
	if p.l.silent {
		step = len(p.f.Session)
	}
	what, parts := server.Look(packet, step)
	switch what {
	case frame.AStep:
		p.step = server.Awaits(step + 1)
		if parts.Client != 0 || step == 0 { // a later step may not say who
			p.values = parts.Values
			p.seen.mu.Lock()
			p.seen.clients[parts.Client]++
			p.seen.mu.Unlock()
		}
		p.greet(step)
	case frame.Unknown:
		p.seen.wrong.Add(1)
	case frame.AnEcho:
		p.seen.echoes.Add(1)
		p.packed = server.AppendAnswer(p.packed[:0], &parts)
		p.answers = p.f.AppendPacket(p.answers, p.packed, 3)
	}
	return true
}

func newMeeting() *meeting { return &meeting{clients: map[uint32]int{}} }

// inFormat has a crowd speak a format.
func inFormat(f *frame.Format) func(*Config) { return func(c *Config) { c.Frame = f } }

// longIn has its payloads be long, besides: fewer of them are a hundred megabytes.
func longIn(f *frame.Format) func(*Config) {
	return func(c *Config) { c.Frame, c.SizeMax = f, 2000 }
}

// hoard is a writer that keeps everything until it can be sent, whatever its memory costs.
type hoard struct {
	mu   sync.Mutex
	more sync.Cond
	held []byte
	over bool
}

func newHoard(to io.Writer) *hoard {
	h := &hoard{}
	h.more.L = &h.mu
	go func() {
		for {
			h.mu.Lock()
			for len(h.held) == 0 && !h.over {
				h.more.Wait()
			}
			out := h.held
			h.held = nil
			h.mu.Unlock()
			if len(out) == 0 {
				return
			}
			if _, err := to.Write(out); err != nil {
				return
			}
		}
	}()
	return h
}

func (h *hoard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, b...)
	h.more.Signal()
	return len(b), nil
}

func (h *hoard) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	h.more.Signal()
	return nil
}
