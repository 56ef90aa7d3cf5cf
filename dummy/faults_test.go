package dummy

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"dummyload/monitor"
	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// faultStories are the smallest that show each fault of CONTRACT that a stream can show.
var faultStories = []struct {
	name   string
	hear   func(g *rig)
	faults []string
	echoed uint64
	lost   uint64
}{
	{"crossed", func(g *rig) {
		g.hear(2, join(g.echoes(1, 1), g.p.append(nil, ident{2, 3}, 77), g.echoes(2, 2)))
	}, []string{"crossed:2 of 2/3/77"}, 2, 0},
	{"crossed, another's earlier connection", func(g *rig) {
		g.hear(1, g.p.append(nil, ident{7, 1}, 5))
	}, []string{"crossed:1 of 7/1/5"}, 0, 0},
	{"stale", func(g *rig) {
		g.hear(1, join(g.p.append(nil, ident{4, 3}, 9), g.echoes(1, 1)))
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
		g.st.settle(g.v, me)
	}, []string{"missing:3*2", "missing:6"}, 5, 3},
	{"missing, and there after all", func(g *rig) {
		g.hear(3, g.echoes(2, 3))
		g.st.settle(g.v, me)
		g.hear(3, g.echoes(1, 1))
	}, []string{"missing:1", "reordered:1"}, 3, 0},
	{"unsolicited", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.framed([]byte("hello 12"))))
	}, []string{"unsolicited:0"}, 1, 0},
	{"an echo never sent", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.echoes(2, 2)))
	}, []string{"unsolicited:0"}, 1, 0},
	{"unsolicited, cut off by the dummy's own close", func(g *rig) {
		g.hear(1, join(g.echoes(1, 1), g.echoes(2, 2)[:5]))
		g.st.closing(g.v, me, 1)
	}, []string{"unsolicited:0"}, 1, 0},
	{"begun while nothing was outstanding", func(g *rig) {
		junk := g.framed([]byte("hello 12"))
		g.hear(1, join(g.echoes(1, 1), junk[:5]))
		g.hear(2, join(junk[5:], g.echoes(2, 2)))
	}, []string{"unsolicited:0"}, 2, 0},
	{"ended inside a frame", func(g *rig) {
		g.hear(2, join(g.echoes(1, 1), g.echoes(2, 2)[:5]))
		g.st.ended(g.v, me, 2)
	}, []string{"truncated:2"}, 1, 0},
	{"closed by the dummy inside a frame", func(g *rig) {
		g.hear(3, join(g.echoes(1, 1), g.echoes(3, 3)[:7]))
		g.st.closing(g.v, me, 3)
		g.hear(3, join(g.echoes(3, 3)[7:], g.echoes(2, 2)))
	}, []string{"reordered:2"}, 3, 0},
}

// Each fault of CONTRACT that a stream can show, by the smallest story that shows it, in every
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

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A frame of the wrong length answers the echo it names, or else the one expected.
func TestTruncatedFrames(t *testing.T) {
	for _, f := range formats[1:] {
		for _, n := range []int{1, 7, 8, 39, 41, 64, 65, 200, 60_000} {
			t.Run(fmt.Sprintf("%v/%d", f, n), func(t *testing.T) {
				g := newRig(t, newPattern(42, f, 40, 40), false)
				payload := g.p.appendPayload(nil, g.p.message(me, 2), 0, 40)
				payload = append(payload, bytes.Repeat([]byte("x"), n)...)[:n]
				g.hear(3, join(g.echoes(1, 1), g.framed(payload), g.echoes(3, 3)))
				g.wantFaults(t, "truncated:2")
				if g.r.count("lost") != 1 || g.r.count("echoed") != 2 {
					t.Errorf("%v", g.r.state)
				}
			})
		}
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

// fixed runs test for every format with payloads of 64 bytes.
func fixed(t *testing.T, test func(t *testing.T, g *rig)) {
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			test(t, newRig(t, newPattern(42, f, 64, 64), false))
		})
	}
}

// A frame that names nobody answers the echo expected, not one that was skipped before.
func TestDamageIsNotChargedToAGap(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		third := g.echoes(3, 3)
		third[g.p.header] ^= 1
		g.hear(4, join(g.echoes(2, 2), third, g.echoes(4, 4)))
		g.st.settle(g.v, me)
		g.wantFaults(t, "corrupt:3", "missing:1")
	})
}

// When all that came later was answered, only the gap is left to be answered wrongly.
func TestDamageIsChargedToAGapWhenNothingElseIsOwed(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		first := g.echoes(1, 1)
		first[g.p.header] ^= 1
		g.hear(2, join(g.echoes(2, 2), first))
		g.st.settle(g.v, me)
		g.wantFaults(t, "corrupt:1")
	})
}

// The sequence of another connection says nothing of this one's.
func TestDamagedStaleEchoIsChargedToTheExpected(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		stale := g.p.append(nil, ident{me.client, me.conn - 1}, 3)
		stale[g.p.header+20] ^= 1
		g.hear(4, join(stale, g.echoes(2, 4)))
		g.wantFaults(t, "corrupt:1")
	})
}

// The dummy's own close must not hide what is already known to be wrong, nor tell it twice.
func TestCloseTellsDamageOnce(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		first := g.echoes(1, 1)
		first[g.p.header+2] ^= 1
		g.hear(1, first[:20])
		g.st.closing(g.v, me, 1)
		g.st.closing(g.v, me, 1)
		g.st.ended(g.v, me, 1)
		g.wantFaults(t, "corrupt:1")
	})
}

// lateRoster knows one other dummy, far on.
type lateRoster struct{}

func (lateRoster) current(uint32) (uint32, uint64) { return 1000, 1 << 40 }

// Owners are looked for among the latest connections, and long sequences found in full.
func TestOwnersAreLookedForAmongTheLatest(t *testing.T) {
	for _, f := range formats {
		g := newRig(t, newPattern(42, f, 16, 16), false)
		g.v.roster = lateRoster{}
		reach := uint32(1) << (g.p.connBits - 4)
		for _, c := range []struct {
			id    ident
			seq   uint64
			found bool
		}{
			{ident{1, 1000}, 1, true}, {ident{1, 1000}, 1<<40 - 7000, true},
			{ident{1, 1000}, 1<<40 + 1<<(g.p.seqBits-2), true},
			{ident{1, 1000}, 1 << 39, false}, {ident{1, 1001}, 1, false},
			{ident{1, 1001 - reach}, maxOwnerSeq - 5, true}, {ident{1, 1000 - reach}, 1, false},
			{ident{1, 1000}, 0, false}, {ident{4, 2000}, 1 << 41, true},
			{ident{4, 2000}, 1<<41 + 1, false},
			{ident{4, 2001 - reach}, 9, true}, {ident{4, 2000 - reach}, 9, false},
		} {
			b := g.p.appendPayload(nil, g.p.message(c.id, c.seq), 0, 16)
			e := g.v.owner(ident{4, 2000}, 1<<41, b, true)
			want := echo{}
			if c.found {
				want = echo{c.id, c.seq, 16}
			}
			if e != want {
				t.Errorf("%v: %v of %v named %v", f, c.seq, c.id, e)
			}
		}
	}
}

func TestEvidenceShowsTheDamage(t *testing.T) {
	for _, f := range formats {
		for bad, from := range map[int]int{3: 0, 40: 8, 700: 664, 999: 960} {
			g := newRig(t, newPattern(42, f, 1000, 1000), false)
			g.r.raw = false // all of it is at hand
			right := g.p.appendPayload(nil, g.p.message(me, 1), 0, 1000)
			wrong := bytes.Clone(right)
			wrong[bad] ^= 1
			g.hear(1, g.framed(wrong))
			to := min(1000, from+monitor.EvidenceBytes)
			want := fmt.Sprintf("corrupt:1 at %d want %x got %x", bad, right[from:to],
				wrong[from:to])
			if len(g.r.story) != 2 || g.r.story[0] != want || g.r.story[1] != "lost 1" {
				t.Errorf("%v:\n%q\nwant\n%q", f, g.r.story, want)
			}
		}
	}
}

// A new connection begins afresh, wherever the old one was cut off.
func TestBeginForgetsTheOldConnection(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		damaged := g.echoes(3, 3)
		damaged[g.p.header] ^= 1
		for _, old := range [][]byte{g.echoes(1, 1)[:30], damaged[:30], g.echoes(2, 2), damaged} {
			g.st.feed(g.v, me, 3, old)
			g.st.begin(g.v)
			g.r.state, g.r.faults = map[uint64]string{}, nil
			g.hear(2, g.echoes(1, 2))
			g.wantFaults(t)
			if g.r.count("echoed") != 2 || g.st.tail != nil {
				t.Errorf("after %.8x: %q", old, g.r.story)
			}
			g.st.begin(g.v)
			g.r.state = map[uint64]string{}
		}
	})
}

// One byte changed, lost or too many in a raw stream is one fault, and everything else counts.
func TestRawFindsItsStepAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		g := newRig(t, newPattern(rapid.Uint64().Draw(t, "seed"), frame.Raw, s[0], s[1]), false)
		const sent = 10
		stream := g.echoes(1, sent)
		kind := rapid.SampledFrom([]string{"flip", "lose", "insert"}).Draw(t, "kind")
		end := len(stream) - 1
		if kind == "lose" { // the last message would only be waited for
			end = len(g.echoes(1, sent-1))
		}
		at := rapid.IntRange(0, end-1).Draw(t, "at")
		switch kind {
		case "flip":
			stream[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		case "lose":
			stream = slices.Delete(stream, at, at+1)
		case "insert":
			stream = slices.Insert(stream, at, rapid.Byte().Draw(t, "byte"))
		}
		g.hear(sent, stream)
		g.st.settle(g.v, me)
		if len(g.r.faults) != 1 || g.r.faults[0][:7] != "corrupt" {
			t.Fatalf("%s at %d: %q", kind, at, g.r.faults)
		}
		if g.r.count("echoed") < sent-1 {
			t.Fatalf("%s at %d: %d of %d echoed", kind, at, g.r.count("echoed"), sent)
		}
	})
}

func TestRawJunkIsToldOnceAndHasAnEnd(t *testing.T) {
	g := newRig(t, newPattern(42, frame.Raw, 8, 64), false)
	junk := bytes.Repeat([]byte("junk"), 10_000)
	g.hear(3, join(g.echoes(1, 1), junk, g.echoes(3, 3), junk))
	g.wantFaults(t, "corrupt:2", "unsolicited:0")
	for range maxAstray/len(junk) + 1 {
		g.hear(3, junk)
	}
	if !g.r.closed {
		t.Error("endless junk is listened to for ever")
	}
	g.wantFaults(t, "corrupt:2", "unsolicited:0")
}

// Headers that no frame has end the stream; memory does not follow what they announce.
func TestIllegalHeadersBreakTheStream(t *testing.T) {
	for _, c := range []struct {
		f  frame.Format
		in []byte
	}{
		{frame.Len16, []byte{0, 0, 1, 2}}, {frame.Len32, []byte{0, 0, 0, 0}},
		{frame.Len32, []byte{0xff, 0xff, 0xff, 0xff}}, {frame.Len32, []byte{1, 0, 0x10, 0}},
		{frame.Line, []byte("\n")},
		{frame.Line, bytes.Repeat([]byte("x"), frame.MaxPayload+1)},
	} {
		for _, step := range []int{1, len(c.in)} {
			g := newRig(t, newPattern(42, c.f, 8, 64), false)
			for i := 0; i < len(c.in); i += step {
				g.st.feed(g.v, me, 2, c.in[i:min(i+step, len(c.in))])
			}
			g.hear(2, g.echoes(1, 1))
			if !g.r.closed || g.r.count("lost") != 1 || g.r.count("echoed") != 0 {
				t.Errorf("%v %.8q: %q", c.f, c.in, g.r.story)
			}
			g.wantFaults(t, "truncated:1")
		}
	}
}

func TestLongFramesAreSkippedAndNotKept(t *testing.T) {
	for _, f := range formats[1:] {
		g := newRig(t, newPattern(42, f, 8, 64), false)
		long := g.framed(bytes.Repeat([]byte("x"), 65_000))
		for i := 0; i < len(long); i += 100 {
			g.hear(2, long[i:min(i+100, len(long))])
		}
		g.hear(2, g.echoes(2, 2))
		g.wantFaults(t, "truncated:1")
		if g.r.count("echoed") != 1 || g.r.closed {
			t.Errorf("%v: %q", f, g.r.story)
		}
	}
}

func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name   string
		hear   func(g *rig)
		faults []string
		in     bool
	}{
		{"first", func(g *rig) {
			g.hear(1, join(g.framed(loginPacket()), g.echoes(1, 1)))
		}, nil, true},
		{"before anything was sent", func(g *rig) {
			g.hear(0, g.framed(loginPacket()))
			g.hear(1, g.echoes(1, 1))
		}, nil, true},
		{"never", func(g *rig) { g.hear(1, g.echoes(1, 1)) }, []string{"login_missing:0"}, false},
		{"late", func(g *rig) {
			g.hear(1, join(g.echoes(1, 1), g.framed(loginPacket())))
		}, []string{"login_missing:0"}, true},
		{"twice", func(g *rig) {
			g.hear(1, join(g.framed(loginPacket()), g.framed(loginPacket()), g.echoes(1, 1)))
		}, []string{"login_duplicate:0"}, true},
		{"again later", func(g *rig) {
			g.hear(1, join(g.framed(loginPacket()), g.echoes(1, 1), g.framed(loginPacket())))
		}, []string{"login_duplicate:0"}, true},
		{"the clock", func(g *rig) {
			g.st.loginExpired(g.v, me)
			g.st.loginExpired(g.v, me)
			g.hear(1, g.echoes(1, 1))
		}, []string{"login_missing:0"}, false},
		{"the clock, after it came", func(g *rig) {
			g.hear(1, join(g.framed(loginPacket()), g.echoes(1, 1)))
			g.st.loginExpired(g.v, me)
		}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFormat(t, true, func(t *testing.T, g *rig) {
				c.hear(g)
				g.wantFaults(t, c.faults...)
				if g.r.count("echoed") != 1 || g.st.loggedIn() != c.in {
					t.Errorf("echoed %d, logged in %v", g.r.count("echoed"), g.st.loggedIn())
				}
			})
		})
	}
}

// One wrong thing in a long stream of frames gets the one name that it has.
func TestEachMutationIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		f := rapid.SampledFrom(formats).Draw(t, "format")
		g := newRig(t, newPattern(rapid.Uint64().Draw(t, "seed"), f, s[0], s[1]), false)
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
			if f == frame.Line && frames[i][at]^by == '\n' {
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
			payload := f.Payload(frames[i])
			n := rapid.IntRange(1, len(payload)-1).Draw(t, "to")
			frames[i] = g.framed(payload[:n])
			want = fmt.Sprintf("truncated:%d", seq)
			if f == frame.Raw {
				want = fmt.Sprintf("corrupt:%d", seq)
			}
		}
		g.hear(sent, join(frames...))
		g.st.settle(g.v, me)
		if len(g.r.faults) != 1 || g.r.faults[0] != want {
			t.Fatalf("%s: %q, want %q", kind, g.r.faults, want)
		}
	})
}

// A server that answers everything wrongly costs no more memory than one that does so once.
func TestLostEchoesAreForgottenInTheEnd(t *testing.T) {
	g := newRig(t, newPattern(42, frame.Len16, 16, 16), false)
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

// An idle connection is one small struct; the budget of a whole dummy is 512 bytes.
func TestStreamIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(stream{}); n > 40 {
		t.Errorf("a stream takes %d bytes", n)
	}
}

func TestRightEchoesDoNotAllocate(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		g.v.sink = discard{}
		stream := g.echoes(1, 3)
		n := testing.AllocsPerRun(100, func() {
			g.st.begin(g.v)
			g.st.feed(g.v, me, 3, stream[:100])
			g.st.feed(g.v, me, 3, stream[100:])
		})
		if n > 0 || g.st.next != 4 {
			t.Errorf("%v allocations, next is %d", n, g.st.next)
		}
	})
}

func TestFaultsDoNotAllocate(t *testing.T) {
	g := newRig(t, newPattern(42, frame.Len16, 8, 64), false)
	g.v.sink = discard{}
	alien := join(g.p.append(nil, ident{2, 3}, 77), g.echoes(1, 1), []byte{3, 0, 1, 2, 3})
	if n := testing.AllocsPerRun(100, func() { g.st.feed(g.v, me, 1, alien) }); n > 0 {
		t.Errorf("%v allocations for three faults", n)
	}
}
