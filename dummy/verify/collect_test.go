package verify

import (
	"bytes"
	"fmt"
	"testing"

	"dummyload/server/frame"
)

// A frame of the wrong length answers the echo it names, or else the one expected.
func TestTruncatedFrames(t *testing.T) {
	for _, f := range formats[1:] {
		for _, n := range []int{1, 7, 8, 39, 41, 64, 65, 200, 60_000} {
			t.Run(fmt.Sprintf("%v/%d", f, n), func(t *testing.T) {
				g := newRig(t, NewPattern(42, f, 40, 40), false)
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

// Headers that no frame has end the stream; memory does not follow what they announce.
func TestIllegalHeadersBreakTheStream(t *testing.T) {
	for _, c := range []struct {
		f  *frame.Format
		in []byte
	}{
		{len16, []byte{0, 0, 1, 2}}, {len32, []byte{0, 0, 0, 0}},
		{len32, []byte{0xff, 0xff, 0xff, 0xff}}, {len32, []byte{1, 0, 0x10, 0}},
		{line, []byte("\n")},
		{line, bytes.Repeat([]byte("x"), frame.MaxPayload+1)},
	} {
		for _, step := range []int{1, len(c.in)} {
			g := newRig(t, NewPattern(42, c.f, 8, 64), false)
			for i := 0; i < len(c.in); i += step {
				g.st.Feed(g.upTo(2), c.in[i:min(i+step, len(c.in))])
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
		g := newRig(t, NewPattern(42, f, 8, 64), false)
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
