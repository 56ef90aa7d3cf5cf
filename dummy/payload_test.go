package dummy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

var formats = []frame.Format{frame.Raw, frame.Len16, frame.Len32, frame.Line}

// sizeRanges are the payload sizes the tests run with.
var sizeRanges = [][2]int{{8, 8}, {8, 64}, {9, 15}, {64, 64}, {1000, 1<<16 - 1}}

func anyIdent(t *rapid.T) ident {
	return ident{
		client: rapid.Uint32Range(0, MaxClients-1).Draw(t, "client"),
		conn:   rapid.Uint32Min(1).Draw(t, "conn"),
	}
}

func TestFrameIsWhatPackageFrameMeansByIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(t, "format")
		sizes := rapid.SampledFrom(sizeRanges).Draw(t, "sizes")
		p := newPattern(rapid.Uint64().Draw(t, "seed"), f, sizes[0], sizes[1])
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		got := p.append([]byte("before"), id, seq)
		payload, rest, ok, err := f.Next(got[len("before"):])
		if !ok || err != nil || len(rest) != 0 {
			t.Fatalf("not one whole frame: ok %v, %d bytes left, %v", ok, len(rest), err)
		}
		if want := f.Append([]byte("before"), payload); !bytes.Equal(got, want) {
			t.Fatal("the frame differs from frame.Append of its payload")
		}
		m := p.message(id, seq)
		if len(payload) != p.size(id, seq) || len(payload) < sizes[0] || len(payload) > sizes[1] {
			t.Fatalf("%d payload bytes, size says %d of %v", len(payload), m.size, sizes)
		}
		if p.frameSize(m) != len(got)-len("before") || p.maxFrame() < p.frameSize(m) {
			t.Fatalf("frameSize %d of %d, maxFrame %d", p.frameSize(m), len(got), p.maxFrame())
		}
	})
}

func TestSizesReachBothEnds(t *testing.T) {
	p := newPattern(7, frame.Len16, 8, 64)
	seen := map[int]int{}
	for seq := range uint64(10_000) {
		seen[p.size(ident{3, 1}, seq+1)]++
	}
	if len(seen) != 57 || seen[8] == 0 || seen[64] == 0 {
		t.Errorf("10,000 sizes of 8-64: %d different, %d of 8, %d of 64", len(seen), seen[8],
			seen[64])
	}
}

func TestLinePayloadIsPrintable(t *testing.T) {
	p := newPattern(7, frame.Line, 8, 64)
	for seq := range uint64(1000) {
		line := p.append(nil, ident{9, 2}, seq+1)
		for _, c := range line[:len(line)-1] {
			if c < '0' || c > 'o' {
				t.Fatalf("sequence %d: byte %#x in %q", seq+1, c, line)
			}
		}
	}
}

// Every part of the identity, and the seed, must show in the first 8 bytes and in the rest.
func TestEveryFieldShowsInEveryWord(t *testing.T) {
	for _, f := range formats {
		seen := map[string]string{}
		for seed := range uint64(4) {
			p := newPattern(seed, f, 32, 32)
			for _, id := range []ident{{0, 1}, {1, 1}, {MaxClients - 1, 1}, {0, 2}, {0, 255}} {
				for _, seq := range []uint64{1, 2, 1000, 16383} {
					payload := p.appendPayload(nil, p.message(id, seq), 0, 32)
					for i := 0; i < 32; i += 8 {
						who := fmt.Sprint(seed, id, seq, "word", i/8)
						word := string(payload[i : i+8])
						if other, ok := seen[word]; ok {
							t.Errorf("%v: %s and %s are the same", f, who, other)
						}
						seen[word] = who
					}
				}
			}
		}
	}
}

// What the first word's low bits do not tell, the other words do.
func TestLongIdentitiesDifferBeyondTheFirstWord(t *testing.T) {
	p := newPattern(1, frame.Raw, 16, 16)
	a, b := p.message(ident{5, 1}, 1), p.message(ident{5, 1}, 1+1<<20)
	c := p.message(ident{5, 1 + 1<<12}, 1)
	if a.first != b.first || a.first != c.first {
		t.Error("the first word holds more than its layout says")
	}
	if p.word(a, 1) == p.word(b, 1) || p.word(a, 1) == p.word(c, 1) {
		t.Error("the second word does not depend on the full identity")
	}
}

// match and differs must find the first wrong byte wherever the frame was cut.
func TestMatchFindsTheFirstWrongByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPattern(5, rapid.SampledFrom(formats).Draw(t, "format"), 8, 100)
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		m, whole := p.message(id, seq), p.append(nil, id, seq)
		have := rapid.IntRange(0, len(whole)-1).Draw(t, "have")
		end := rapid.IntRange(have+1, len(whole)).Draw(t, "end")
		if n, ok := p.match(m, whole[have:end], have); !ok || n != end-have {
			t.Fatalf("bytes %d to %d of %d: n %d, ok %v", have, end, len(whole), n, ok)
		}
		if n, ok := p.match(m, append(whole[have:], "next"...), have); !ok || n != len(whole)-have {
			t.Fatalf("the frame's end is not found: n %d, ok %v", n, ok)
		}
		bad := rapid.IntRange(have, end-1).Draw(t, "bad")
		whole[bad] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, ok := p.match(m, whole[have:end], have); ok {
			t.Fatalf("byte %d of %d to %d is wrong and matches", bad, have, end)
		}
		at := rapid.IntRange(0, m.size-1).Draw(t, "at")
		want := -1
		if in := bad - p.header; in >= at && in < m.size {
			want = in - at
		}
		if got := p.differs(m, whole[p.header+at:p.header+m.size], at); got != want {
			t.Fatalf("differs from %d: %d, want %d", at, got, want)
		}
	})
}

func TestTagsOpenToWhatWasSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPattern(rapid.Uint64().Draw(t, "seed"),
			rapid.SampledFrom(formats).Draw(t, "f"), 8, 8)
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		got, ok := p.openPayload(p.appendPayload(nil, p.message(id, seq), 0, 8))
		want := tag{id.client, id.conn & (1<<p.connBits - 1), seq & (1<<p.seqBits - 1)}
		if !ok || got != want {
			t.Fatalf("%v, %v; want %v", got, ok, want)
		}
	})
}

// A first word damaged in any bits opens, but for one in 2^runBits, to no identity at all.
func TestDamagedTagsDoNotOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range []frame.Format{frame.Raw, frame.Line} {
		p := newPattern(3, f, 8, 8)
		const tries = 200_000
		opened, ours := 0, 0
		for i := range uint64(tries) {
			b := p.appendPayload(nil, p.message(ident{77, 3}, i+1), 0, 8)
			bit := rng.IntN(64)
			b[bit/8] ^= 1 << (bit % 8)
			if t, ok := p.openPayload(b); ok {
				opened++
				if t.client == 77 {
					ours++
				}
			}
		}
		if most := tries >> p.runBits * 3 / 2; opened > most || ours > 1 {
			t.Errorf("%v: %d of %d damaged tags open (at most %d expected), "+
				"%d name the same client",
				f, opened, tries, most, ours)
		}
	}
}

func TestLettersAreABijectionOntoTheAlphabet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.Uint64Range(0, 1<<48-1).Draw(t, "w")
		c := letters(w)
		if got, ok := unletters(c); !ok || got != w {
			t.Fatalf("%#x came back as %#x, %v", w, got, ok)
		}
		at := rapid.IntRange(0, 7).Draw(t, "at")
		bad := rapid.Byte().Filter(func(b byte) bool { return b < '0' || b > 'o' }).Draw(t, "bad")
		c = c&^(0xff<<(8*at)) | uint64(bad)<<(8*at)
		if _, ok := unletters(c); ok {
			t.Fatalf("took byte %#x at %d", bad, at)
		}
	})
}

func TestAtMost(t *testing.T) {
	for _, c := range []struct {
		limit, low uint64
		width      uint
		want       uint64
	}{
		{100, 5, 20, 5}, {4, 5, 20, 0}, {1<<20 + 4, 5, 20, 5}, {1<<20 + 5, 5, 20, 1<<20 + 5},
		{3<<20 + 9, 0, 20, 3 << 20}, {1<<20 - 1, 0, 20, 0}, {0, 0, 20, 0},
	} {
		if got := atMost(c.limit, c.low, c.width); got != c.want {
			t.Errorf("atMost(%d, %d, %d) = %d, want %d", c.limit, c.low, c.width, got, c.want)
		}
	}
}

func TestCutsAreFewAndAnywhere(t *testing.T) {
	p := newPattern(11, frame.Len16, 8, 64)
	const sends, n = 100_000, 1000
	cut, short := 0, 0
	for send := range uint64(sends) {
		got := p.nextCut(ident{1, 1}, send, n)
		if got != p.nextCut(ident{1, 1}, send, n) {
			t.Fatal("not a pure function")
		}
		if got < 1 || got > n {
			t.Fatalf("cut of %d bytes at %d", n, got)
		}
		if got < n {
			cut++
		}
		if got <= 16 {
			short++
		}
	}
	if want := sends / splitOneIn; cut < want*9/10 || cut > want*11/10 || short < cut*4/10 {
		t.Errorf("%d of %d sends cut, %d within 16 bytes", cut, sends, short)
	}
	for n := 1; n < 20; n++ {
		seen := map[int]bool{}
		for send := range uint64(20_000) {
			seen[p.nextCut(ident{1, 2}, 1+send, n)] = true
		}
		if len(seen) != n {
			t.Errorf("%d bytes are cut at %d places", n, len(seen))
		}
	}
}

// TestTheFirstSendIsNotCutWithinAWord: see firstLeast.
func TestTheFirstSendIsNotCutWithinAWord(t *testing.T) {
	p := newPattern(11, frame.Len16, 8, 64)
	cut := 0
	for client := range uint32(100_000) {
		got := p.nextCut(ident{client, 1}, 0, 40)
		if got < firstLeast {
			t.Fatalf("client %d: cut at %d", client, got)
		}
		if got < 40 {
			cut++
		}
	}
	if cut < 100_000/splitOneIn*9/10 {
		t.Errorf("%d first sends are cut", cut)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, f := range []frame.Format{frame.Len16, frame.Line} {
		for _, size := range []int{8, 64, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%v/%d", f, size), func(b *testing.B) {
				p := newPattern(1, f, size, size)
				buf := make([]byte, 0, p.maxFrame())
				b.SetBytes(int64(size))
				b.ReportAllocs()
				seq := uint64(0)
				for b.Loop() {
					seq++
					buf = p.append(buf[:0], ident{1, 1}, seq)
				}
			})
		}
	}
}
