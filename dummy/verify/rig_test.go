package verify

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"
)

var formats = []frame.Format{frame.Raw, frame.Len16, frame.Len32, frame.Line}

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

// newRig makes one of a new connection.
func newRig(t interface{ Fatalf(string, ...any) }, p *Pattern, login bool) *rig {
	g := &rig{p: p, r: &recorder{t: t, state: map[uint64]string{}, raw: p.format == frame.Raw}}
	g.v = New(p, login, testRoster{}, g.r)
	g.st.Begin(g.v)
	return g
}

// upTo is a judgement of the stream when the echoes 1 to sent were sent.
func (g *rig) upTo(sent uint64) Judgement { return Judgement{g.v, me, sent} }

// What does not depend on how far was sent.
func (g *rig) settle()       { g.st.Settle(g.upTo(0)) }
func (g *rig) loginExpired() { g.st.LoginExpired(g.upTo(0)) }

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
		b = g.p.Append(b, me, first)
	}
	return b
}

// framed is any payload in the rig's format.
func (g *rig) framed(payload []byte) []byte { return g.p.format.Append(nil, payload) }

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
func (discard) Broken(Ident)                   {}
