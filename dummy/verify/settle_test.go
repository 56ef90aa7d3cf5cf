package verify

import (
	"fmt"
	"testing"
)

// The dummy's own close must not hide what is already known to be wrong, nor tell it twice.
func TestCloseTellsDamageOnce(t *testing.T) {
	fixed(t, func(t *testing.T, g *rig) {
		first := g.echoes(1, 1)
		first[g.p.header+2] ^= 1
		g.hear(1, first[:20])
		g.st.Closing(g.upTo(1))
		g.st.Closing(g.upTo(1))
		g.st.Ended(g.upTo(1))
		g.wantFaults(t, "corrupt:1")
	})
}

// TestAPartThatIsNoEchosIsToldAtTheEnd: wrong bytes and then silence are a fault, once, also where
// they are too few to tell whose they are; the beginning of an echo that is owed is none.
func TestAPartThatIsNoEchosIsToldAtTheEnd(t *testing.T) {
	for _, f := range formats {
		p := NewPattern(42, f, 8, 64)
		for n := 1; n <= 7; n++ {
			for _, seq := range []uint64{1, 2, 3} { // of which the second may have been overtaken
				g := newRig(t, p, false)
				g.hear(3, g.echoes(seq, seq)[:n])
				g.st.DrainOver(g.upTo(3))
				g.st.Closing(g.upTo(3))
				g.wantFaults(t)
			}
			for _, late := range []bool{false, true} {
				g := newRig(t, p, false)
				part := g.echoes(1, 1)[:n]
				part[n-1] ^= 0x15
				if g.upTo(1).begins(1, part) || n > 1 && f == typed {
					continue // any value is right; it may become a packet to ignore
				}
				g.hear(1, part)
				g.st.DrainOver(g.upTo(1))
				if late {
					g.st.Ended(g.upTo(1))
				}
				g.st.Closing(g.upTo(1))
				if len(g.r.faults) != 1 {
					t.Errorf("%v, %d bytes: %q", f, n, g.r.faults)
				}
			}
		}
	}
}

// TestAPartOfAnothersEchoIsTheirs: a frame that is not whole, and that names its owner, is crossed or
// stale, whether anything was outstanding or not.
func TestAPartOfAnothersEchoIsTheirs(t *testing.T) {
	p := NewPattern(42, formats[0], 32, 32)
	for name, who := range map[string]Ident{
		"crossed": {me.Client + 1, 1}, "stale": {me.Client, me.Conn - 1},
	} {
		for sent := range uint64(2) {
			g := newRig(t, p, false)
			part := p.answerTo(nil, who, 1)[:p.header+20]
			g.hear(sent, part)
			g.st.Ended(g.upTo(sent))
			g.wantFaults(t, fmt.Sprintf("%s:%d of %d/%d/1", name, sent, who.Client, who.Conn))
		}
	}
}
