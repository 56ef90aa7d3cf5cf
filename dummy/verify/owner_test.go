package verify

import (
	"testing"
)

// lateRoster knows one other dummy, which has had many connections.
type lateRoster struct{}

func (lateRoster) Current(uint32) (uint32, uint64) { return 1000, 1 << 40 }

// Owners are looked for among the latest connections, and high sequences are found in full.
func TestOwnersAreLookedForAmongTheLatest(t *testing.T) {
	for _, f := range formats {
		g := newRig(t, NewPattern(42, f, 16, 16), false)
		g.v.roster = lateRoster{}
		reach := uint32(1) << (g.p.connBits - 4)
		for _, c := range []struct {
			id    Ident
			seq   uint64
			found bool
		}{
			{Ident{1, 1000}, 1, true}, {Ident{1, 1000}, 1<<40 - 7000, true},
			{Ident{1, 1000}, 1<<40 + 1<<(g.p.seqBits-2), true},
			{Ident{1, 1000}, 1 << 39, false}, {Ident{1, 1001}, 1, false},
			{Ident{1, 1001 - reach}, maxOwnerSeq - 5, true}, {Ident{1, 1000 - reach}, 1, false},
			{Ident{1, 1000}, 0, false}, {Ident{4, 2000}, 1 << 41, true},
			{Ident{4, 2000}, 1<<41 + 1, false},
			{Ident{4, 2001 - reach}, 9, true}, {Ident{4, 2000 - reach}, 9, false},
		} {
			b := g.p.appendPayload(nil, g.p.message(c.id, c.seq), 0, 16)
			e := Judgement{g.v, Ident{4, 2000}, 1 << 41}.owner(b, true)
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
