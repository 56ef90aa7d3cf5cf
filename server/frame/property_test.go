package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestWhatIsWrittenIsRead for formats of every kind: encode, cut at every byte, decode is the identity,
// on both ways, and with the packets that a server sees.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written(t, drawFormat(t))
	})
}

// drawFormat makes a format; every description that is drawn is right.
func drawFormat(t *rapid.T) *Format {
	text := drawDescription(t)
	f, err := Parse("drawn", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

// TestEveryFlippedBitIsSeen in the frames of all formats.
func TestEveryFlippedBitIsSeen(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) { flips(t, f) })
	rapid.Check(t, func(t *rapid.T) { flips(t, drawFormat(t)) })
}

// flips turns each bit of each message around.
func flips(t fataler, f *Format) {
	t.Helper()
	if f.Stream {
		return
	}
	v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
	for _, m := range f.messages() {
		payload := letters(m.Carries(24))
		whole := m.End(append(m.Begin(nil, &v, len(payload)), payload...), 0, &v)
		plain := m.Open(nil, new(Cursor), whole, 0)
		for bit := range 8 * len(whole) {
			bad := bytes.Clone(whole)
			bad[bit/8] ^= 1 << (bit % 8)
			got := m.Open(nil, new(Cursor), bad, 0)
			differs := !m.mayDiffer(plain, got)
			if m.Predictable() && m.Same(plain, got, 0) && differs {
				t.Fatalf("bit %d: the same as\n%x\n%x", bit, plain, got)
			}
			if seen := f.flipSeen(m, bad, got, payload, &v); !seen && differs {
				t.Fatalf("bit %d is not seen:\n%x\n%x\n%s", bit, plain, got, f.Description())
			}
		}
	}
}

// flipSeen cuts, reads and checks.
func (f *Format) flipSeen(m *Message, bad, plain, payload []byte, v *Values) bool {
	whole, _, ok, err := f.Next(append(bytes.Clone(bad), bad...))
	if err != nil || !ok || len(whole) != len(bad) {
		return true
	}
	p, ok := m.Read(plain)
	return !ok || p.Wrong != nil || m.CheckCiphered(bad) != nil || m.WrongValue(&p, v) != nil ||
		!bytes.Equal(p.Payload, payload)
}

// mayDiffer reports whether all that differs has any value, or is the same number in other digits, or is
// a checksum over such.
func (m *Message) mayDiffer(a, b []byte) bool {
	covered := make([]bool, len(a))
	for i, part := range [][]segment{m.head, m.tail} {
		for _, s := range part {
			at := m.place(&s, i == 1)
			from, to := at.from.in(len(a)), at.to.in(len(a))
			x, ok := s.num.get(a[from:to])
			y, too := s.num.get(b[from:to])
			any := s.kind == isRandom || s.kind == isAny || s.packets || s.unheard ||
				s.kind == isSum && m.held || s.kind != isConst && ok && too && x == y
			for j := from; j < to; j++ {
				covered[j] = any
			}
		}
	}
	if m.rest {
		for j := m.headSize; j < len(a)-m.tailSize; j++ {
			covered[j] = true
		}
	}
	for i := range a {
		if a[i] != b[i] && !covered[i] {
			return false
		}
	}
	return true
}
