package verify

import (
	"bytes"
	"fmt"
	"testing"

	"dummyload/monitor"
)

func TestEvidenceShowsTheDamage(t *testing.T) {
	for _, f := range formats {
		for bad, from := range map[int]int{3: 0, 40: 8, 700: 664, 999: 960} {
			g := newRig(t, NewPattern(42, f, 1000, 1000), false)
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
