package verify

import (
	"fmt"
	"slices"
	"testing"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// faultStories are the smallest stories that show each fault that a stream can show.
var faultStories = []struct {
	name   string
	hear   func(g *rig)
	faults []string
	echoed uint64
	lost   uint64
}{
	{"crossed", func(g *rig) {
		g.hear(2, join(g.echoes(1, 1), g.p.answerTo(nil, Ident{2, 3}, 77), g.echoes(2, 2)))
	}, []string{"crossed:2 of 2/3/77"}, 2, 0},
	{"crossed, another's earlier connection", func(g *rig) {
		g.hear(1, g.p.answerTo(nil, Ident{7, 1}, 5))
	}, []string{"crossed:1 of 7/1/5"}, 0, 0},
	{"stale", func(g *rig) {
		g.hear(1, join(g.p.answerTo(nil, Ident{4, 3}, 9), g.echoes(1, 1)))
	}, []string{"stale:1 of 4/3/9"}, 1, 0},
	{"reordered", func(g *rig) {
		g.hear(3, join(g.echoes(2, 2), g.echoes(1, 1), g.echoes(3, 3)))
	}, []string{"reordered:1"}, 3, 0},
	{"all backwards", func(g *rig) {
		g.hear(4, join(g.echoes(4, 4), g.echoes(3, 3), g.echoes(2, 2), g.echoes(1, 1)))
	}, []string{"reordered:3", "reordered:2", "reordered:1"}, 4, 0},
	{"duplicate", func(g *rig) {
		g.hear(3, join(g.echoes(1, 2), g.echoes(1, 3)))
	}, []string{"duplicate:1", "duplicate:2"}, 3, 0},
	{"duplicate while nothing is outstanding", func(g *rig) {
		g.hear(2, join(g.echoes(1, 2), g.echoes(2, 2)))
	}, []string{"duplicate:2"}, 2, 0},
	{"missing", func(g *rig) {
		g.hear(9, join(g.echoes(1, 2), g.echoes(5, 5), g.echoes(7, 8)))
		g.settle()
	}, []string{"missing:3*2", "missing:6"}, 5, 3},
	{"missing, and there after all", func(g *rig) {
		g.hear(3, g.echoes(2, 3))
		g.settle()
		g.hear(3, g.echoes(1, 1))
	}, []string{"missing:1", "reordered:1"}, 3, 0},
	{"unsolicited", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.framed([]byte("hello 12"))))
	}, []string{"unsolicited:0"}, 1, 0},
	{"an echo never sent", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.echoes(2, 2)))
	}, []string{"unsolicited:0"}, 1, 0},
	{"unsolicited, cut off by the dummy's own close", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.part(2)))
		g.st.Closing(g.upTo(1))
	}, []string{"unsolicited:0"}, 1, 0},
	{"begun before it was sent, cut off by the dummy's own close", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.part(2)))
		g.st.Closing(g.upTo(2))
	}, []string{"unsolicited:0"}, 1, 0},
	{"begun while nothing was outstanding", func(g *rig) {
		junk := g.framed([]byte("hello 12"))
		g.hear(1, join(g.echoes(1, 1), junk[:5]))
		g.hear(2, join(junk[5:], g.echoes(2, 2)))
	}, []string{"unsolicited:0"}, 2, 0},
	{"ended inside a frame", func(g *rig) {
		g.hear(2, join(g.echoes(1, 1), g.echoes(2, 2)[:5]))
		g.st.Ended(g.upTo(2))
	}, []string{"truncated:2"}, 1, 0},
	{"closed by the dummy inside a frame", func(g *rig) {
		g.hear(3, join(g.echoes(1, 1), g.echoes(3, 3)[:7]))
		g.st.Closing(g.upTo(3))
		g.hear(3, join(g.echoes(3, 3)[7:], g.echoes(2, 2)))
	}, []string{"reordered:2"}, 3, 0},
}

// Each fault that a stream can show, by the smallest story that shows it, in every
// format and at every range of sizes.
func TestFaultsAreNamed(t *testing.T) {
	for _, c := range faultStories {
		t.Run(c.name, func(t *testing.T) {
			eachFormat(t, false, func(t *testing.T, g *rig) {
				c.hear(g)
				g.wantFaults(t, c.faults...)
				if e, l := g.r.count("echoed"), g.r.count("lost"); e != c.echoed || l != c.lost {
					t.Errorf("%d echoed, %d lost; want %d, %d", e, l, c.echoed, c.lost)
				}
			})
		})
	}
}

func TestDamageInTheRestNamesTheEchoItIs(t *testing.T) {
	eachFormat(t, false, func(t *testing.T, g *rig) {
		if g.p.sizeMin <= 8 {
			return // nothing but the identity
		}
		third := g.echoes(3, 3)
		third[g.p.header+8] ^= 1
		g.hear(4, join(third, g.echoes(1, 2), g.echoes(4, 4)))
		g.wantFaults(t, "corrupt:3", "reordered:1", "reordered:2")
	})
}

// A frame that names nobody answers the echo expected, not one that was skipped before.
func TestDamageIsNotChargedToAGap(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		third := g.echoes(3, 3)
		third[g.p.header] ^= 1
		g.hear(4, join(g.echoes(2, 2), third, g.echoes(4, 4)))
		g.settle()
		g.wantFaults(t, "corrupt:3", "missing:1")
	})
}

// When all that came later was answered, only the gap is left to be answered wrongly.
func TestDamageIsChargedToAGapWhenNothingElseIsOwed(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		first := g.echoes(1, 1)
		first[g.p.header] ^= 1
		g.hear(2, join(g.echoes(2, 2), first))
		g.settle()
		g.wantFaults(t, "corrupt:1")
	})
}

// The sequence of another connection says nothing of this one's.
func TestDamagedStaleEchoIsChargedToTheExpected(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		stale := g.p.answerTo(nil, Ident{me.Client, me.Conn - 1}, 3)
		stale[g.p.header+20] ^= 1
		g.hear(4, join(stale, g.echoes(2, 4)))
		g.wantFaults(t, "corrupt:1")
	})
}

// One wrong thing in a long stream of frames gets the one name that it has.
func TestEachMutationIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		f := rapid.SampledFrom(formats).Draw(t, "format")
		g := newRig(t, NewPattern(rapid.Uint64().Draw(t, "seed"), f, s[0], s[1]), false)
		const sent = 12
		frames := make([][]byte, sent)
		for i := range frames {
			frames[i] = g.echoes(uint64(i+1), uint64(i+1))
		}
		i := rapid.IntRange(0, sent-2).Draw(t, "which")
		seq, want := uint64(i+1), ""
		kind := rapid.SampledFrom([]string{"flip", "drop", "duplicate", "swap", "cut"}).
			Draw(t, "kind")
		switch kind {
		case "flip":
			at := rapid.IntRange(0, g.p.size(me, seq)-1).Draw(t, "at") + g.p.header
			by := byte(rapid.IntRange(1, 255).Draw(t, "by"))
			if f == line && frames[i][at]^by == '\n' {
				by ^= 1
			}
			frames[i][at] ^= by
			want = fmt.Sprintf("corrupt:%d", seq)
		case "drop":
			frames = slices.Delete(frames, i, i+1)
			want = fmt.Sprintf("missing:%d", seq)
		case "duplicate":
			frames = slices.Insert(frames, i, frames[i])
			want = fmt.Sprintf("duplicate:%d", seq)
		case "swap":
			frames[i], frames[i+1] = frames[i+1], frames[i]
			want = fmt.Sprintf("reordered:%d", seq)
		case "cut":
			plain := g.p.answer.Open(nil, new(frame.Cursor), frames[i], 0)
			payload := plain[g.p.header : len(plain)-g.p.trailer]
			n := rapid.IntRange(1, len(payload)-1).Draw(t, "to")
			frames[i] = g.framed(payload[:n])
			want = fmt.Sprintf("truncated:%d", seq)
			if f == raw {
				want = fmt.Sprintf("corrupt:%d", seq)
			}
		}
		g.hear(sent, join(frames...))
		g.settle()
		if len(g.r.faults) != 1 || g.r.faults[0] != want {
			t.Fatalf("%s: %q, want %q", kind, g.r.faults, want)
		}
	})
}

// A server that answers everything wrongly costs no more memory than one that does so once.
func TestLostEchoesAreForgottenInTheEnd(t *testing.T) {
	g := newRig(t, NewPattern(42, len16, 16, 16), false)
	for seq := uint64(1); seq <= 4*maxLostSpans; seq++ {
		b := g.echoes(seq, seq)
		if seq%2 == 0 {
			b[len(b)-1] ^= 1
		}
		g.hear(seq, b)
	}
	if n := len(g.st.tail.lost); n != maxLostSpans {
		t.Errorf("remembers %d spans", n)
	}
	g.hear(4*maxLostSpans, g.echoes(4*maxLostSpans, 4*maxLostSpans)) // remembered
	g.hear(4*maxLostSpans, g.echoes(2, 2))                           // not
	faults := g.r.faults[2*maxLostSpans:]
	if !slices.Equal(faults, []string{"duplicate:2"}) {
		t.Errorf("%q", faults)
	}
}

// TestWhatAnswersNothingHasOneName: a server's heartbeat is unsolicited, whether an echo is
// outstanding or not when it comes, and it answers no echo. A payload that was cut at one end is an
// answer all the same.
func TestWhatAnswersNothingHasOneName(t *testing.T) {
	for _, f := range []*frame.Format{len16, len32, line} {
		p := NewPattern(42, f, 24, 24)
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
func firstPayload(p *Pattern) []byte {
	m := p.message(me, 1)
	return p.appendPayload(nil, m, 0, m.size)
}
