package dummy

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// me is the connection under test: the fifth of dummy 4, among 8 dummies.
var me = ident{client: 4, conn: 5}

type testRoster struct{}

func (testRoster) current(client uint32) (uint32, uint64) {
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

func (r *recorder) move(id ident, seq uint64, from, to string) {
	if id != me {
		r.t.Fatalf("outcome for %v", id)
	}
	if r.state[seq] != from {
		r.t.Fatalf("sequence %d is %q and becomes %s", seq, r.state[seq], to)
	}
	r.state[seq] = to
	r.story = append(r.story, fmt.Sprint(to, " ", seq))
}

func (r *recorder) echoed(id ident, first, n uint64) {
	for seq := first; seq < first+n; seq++ {
		r.move(id, seq, "", "echoed")
	}
}

func (r *recorder) lost(id ident, first, n uint64) {
	for seq := first; seq < first+n; seq++ {
		r.move(id, seq, "", "lost")
	}
}

func (r *recorder) recovered(id ident, seq uint64) { r.move(id, seq, "lost", "echoed") }

func (r *recorder) fault(ev *monitor.Evidence) {
	if ev.Client != int(me.client) || ev.Connection != me.conn {
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

func (r *recorder) broken(ident) {
	if r.closed {
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
	v  *verifier
	st stream
	r  *recorder
	p  *pattern
}

func newRig(t interface{ Fatalf(string, ...any) }, p *pattern, login bool) *rig {
	g := &rig{p: p, r: &recorder{t: t, state: map[uint64]string{}, raw: p.format == frame.Raw}}
	g.v = newVerifier(p, login, testRoster{}, g.r)
	g.st.begin(g.v)
	return g
}

// hear feeds data, cut where cuts says, and checks what must hold at any time.
func (g *rig) hear(sent uint64, data []byte, cuts ...int) {
	from := 0
	for _, to := range append(cuts, len(data)) {
		g.st.feed(g.v, me, sent, data[from:to])
		from = to
		g.check(sent)
	}
}

// check compares the stream with the ledger, and its memory with its bounds.
func (g *rig) check(sent uint64) {
	var owed uint64
	for _, s := range g.st.owed(nil, sent) {
		owed += s.last - s.first + 1
		for seq := s.first; seq <= s.last; seq++ {
			if g.r.state[seq] != "" {
				g.r.t.Fatalf("sequence %d is %s and owed", seq, g.r.state[seq])
			}
		}
	}
	if done := g.r.count("echoed") + g.r.count("lost"); done+owed != sent {
		g.r.t.Fatalf("sent %d, answered %d, owed %d", sent, done, owed)
	}
	if t := g.st.tail; t != nil {
		if cap(t.buf) > 2*g.v.limit+64 || len(t.buf) > g.v.limit || len(t.lost) > maxLostSpans {
			g.r.t.Fatalf("holds %d bytes (%d), %d lost spans", len(t.buf), cap(t.buf), len(t.lost))
		}
	}
}

// echoes is the stream of frames first to last.
func (g *rig) echoes(first, last uint64) (b []byte) {
	for ; first <= last; first++ {
		b = g.p.append(b, me, first)
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
				test(t, newRig(t, newPattern(42, f, s[0], s[1]), login))
			})
		}
	}
}

// A right server is never accused, wherever its bytes are cut and however it coalesces, and
// what it sends costs no buffer.
func TestGoodStreamsAreNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges).Draw(t, "sizes")
		seed, f := rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom(formats).Draw(t, "f")
		p := newPattern(seed, f, s[0], s[1])
		login := rapid.Bool().Draw(t, "login")
		g := newRig(t, p, login)
		if login {
			g.hear(0, g.framed(loginPacket()))
		}
		const sent = 40
		stream := g.echoes(1, sent)
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 30).Draw(t, "cuts")
		slices.Sort(cuts)
		g.hear(sent, stream, cuts...)
		g.st.settle(g.v, me)
		g.st.closing(g.v, me, sent)
		g.st.ended(g.v, me, sent)
		if len(g.r.faults) != 0 || g.r.count("echoed") != sent || g.st.tail != nil {
			t.Fatalf("faults %q, %d echoed, tail %v", g.r.faults, g.r.count("echoed"), g.st.tail)
		}
		if login != g.st.loggedIn() {
			t.Fatal("the login packet was not noticed")
		}
	})
}

func loginPacket() []byte { return []byte{255, 255, 255, 255, 255, 255, 255, 0x7f} }

func TestCutFramesNeedNoBuffer(t *testing.T) {
	eachFormat(t, false, func(t *testing.T, g *rig) {
		stream := g.echoes(1, 3)
		for i := range stream {
			g.hear(3, stream[i:i+1])
			if g.st.tail != nil {
				t.Fatal("a right frame was kept")
			}
		}
		g.wantFaults(t)
	})
}

// mutilate makes one of the stories a wrong server can tell.
func mutilate(t *rapid.T, g *rig, sent uint64) []byte {
	stream := g.echoes(1, sent)
	for range rapid.IntRange(0, 4).Draw(t, "mutations") {
		a := rapid.IntRange(0, len(stream)).Draw(t, "a")
		b := min(len(stream), a+rapid.IntRange(0, 200).Draw(t, "length"))
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			if a < len(stream) {
				stream[a] ^= rapid.Byte().Draw(t, "flip")
			}
		case 1:
			stream = slices.Delete(stream, a, b)
		case 2:
			stream = slices.Insert(stream, a, bytes.Clone(stream[a:b])...)
		case 3:
			stream = slices.Insert(stream, a,
				rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "junk")...)
		case 4:
			who := rapid.SampledFrom([]ident{{4, 4}, {2, 3}, {4, 5}, {2, 1}, {9, 1}}).Draw(t, "who")
			stream = slices.Insert(stream, a, g.p.append(nil, who, uint64(b-a+1))...)
		case 5:
			stream = append(stream, g.framed(loginPacket())...)
		}
	}
	return stream
}

// What the network does to a stream must not change what is said of it.
func TestChunksTellTheSameStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		p := newPattern(1, rapid.SampledFrom(formats).Draw(t, "f"), s[0], s[1])
		login := rapid.Bool().Draw(t, "login")
		whole, parts := newRig(t, p, login), newRig(t, p, login)
		const sent = 12
		stream := mutilate(t, whole, sent)
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 40).Draw(t, "cuts")
		slices.Sort(cuts)
		whole.hear(sent, stream)
		parts.hear(sent, stream, cuts...)
		end := rapid.SampledFrom([]func(*rig){
			func(g *rig) { g.st.ended(g.v, me, sent) },
			func(g *rig) { g.st.closing(g.v, me, sent) },
		}).Draw(t, "end")
		for _, g := range []*rig{whole, parts} {
			g.st.settle(g.v, me)
			end(g)
			g.st.begin(g.v)
			if g.st.tail != nil {
				t.Fatal("a new connection begins with the old one's tail")
			}
		}
		if !slices.Equal(whole.r.story, parts.r.story) {
			t.Fatalf("whole:\n%q\nin parts:\n%q", whole.r.story, parts.r.story)
		}
	})
}

// FuzzFeed: arbitrary bytes never panic, memory stays bounded (rig.check), and the way they
// are cut does not matter.
func FuzzFeed(f *testing.F) {
	for _, format := range formats {
		p := newPattern(1, format, 8, 64)
		good := p.append(p.append(nil, me, 1), me, 2)
		f.Add(uint8(format), byte(3), good)
		f.Add(uint8(format)|4, byte(1), append(good[3:], p.append(nil, me, 4)...))
		f.Add(uint8(format), byte(7), []byte("\xff\xff\xff\xff\n\n\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, how uint8, step byte, data []byte) {
		p := newPattern(1, frame.Format(how&3), 8, 64)
		whole, parts := newRig(t, p, how&4 != 0), newRig(t, p, how&4 != 0)
		sent := uint64(how >> 3)
		whole.hear(sent, data)
		var cuts []int
		for at := int(step) + 1; at < len(data) && len(cuts) < 200; at += int(step) + 1 {
			cuts = append(cuts, at)
		}
		parts.hear(sent, data, cuts...)
		for _, g := range []*rig{whole, parts} {
			g.st.settle(g.v, me)
			g.st.ended(g.v, me, sent)
		}
		if !slices.Equal(whole.r.story, parts.r.story) {
			t.Fatalf("whole:\n%q\nin parts:\n%q", whole.r.story, parts.r.story)
		}
	})
}

func BenchmarkFeed(b *testing.B) {
	for _, f := range []frame.Format{frame.Raw, frame.Len16, frame.Line} {
		for _, size := range []int{8, 64, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%v/%d", f, size), func(b *testing.B) {
				g := newRig(b, newPattern(1, f, size, size), false)
				g.v.sink = discard{}
				batch := uint64(max(1, 16<<10/size))
				stream := g.echoes(1, batch)
				b.SetBytes(int64(len(stream)))
				b.ReportAllocs()
				for b.Loop() {
					g.st.next = 1
					g.st.feed(g.v, me, batch, stream)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch),
					"ns/echo")
				if g.st.next != batch+1 {
					b.Fatal("the stream was not taken as right")
				}
			})
		}
	}
}

// discard is an outcome for benchmarks.
type discard struct{}

func (discard) echoed(ident, uint64, uint64) {}
func (discard) lost(ident, uint64, uint64)   {}
func (discard) recovered(ident, uint64)      {}
func (discard) fault(*monitor.Evidence)      {}
func (discard) broken(ident)                 {}

// TestTheSearchForOwnersHasABudget: beyond it a stranger's frame of long ago is corrupt, and once time
// has gone by it is crossed again.
func TestTheSearchForOwnersHasABudget(t *testing.T) {
	p := newPattern(7, frame.Line, 8, 8)
	v := newVerifier(p, false, rosterOf{conn: 5, sent: 1 << 25}, nil)
	old := p.appendPayload(nil, p.message(ident{2, 3}, 1<<20), 0, 8)
	find := func() bool { return v.owner(ident{1, 1}, 1, old, true).conn == 3 }
	if !find() {
		t.Fatal("the owner is not found")
	}
	for range maxTries {
		find()
	}
	if find() || v.tries != 0 {
		t.Errorf("found with %d tries left", v.tries)
	}
	if v.mayTry(time.Minute); v.tries != maxTries || !find() {
		t.Errorf("not found again, %d tries left", v.tries)
	}
}

type rosterOf struct {
	conn uint32
	sent uint64
}

func (r rosterOf) current(uint32) (uint32, uint64) { return r.conn, r.sent }

// TestWhatAnswersNothingHasOneName: a server's heartbeat is unsolicited, whether an echo is
// outstanding as it comes or not, and takes nobody's place. A payload that was cut at either end is
// an answer all the same.
func TestWhatAnswersNothingHasOneName(t *testing.T) {
	for _, f := range []frame.Format{frame.Len16, frame.Len32, frame.Line} {
		p := newPattern(42, f, 24, 24)
		heartbeat := []byte("beat")
		for _, sent := range []uint64{0, 1, 5} {
			g := newRig(t, p, false)
			g.hear(sent, append(g.framed(heartbeat), g.echoes(1, sent)...))
			g.wantFaults(t, "unsolicited:0")
			if g.r.count("lost") != 0 || g.r.count("echoed") != sent {
				t.Errorf("%v, %d sent: %q", f, sent, g.r.story)
			}
		}
		payload := firstPayload(p)
		for name, cut := range map[string][]byte{
			"end": payload[:9], "all but a byte": payload[:1], "beginning": payload[15:], "all": {},
		} {
			g := newRig(t, p, false)
			g.hear(1, g.framed(cut))
			if g.wantFaults(t, "truncated:1"); t.Failed() {
				t.Fatalf("%v: %s", f, name)
			}
		}
	}
}

// firstPayload is the first echo's payload.
func firstPayload(p *pattern) []byte {
	m := p.message(me, 1)
	return p.appendPayload(nil, m, 0, m.size)
}

// TestAPartThatIsNoEchosIsToldAtTheEnd: wrong bytes and then silence are a fault, once, also where
// they are too few to tell whose they are; the beginning of an echo that is owed is none.
func TestAPartThatIsNoEchosIsToldAtTheEnd(t *testing.T) {
	for _, f := range formats {
		p := newPattern(42, f, 8, 64)
		for n := 1; n <= 7; n++ {
			for _, seq := range []uint64{1, 2, 3} { // of which the second may have been overtaken
				g := newRig(t, p, false)
				g.hear(3, g.echoes(seq, seq)[:n])
				g.st.drainOver(g.v, me, 3)
				g.st.closing(g.v, me, 3)
				g.wantFaults(t)
			}
			for _, late := range []bool{false, true} {
				g := newRig(t, p, false)
				part := g.echoes(1, 1)[:n]
				part[n-1] ^= 0x15
				g.hear(1, part)
				g.st.drainOver(g.v, me, 1)
				if late {
					g.st.ended(g.v, me, 1)
				}
				g.st.closing(g.v, me, 1)
				if len(g.r.faults) != 1 {
					t.Errorf("%v, %d bytes: %q", f, n, g.r.faults)
				}
			}
		}
	}
}
