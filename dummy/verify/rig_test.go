package verify

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"
)

var (
	raw, len16  = frame.Builtin("raw"), frame.Builtin("len16")
	len32, line = frame.Builtin("len32"), frame.Builtin("line")
	formats     = slices.Concat(builtIn(func(f *frame.Format) bool { return len(f.Session) == 0 }),
		[]*frame.Format{headed, typed, ended, salted, summed})

	// typed has a field of each kind, a cipher, and packets to ignore.
	typed = described(`
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request:
  body:
    - {type: u2le, contents: 5000}
    - {id: client, type: u8le, value: client}
    - {id: payload}
    - {id: n, type: u4be, value: sequence}
answer:
  body:
    - {type: u2le, contents: 5001}
    - {id: client, type: u8le, value: client}
    - {id: payload}
    - {id: n, type: u4be, value: sequence}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
`)

	// headed has a short header.
	headed = described(`
frame:
  - {id: magic, type: u1, contents: 0x89}
  - {id: type, type: u2le}
  - {id: length, type: u2le, counts: body}
  - {id: body}
request: {type: 1, body: [{id: payload}]}
answer: {type: 2, body: [{id: payload}]}
`)

	// ended has a terminator of characters that payloads are usually made of.
	ended = described(`
frame:
  - {contents: "go "}
  - {id: body, terminator: "END"}
request: {body: [{id: who, type: digits, size: 6, value: client}, {contents: " "}, {id: payload}]}
answer:
  body:
    - {id: who, type: digits, size: 6, value: client}
    - {id: payload}
    - {id: crc, type: hex, size: 8, value: crc32(who)}
`)

	// salted has bytes of any value among those that the cipher chains.
	salted = described(`
frame:
  - {id: length, type: u2be, counts: frame}
  - {id: rand, type: u1, value: random}
  - {id: serial, type: u2le, value: sequence, counts: packets}
  - {id: body}
process: {netchain: {key: 0x11, random: rand, from: serial}}
answer: {body: [{id: salt, type: u4le, value: random}, {id: payload}, {id: state, size: 3, any: true}]}
`)

	// summed has a checksum that nobody knows before the answer came.
	summed = described(`
frame:
  - {id: sum, type: u2le, value: crc16(body), over: ciphered}
  - {id: length, type: u2le, counts: body}
  - {id: body}
process: {xor: {key: [1, 2, 3], from: body}}
request: {body: [{id: payload}, {id: n, type: u2be, value: connection}]}
answer: {body: [{id: salt, type: u2le, value: random}, {id: payload}, {id: n, type: u2be, value: connection}]}
`)
)

// all are formats with everything that there is.
var all = slices.Concat(formats, sessions, []*frame.Format{first12})

// first12 has answers with less of a payload than its second word.
var first12 = described(`
frame: [{id: length, type: u1, counts: rest}, {id: flags, size: 2, any: true}, {id: body}]
answer: {body: [{id: payload, first: 12}, {contents: end}]}
`)

// called is what a format is called in the name of a benchmark.
func called(f *frame.Format) string {
	switch f {
	case headed:
		return "headed"
	case typed:
		return "typed"
	case summed:
		return "summed"
	}
	return f.String()
}

// builtIn are those of the formats that are built in for which a condition holds.
func builtIn(is func(f *frame.Format) bool) (all []*frame.Format) {
	for _, name := range frame.Names() {
		if f := frame.Builtin(name); is(f) {
			all = append(all, f)
		}
	}
	return all
}

// described is a format of a description.
func described(text string) *frame.Format {
	f, err := frame.Parse("test", text)
	if err != nil {
		panic(err)
	}
	return f
}

// loginPacket is the lecture's.
const loginPacket = "\xff\xff\xff\xff\xff\xff\xff\x7f"

// withLogin is the pattern in the same frame with the login packet.
func withLogin(p *Pattern) *Pattern {
	if p.format.HasLogin() {
		return p
	}
	f, err := p.format.WithLogin()
	if err != nil {
		panic(err)
	}
	q := *p
	q.format, q.answer = f, f.Answer
	return &q
}

// sizeRanges are the payload sizes the tests run with.
var sizeRanges = [][2]int{{8, 8}, {8, 64}, {9, 15}, {64, 64}, {1000, 1<<16 - 1}}

// me is the connection under test: the fifth of dummy 4, among 8 dummies.
var me = Ident{Client: 4, Conn: 5}

type testRoster struct{}

func (testRoster) Current(client uint32) (uint32, uint64) {
	if client >= 8 {
		return 0, 0
	}
	return 3, 100
}

// recorder is an outcome that keeps the story, and the ledger it must add up to.
type recorder struct {
	t      interface{ Fatalf(string, ...any) }
	story  []string // all of it, with echoes one by one
	faults []string // the faults alone: name:sequence, with *n for a count, and owners
	state  map[uint64]string
	raw    bool
	closed bool
}

func (r *recorder) move(id Ident, seq uint64, from, to string) {
	if id != me {
		r.t.Fatalf("outcome for %v", id)
	}
	if r.state[seq] != from {
		r.t.Fatalf("sequence %d is %q and becomes %s", seq, r.state[seq], to)
	}
	r.state[seq] = to
	r.story = append(r.story, fmt.Sprint(to, " ", seq))
}

func (r *recorder) Echoed(id Ident, first, n uint64) {
	for seq := first; seq < first+n; seq++ {
		r.move(id, seq, "", "echoed")
	}
}

func (r *recorder) Lost(id Ident, first, n uint64) {
	for seq := first; seq < first+n; seq++ {
		r.move(id, seq, "", "lost")
	}
}

func (r *recorder) Recovered(id Ident, seq uint64) { r.move(id, seq, "lost", "echoed") }

func (r *recorder) Fault(id Ident, ev *monitor.Evidence) {
	if id != me || ev.Client != int(me.Client) || ev.Connection != me.Conn {
		r.t.Fatalf("fault of connection %d of client %d", ev.Connection, ev.Client)
	}
	if len(ev.Want) > monitor.EvidenceBytes || len(ev.Got) > monitor.EvidenceBytes {
		r.t.Fatalf("evidence of %d and %d bytes", len(ev.Want), len(ev.Got))
	}
	s := fmt.Sprintf("%v:%d", ev.Fault, ev.Seq)
	if ev.Count > 1 {
		s += fmt.Sprintf("*%d", ev.Count)
	}
	if ev.OwnerConnection != 0 && (ev.Fault == monitor.Crossed || ev.Fault == monitor.Stale) {
		s += fmt.Sprintf(" of %d/%d/%d", ev.OwnerClient, ev.OwnerConnection, ev.OwnerSeq)
	}
	r.faults = append(r.faults, s)
	if r.raw {
		// How much is shown behind the first wrong byte of a stream depends on how it came.
		from := max(0, ev.Offset-monitor.EvidenceBytes/2) &^ 7
		ev.Got = ev.Got[:min(len(ev.Got), ev.Offset-from+1)]
	}
	r.story = append(r.story, fmt.Sprintf("%s at %d want %x got %x", s, ev.Offset, ev.Want, ev.Got))
}

func (r *recorder) Ignored(id Ident) { r.story = append(r.story, "ignored") }

func (r *recorder) Broken(id Ident) {
	if id != me || r.closed {
		r.t.Fatalf("broken told twice")
	}
	r.closed = true
	r.story = append(r.story, "broken")
}

// count is how many sequences are in a state.
func (r *recorder) count(state string) (n uint64) {
	for _, s := range r.state {
		if s == state {
			n++
		}
	}
	return n
}

// rig is a stream with all it needs.
type rig struct {
	v  *Verifier
	st Stream
	r  *recorder
	p  *Pattern
}

// newRig makes one of a new connection. Without login, what its session expects has come already.
func newRig(t interface{ Fatalf(string, ...any) }, p *Pattern, login bool) *rig {
	g := &rig{p: p, r: &recorder{t: t, state: map[uint64]string{}, raw: p.format.Stream}}
	if login && len(p.format.Session) == 0 {
		g.p = withLogin(p)
	}
	g.v = New(g.p, testRoster{}, g.r)
	g.st.Begin(g.v)
	if !login {
		g.hear(0, g.session())
	}
	return g
}

// upTo is a judgement of the stream when the echoes 1 to sent were sent.
func (g *rig) upTo(sent uint64) Judgement { return Judgement{g.v, me, sent} }

// What does not depend on how far was sent.
func (g *rig) settle()      { g.st.Settle(g.upTo(0)) }
func (g *rig) stepExpired() { g.st.StepExpired(g.upTo(0)) }

// hear feeds data, cut where cuts says, and checks what must hold at any time.
func (g *rig) hear(sent uint64, data []byte, cuts ...int) {
	from := 0
	for _, to := range append(cuts, len(data)) {
		g.st.Feed(g.upTo(sent), data[from:to])
		from = to
		g.check(sent)
	}
}

// check compares the stream with the ledger, and its memory with its bounds.
func (g *rig) check(sent uint64) {
	var owed uint64
	for _, s := range g.st.Owed(nil, sent) {
		owed += s.Last - s.First + 1
		for seq := s.First; seq <= s.Last; seq++ {
			if g.r.state[seq] != "" {
				g.r.t.Fatalf("sequence %d is %s and owed", seq, g.r.state[seq])
			}
		}
	}
	if done := g.r.count("echoed") + g.r.count("lost"); done+owed != sent {
		g.r.t.Fatalf("sent %d, answered %d, owed %d", sent, done, owed)
	}
	if t := g.st.tail; t != nil {
		if uint64(len(t.gap)) > owed {
			g.r.t.Fatalf("%d gaps, %d owed", len(t.gap), owed)
		}
		if cap(t.buf) > 2*g.v.limit+64 || len(t.buf) > g.v.limit || len(t.lost) > maxLostSpans {
			g.r.t.Fatalf("holds %d bytes (%d), %d lost spans", len(t.buf), cap(t.buf), len(t.lost))
		}
	}
}

// echoes is the stream of frames first to last.
func (g *rig) echoes(first, last uint64) (b []byte) {
	for ; first <= last; first++ {
		b = g.p.answerTo(b, me, first)
	}
	return b
}

// session is what a right server says before the first echo.
func (g *rig) session() (b []byte) {
	for i, s := range g.p.format.Session {
		if !s.Send {
			b = append(b, g.expected(i)...)
		}
	}
	return b
}

// expected is the i-th step as a right server sends it.
func (g *rig) expected(i int) []byte {
	v := frame.Values{Client: me.Client, Connection: me.Conn, Packet: 9, Random: 77}
	m := g.p.format.Session[i].Message
	return m.End(m.Begin(nil, &v, 0), 0, &v)
}

// stillRight reports whether a whole frame is an echo's right answer, with other values where any are
// right.
func (g *rig) stillRight(seq uint64, whole []byte) bool {
	var c frame.Cursor
	a := g.p.answer
	got, ok := a.Read(a.Open(nil, &c, whole, 0))
	m := g.p.message(me, seq)
	return ok && got.Wrong == nil && a.CheckCiphered(whole) == nil &&
		g.p.wrongValue(&got, echo{me, seq, 0}) == nil &&
		bytes.Equal(got.Payload, g.p.appendPayload(nil, m, 0, g.p.answered(m)))
}

// part is the beginning of an echo's frame: so much that it is none of a packet to ignore.
func (g *rig) part(seq uint64) []byte { return g.echoes(seq, seq)[:max(5, g.p.header)] }

// framed is any payload in the rig's format.
func (g *rig) framed(payload []byte) []byte {
	v := frame.Values{Client: me.Client, Connection: me.Conn, Sequence: 1, Packet: 1}
	m := g.p.answer
	if steps := g.p.format.Session; len(steps) > 0 && string(payload) == loginPacket {
		m, payload = steps[0].Message, nil
	}
	return m.End(append(m.Begin(nil, &v, len(payload)), payload...), 0, &v)
}

func (g *rig) wantFaults(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(g.r.faults, want) {
		t.Errorf("faults %q, want %q", g.r.faults, want)
	}
}

// eachFormat runs test for every format and a few ranges of sizes.
func eachFormat(t *testing.T, login bool, test func(t *testing.T, g *rig)) {
	for _, f := range formats {
		for _, s := range sizeRanges[:4] {
			t.Run(fmt.Sprintf("%v/%d-%d", f, s[0], s[1]), func(t *testing.T) {
				test(t, newRig(t, NewPattern(42, f, s[0], s[1]), login))
			})
		}
	}
}

// fixed runs test for every format with payloads of 64 bytes.
func fixed(t *testing.T, test func(t *testing.T, g *rig)) {
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			test(t, newRig(t, NewPattern(42, f, 64, 64), false))
		})
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// discard is an outcome for benchmarks.
type discard struct{}

func (discard) Echoed(Ident, uint64, uint64)   {}
func (discard) Lost(Ident, uint64, uint64)     {}
func (discard) Recovered(Ident, uint64)        {}
func (discard) Fault(Ident, *monitor.Evidence) {}
func (discard) Ignored(Ident)                  {}
func (discard) Broken(Ident)                   {}

// answerTo appends the right answer to an echo, as it travels.
func (p *Pattern) answerTo(dst []byte, id Ident, seq uint64) []byte {
	return p.appendAs(p.answer, dst, id, seq, 0)
}
