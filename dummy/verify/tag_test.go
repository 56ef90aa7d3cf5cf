package verify

import (
	"math/rand/v2"
	"testing"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

func TestTagsOpenToWhatWasSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := NewPattern(rapid.Uint64().Draw(t, "seed"),
			rapid.SampledFrom(formats).Draw(t, "f"), 8, 8)
		id, seq := anyIdent(t), rapid.Uint64Min(1).Draw(t, "seq")
		got, ok := p.openPayload(p.appendPayload(nil, p.message(id, seq), 0, 8))
		want := tag{id.Client, id.Conn & (1<<p.connBits - 1), seq & (1<<p.seqBits - 1)}
		if !ok || got != want {
			t.Fatalf("%v, %v; want %v", got, ok, want)
		}
	})
}

// A first word damaged in any bits opens, but for one in 2^runBits, to no identity at all.
func TestDamagedTagsDoNotOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range []*frame.Format{raw, line} {
		p := NewPattern(3, f, 8, 8)
		const tries = 200_000
		opened, ours := 0, 0
		for i := range uint64(tries) {
			b := p.appendPayload(nil, p.message(Ident{77, 3}, i+1), 0, 8)
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
