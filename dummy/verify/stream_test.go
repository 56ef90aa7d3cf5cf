package verify

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// A right server is never accused, wherever its bytes are cut and however it coalesces, and
// what it sends costs no buffer.
func TestGoodStreamsAreNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges).Draw(t, "sizes")
		seed, f := rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom(all).Draw(t, "f")
		p := NewPattern(seed, f, min(s[0], f.MaxPayload()), min(s[1], f.MaxPayload()))
		login := rapid.Bool().Draw(t, "login")
		g := newRig(t, p, login)
		const sent = 40
		stream := g.echoes(1, sent)
		if login {
			stream = append(g.session(), stream...)
		}
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 30).Draw(t, "cuts")
		slices.Sort(cuts)
		g.hear(sent, stream, cuts...)
		g.settle()
		g.st.Closing(g.upTo(sent))
		g.st.Ended(g.upTo(sent))
		if len(g.r.faults) != 0 || g.r.count("echoed") != sent || g.st.tail != nil {
			t.Fatalf("faults %q, %d echoed, tail %v", g.r.faults, g.r.count("echoed"), g.st.tail)
		}
		if !g.st.SessionDone(g.v) {
			t.Fatal("the login packet was not noticed")
		}
	})
}

func TestCutFramesNeedNoBuffer(t *testing.T) {
	eachFormat(t, false, func(t *testing.T, g *rig) {
		if !g.p.remade {
			t.Skip("what came cannot be made again")
		}
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

// mutilate makes one of the streams that a wrong server can send.
func mutilate(t *rapid.T, g *rig, sent uint64, login bool) []byte {
	stream := g.echoes(1, sent)
	if login {
		stream = append(g.session(), stream...)
	}
	for range rapid.IntRange(0, 4).Draw(t, "mutations") {
		a := rapid.IntRange(0, len(stream)).Draw(t, "a")
		b := min(len(stream), a+rapid.IntRange(0, 200).Draw(t, "length"))
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 6:
			stream = slices.Insert(stream, a, ignorable(rapid.SampledFrom([]int{5, 300, 900}).Draw(t, "ignorable"))...)
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
			who := rapid.SampledFrom([]Ident{{4, 4}, {2, 3}, {4, 5}, {2, 1}, {9, 1}}).Draw(t, "who")
			stream = slices.Insert(stream, a, g.p.answerTo(nil, who, uint64(b-a+1))...)
		case 5:
			stream = append(stream, g.session()...)
		}
	}
	return stream
}

// What the network does to a stream must not change what is said of it.
func TestChunksTellTheSameStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		p := NewPattern(1, anyFormat(t), s[0], s[1])
		login := rapid.Bool().Draw(t, "login")
		whole, parts := newRig(t, p, login), newRig(t, p, login)
		const sent = 12
		stream := mutilate(t, whole, sent, login)
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 40).Draw(t, "cuts")
		slices.Sort(cuts)
		whole.hear(sent, stream)
		parts.hear(sent, stream, cuts...)
		end := rapid.SampledFrom([]func(*rig){
			func(g *rig) { g.st.Ended(g.upTo(sent)) },
			func(g *rig) { g.st.Closing(g.upTo(sent)) },
		}).Draw(t, "end")
		for _, g := range []*rig{whole, parts} {
			g.settle()
			end(g)
			g.st.Begin(g.v)
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
	for i, format := range all {
		p := NewPattern(1, format, 8, 64)
		good := p.answerTo(p.answerTo(nil, me, 1), me, 2)
		greets := newRig(f, p, true).session()
		f.Add(uint8(i), false, uint8(3), byte(3), good)
		f.Add(uint8(i), false, uint8(9), byte(1), append(good[3:], p.answerTo(nil, me, 4)...))
		f.Add(uint8(i), true, uint8(2), byte(5), append(greets, good...))
		f.Add(uint8(i), true, uint8(0), byte(2), append(greets, greets...))
		f.Add(uint8(i), false, uint8(1), byte(9), append(ignorable(300), good...))
		f.Add(uint8(i), true, uint8(1), byte(7), []byte("\xff\xff\xff\xff\n\n\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, how uint8, login bool, of uint8, step byte, data []byte) {
		p := NewPattern(1, all[int(how)%len(all)], 8, 64)
		whole, parts := newRig(t, p, login), newRig(t, p, login)
		sent := uint64(of)
		whole.hear(sent, data)
		var cuts []int
		for at := int(step) + 1; at < len(data) && len(cuts) < 200; at += int(step) + 1 {
			cuts = append(cuts, at)
		}
		parts.hear(sent, data, cuts...)
		for _, g := range []*rig{whole, parts} {
			g.settle()
			g.st.Ended(g.upTo(sent))
		}
		if !slices.Equal(whole.r.story, parts.r.story) {
			t.Fatalf("whole:\n%q\nin parts:\n%q", whole.r.story, parts.r.story)
		}
	})
}

// A new connection begins anew, wherever the old one was cut off.
func TestBeginForgetsTheOldConnection(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		damaged := g.echoes(3, 3)
		damaged[g.p.header] ^= 1
		for _, old := range [][]byte{g.echoes(1, 1)[:30], damaged[:30], g.echoes(2, 2), damaged} {
			g.st.Feed(g.upTo(3), old)
			g.st.Begin(g.v)
			g.r.state, g.r.faults = map[uint64]string{}, nil
			g.hear(2, g.echoes(1, 2))
			g.wantFaults(t)
			if g.r.count("echoed") != 2 || g.st.tail != nil {
				t.Errorf("after %.8x: %q", old, g.r.story)
			}
			g.st.Begin(g.v)
			g.r.state = map[uint64]string{}
		}
	})
}

// An idle connection is one small struct; the budget of a whole dummy is 512 bytes.
func TestStreamIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Stream{}); n > 32 {
		t.Errorf("a stream takes %d bytes", n)
	}
}

func TestRightEchoesDoNotAllocate(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		g.v.out = discard{}
		stream := g.echoes(1, 3)
		n := testing.AllocsPerRun(100, func() {
			g.st.Begin(g.v)
			g.st.Feed(g.upTo(3), stream[:100])
			g.st.Feed(g.upTo(3), stream[100:])
		})
		if n > 0 || g.st.next != 4 {
			t.Errorf("%v allocations, next is %d", n, g.st.next)
		}
	})
}

func TestFaultsDoNotAllocate(t *testing.T) {
	g := newRig(t, NewPattern(42, len16, 8, 64), false)
	g.v.out = discard{}
	alien := join(g.p.answerTo(nil, Ident{2, 3}, 77), g.echoes(1, 1), []byte{3, 0, 1, 2, 3})
	if n := testing.AllocsPerRun(100, func() { g.st.Feed(g.upTo(1), alien) }); n > 0 {
		t.Errorf("%v allocations for three faults", n)
	}
}

func BenchmarkFeed(b *testing.B) {
	for _, f := range []*frame.Format{raw, len16, line, headed, frame.Builtin("net"), typed, summed} {
		for _, size := range []int{8, 64, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%v/%d", called(f), size), func(b *testing.B) {
				g := newRig(b, NewPattern(1, f, size, size), false)
				g.v.out = discard{}
				batch := uint64(max(1, 16<<10/size))
				stream := g.echoes(1, batch)
				b.SetBytes(int64(len(stream)))
				b.ReportAllocs()
				for b.Loop() {
					g.st.next = 1
					g.st.Feed(g.upTo(batch), stream)
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
