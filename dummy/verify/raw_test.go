package verify

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// One byte changed, lost or too many in a raw stream is one fault, and everything else counts.
func TestRawFindsItsStepAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		g := newRig(t, NewPattern(rapid.Uint64().Draw(t, "seed"), raw, s[0], s[1]), false)
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
		g.settle()
		if len(g.r.faults) != 1 || g.r.faults[0][:7] != "corrupt" {
			t.Fatalf("%s at %d: %q", kind, at, g.r.faults)
		}
		if g.r.count("echoed") < sent-1 {
			t.Fatalf("%s at %d: %d of %d echoed", kind, at, g.r.count("echoed"), sent)
		}
	})
}

func TestRawJunkIsToldOnceAndHasAnEnd(t *testing.T) {
	g := newRig(t, NewPattern(42, raw, 8, 64), false)
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
