package verify

import (
	"bytes"
	"fmt"
	"testing"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

func anyIdent(t *rapid.T) Ident {
	return Ident{
		Client: rapid.Uint32Range(0, MaxClients-1).Draw(t, "client"),
		Conn:   rapid.Uint32Min(1).Draw(t, "conn"),
	}
}

func TestFrameIsWhatPackageFrameMeansByIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(formats[:6]).Draw(t, "format")
		sizes := rapid.SampledFrom(sizeRanges).Draw(t, "sizes")
		p := NewPattern(rapid.Uint64().Draw(t, "seed"), f, sizes[0], sizes[1])
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		got := p.answerTo([]byte("before"), id, seq)
		whole, rest, ok, err := f.Next(got[len("before"):])
		if !ok || err != nil || len(rest) != 0 {
			t.Fatalf("not one whole frame: ok %v, %d bytes left, %v", ok, len(rest), err)
		}
		payload := whole[p.header : len(whole)-p.trailer]
		if want := f.AppendPacket([]byte("before"), payload, 0); !bytes.Equal(got, want) {
			t.Fatal("the frame differs from frame.Append of its payload")
		}
		m := p.message(id, seq)
		if len(payload) != p.size(id, seq) || len(payload) < sizes[0] || len(payload) > sizes[1] {
			t.Fatalf("%d payload bytes, size says %d of %v", len(payload), m.size, sizes)
		}
		if n := p.answer.Size(m.size); n != len(got)-len("before") || p.MaxFrame() < n {
			t.Fatalf("%d bytes of %d, MaxFrame %d", n, len(got), p.MaxFrame())
		}
	})
}

func TestSizesReachBothEnds(t *testing.T) {
	p := NewPattern(7, len16, 8, 64)
	seen := map[int]int{}
	for seq := range uint64(10_000) {
		seen[p.size(Ident{3, 1}, seq+1)]++
	}
	if len(seen) != 57 || seen[8] == 0 || seen[64] == 0 {
		t.Errorf("10,000 sizes of 8-64: %d different, %d of 8, %d of 64", len(seen), seen[8],
			seen[64])
	}
}

func TestLinePayloadIsPrintable(t *testing.T) {
	p := NewPattern(7, line, 8, 64)
	for seq := range uint64(1000) {
		line := p.answerTo(nil, Ident{9, 2}, seq+1)
		for _, c := range line[:len(line)-1] {
			if !isLetter(rune(c)) {
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
			p := NewPattern(seed, f, 32, 32)
			for _, id := range []Ident{{0, 1}, {1, 1}, {MaxClients - 1, 1}, {0, 2}, {0, 255}} {
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
	p := NewPattern(1, raw, 16, 16)
	a, b := p.message(Ident{5, 1}, 1), p.message(Ident{5, 1}, 1+1<<20)
	c := p.message(Ident{5, 1 + 1<<12}, 1)
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
		p := NewPattern(5, rapid.SampledFrom(formats).Draw(t, "format"), 8, 100)
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		if !p.short {
			return
		}
		m, whole := p.message(id, seq), p.answerTo(nil, id, seq)
		have := rapid.IntRange(0, len(whole)-1).Draw(t, "have")
		end := rapid.IntRange(have+1, len(whole)).Draw(t, "end")
		if n, all, ok := p.match(m, whole[have:end], have); !ok || n != end-have || all != (end == len(whole)) {
			t.Fatalf("bytes %d to %d of %d: n %d, ok %v", have, end, len(whole), n, ok)
		}
		if n, all, ok := p.match(m, append(whole[have:], "next"...), have); !ok || n != len(whole)-have || !all {
			t.Fatalf("the frame's end is not found: n %d, ok %v", n, ok)
		}
		bad := rapid.IntRange(have, end-1).Draw(t, "bad")
		whole[bad] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, _, ok := p.match(m, whole[have:end], have); ok {
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

func BenchmarkAppend(b *testing.B) {
	for _, f := range []*frame.Format{raw, len16, line, headed, frame.Builtin("net"), typed} {
		for _, size := range []int{8, 64, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%v/%d", called(f), size), func(b *testing.B) {
				p := NewPattern(1, f, size, size)
				buf := make([]byte, 0, p.MaxFrame())
				b.SetBytes(int64(size))
				b.ReportAllocs()
				seq := uint64(0)
				for b.Loop() {
					seq++
					buf = p.Append(buf[:0], Ident{1, 1}, seq, 0)
				}
			})
		}
	}
}

// TestAnEchoIsWhatItsFrameIsMadeOf: values and payload make the very request.
func TestAnEchoIsWhatItsFrameIsMadeOf(t *testing.T) {
	for _, name := range frame.Names() {
		f := frame.Builtin(name)
		p := NewPattern(5, f, 9, 40)
		for seq := range uint64(20) {
			v, payload := p.Echo(Ident{7, 3}, seq+1)
			b := append(f.Request.Begin(nil, &v, len(payload)), payload...)
			b = f.Request.End(b, 0, &v)
			if want := p.Append(nil, Ident{7, 3}, seq+1, 0); !bytes.Equal(b, want) {
				t.Errorf("%s: %x, want %x", name, b, want)
			}
		}
	}
}
