package verify

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"dummyload/server/frame"
)

// answered is an answer of which one field is not as it should be: the payload is right.
func (g *rig) answered(seq uint64, change func(v *frame.Values)) []byte {
	m := g.p.message(me, seq)
	v := values(me, seq, 0, m)
	change(&v)
	n := g.p.answered(m)
	b := g.p.answer.Begin(nil, &v, n)
	return g.p.answer.End(g.p.appendPayload(b, m, 0, n), 0, &v)
}

// TestAWrongFieldBesideARightPayload is corrupt, with the field in the note, and the echo is lost. Should it
// come right after all, it is recovered.
func TestAWrongFieldBesideARightPayload(t *testing.T) {
	p := NewPattern(42, typed, 16, 64)
	for name, c := range map[string]struct {
		change func(v *frame.Values)
		note   string
	}{
		"client": {func(v *frame.Values) { v.Client = 5 },
			"field client: want 4 (0400000000000000), got 5 (0500000000000000)"},
		"sequence": {func(v *frame.Values) { v.Sequence = 9 },
			"field n: want 2 (00000002), got 9 (00000009)"},
	} {
		g := newRig(t, p, false)
		notes := g.notes()
		g.hear(3, join(g.echoes(1, 1), g.answered(2, c.change)))
		if g.wantFaults(t, "corrupt:2"); (*notes)[0] != c.note || g.r.state[2] != "lost" {
			t.Fatalf("%s: %q, %q", name, *notes, g.r.story)
		}
		g.hear(3, g.answered(2, c.change)) // wrong again: that is no news, but no echo either
		if g.wantFaults(t, "corrupt:2", "corrupt:2"); g.r.state[2] != "lost" || g.r.count("lost") != 1 {
			t.Fatalf("%s: %q", name, g.r.story)
		}
		g.hear(3, join(g.echoes(2, 3), g.answered(2, c.change)))
		if g.wantFaults(t, "corrupt:2", "corrupt:2", "duplicate:2"); g.r.count("echoed") != 3 || (*notes)[2] != c.note {
			t.Fatalf("%s: %q, %q", name, g.r.story, *notes)
		}
	}
}

// TestARightPayloadWithoutWhatFollows is truncated, although the payload is all there.
func TestARightPayloadWithoutWhatFollows(t *testing.T) {
	f := described("frame: [{id: length, type: u2le, counts: body}, {id: body}]\n" +
		"answer: {body: [{id: payload}, {size: 12, fill: 7}]}")
	g := newRig(t, NewPattern(42, f, 8, 8), false)
	notes := g.notes()
	g.hear(2, join(f.AppendPacket(nil, firstPayload(g.p), 0), g.echoes(2, 2)))
	g.wantFaults(t, "truncated:1")
	if g.r.count("lost") != 1 || (*notes)[0] != "want a frame of at least 22 bytes, got 10" {
		t.Errorf("%q, %q", *notes, g.r.story)
	}
}

// TestBadFramesNameTheirField: what is wrong with a frame is told with the field, what was expected, and
// what came.
func TestBadFramesNameTheirField(t *testing.T) {
	plain := func(change func(b []byte)) func(g *rig) []byte {
		return func(g *rig) []byte { // the answer is changed before it is ciphered
			b := g.p.appendPlain(nil, me, 1)
			change(b)
			var c frame.Cursor
			g.p.answer.Open(nil, &c, b[:4], 0) // the random byte
			return g.p.answer.Again(nil, b, &c)
		}
	}
	for _, c := range []struct {
		name  string
		f     *frame.Format
		frame func(g *rig) []byte
		fault string
		note  string // after the stream has ended
	}{
		{"magic", typed, plain(func(b []byte) { b[0] = 0x78 }), "corrupt:1", "field code: want 119 (77), got 120 (78)"},
		{"type", typed, plain(func(b []byte) { b[5]++; b[4]++ }), "corrupt:1", "want 5001 (8913), got 5002 (8a13)"},
		{"checksum", typed, plain(func(b []byte) { b[4]++ }), "corrupt:1", "field sum: want "},
		{"ciphered checksum", summed, func(g *rig) []byte { b := g.echoes(1, 1); b[0]++; return b },
			"corrupt:1", "field sum: want "},
		{"length 0", len32, func(*rig) []byte { return make([]byte, 4) }, "truncated:1",
			"field length: want a frame of 5 to 1048580 bytes, got 0 (00000000); frame of length 0"},
		{"length too large", len32, func(*rig) []byte { return bytes.Repeat([]byte{0xff}, 5) }, "truncated:1",
			"field length: want a frame of 5 to 1048580 bytes, got 4294967295 (ffffffff); frame longer than the limit"},
		{"magic, with any length", frame.Builtin("net"), func(*rig) []byte { return []byte("HTTP/1.1 400 Bad") },
			"truncated:1", "field code: want 119 (77), got 72 (48)"},
		{"no frame of ours", frame.Builtin("net"),
			func(*rig) []byte { return []byte("H\xff\x00 " + strings.Repeat("x", 250)) },
			"truncated:1", "field code: want 119 (77), got 72 (48)"},
		{"letters in a length", described("frame: [{id: size, type: digits, size: 4, counts: body}, {id: body}]"),
			func(*rig) []byte { return []byte("00x4abcdef") }, "truncated:1",
			"field size: want a frame of 5 to 10003 bytes, got \"00x4\""},
		{"empty line", line, func(*rig) []byte { return []byte("\n") }, "truncated:1",
			"terminator: want 0a after 1 to "},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := newRig(t, NewPattern(42, c.f, 16, 16), false)
			b := c.frame(whole)
			for at := range len(b) {
				g := newRig(t, whole.p, false)
				notes := g.notes()
				g.hear(1, b, at)
				g.st.Ended(g.upTo(1))
				if g.wantFaults(t, c.fault); len(*notes) == 1 && !strings.Contains((*notes)[0], c.note) {
					t.Errorf("cut at %d: %q", at, *notes)
				}
			}
		})
	}
}

// TestRandomFieldsCanBeMadeAgain: what a request calls random is a function of the seed, the dummy, the
// connection and the sequence, and of nothing else.
func TestRandomFieldsCanBeMadeAgain(t *testing.T) {
	f := described("frame: [{id: length, type: u2le, counts: body}, {id: r, type: u8le, value: random}, {id: body}]\n" +
		"request: {body: [{id: payload}, {id: s, type: u4be, value: random}]}")
	seen := map[string]bool{}
	for seed := range uint64(3) {
		p, again := NewPattern(seed, f, 16, 16), NewPattern(seed, f, 16, 16)
		for _, id := range []Ident{{0, 1}, {1, 1}, {0, 2}} {
			for seq := uint64(1); seq < 20; seq++ {
				b := p.Append(nil, id, seq, 3)
				if !bytes.Equal(b, again.Append([]byte("before"), id, seq, 7)[6:]) {
					t.Fatal("the same echo is asked in two ways")
				}
				for _, r := range []string{string(b[2:10]), string(b[len(b)-4:])} {
					if seen[r] {
						t.Fatalf("%x twice", r)
					}
					seen[r] = true
				}
			}
		}
	}
}

// TestFirstBytesAlone: where the first bytes of a payload come back, they say whose it is, and the evidence
// says how sure that is.
func TestFirstBytesAlone(t *testing.T) {
	alone := "owner by the identity word alone: among 1,000 dummies, one damaged word in 7e+07 names a wrong one"
	for text, sure := range map[string]bool{
		"first: 8": false, "first: 12": false, "first: 16": true, "first: 1000": true,
	} {
		f := described("frame: [{id: length, type: u2le, counts: body}, {id: body}]\n" +
			"answer: {body: [{id: payload, " + text + "}]}")
		g := newRig(t, NewPattern(42, f, 24, 64), false)
		notes := g.notes()
		g.hear(6, join(g.p.answerTo(nil, Ident{2, 3}, 77), g.p.answerTo(nil, Ident{4, 3}, 9), g.echoes(2, 2),
			g.echoes(1, 1), g.echoes(2, 2), g.echoes(4, 6), g.framed([]byte("hello"))))
		g.settle()
		want := []string{"crossed:1 of 2/3/77", "stale:1 of 4/3/9", "reordered:1", "duplicate:2",
			"unsolicited:0", "missing:3"}
		if g.wantFaults(t, want...); g.r.count("echoed") != 5 {
			t.Fatalf("%s: %q", text, g.r.story)
		}
		for i, n := range (*notes)[:4] {
			if (n == alone) == sure {
				t.Errorf("%s: %s: %q", text, want[i], n)
			}
		}
		if (*notes)[4] != "" || (*notes)[5] != "" {
			t.Errorf("%s: %q", text, *notes)
		}
	}
}

// TestUnpredictableAnswersAreCollected: an answer with a checksum over what nobody knows is kept until it is
// whole, wherever it is cut, and then nothing is.
func TestUnpredictableAnswersAreCollected(t *testing.T) {
	for _, f := range []*frame.Format{summed, salted} {
		g := newRig(t, NewPattern(42, f, 8, 2000), false)
		const sent = 8
		stream := g.echoes(1, sent)
		for n := range slices.Values([]int{1, 7, 100, 5000}) {
			g.st.Begin(g.v)
			g.r.state = map[uint64]string{}
			for i := 0; i < len(stream); i += n {
				g.hear(sent, stream[i:min(len(stream), i+n)])
			}
			if g.wantFaults(t); g.r.count("echoed") != sent || g.st.tail != nil {
				t.Fatalf("in parts of %d: %q", n, g.r.story)
			}
		}
		part := g.p.appendAs(g.p.answer, nil, me, sent+1, 0)
		for at := 1; at < len(part); at++ { // a part of it is no fault, wherever it ends
			g := newRig(t, g.p, false)
			g.hear(sent, g.echoes(1, sent-1))
			g.hear(sent, g.echoes(sent, sent)[:min(at, len(g.echoes(sent, sent))-1)])
			g.st.DrainOver(g.upTo(sent))
			g.st.Closing(g.upTo(sent))
			g.wantFaults(t)
		}
	}
}
