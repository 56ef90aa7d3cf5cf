package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestWhatIsComparedInPlace: a right answer is the same as what is expected, however it is cut, and can
// be made again from 3 bytes.
func TestWhatIsComparedInPlace(t *testing.T) {
	check := func(t fataler, f *Format) {
		m := f.Answer
		if !m.Predictable() {
			return
		}
		v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
		theirs := v
		theirs.Random, theirs.Packet = 1234, 99
		payload := letters(m.Carries(40))
		want := m.Plain(append(m.Begin(nil, &v, len(payload)), payload...), 0, &v)
		came := m.End(append(m.Begin(nil, &theirs, len(payload)), payload...), 0, &theirs)
		for a := range len(came) + 1 {
			for _, b := range []int{a, a + 1, a + 5, len(came)} {
				b = min(b, len(came))
				var c Cursor
				first := m.Open(nil, &c, came[:a], 0)
				middle := m.Open(nil, &c, came[a:b], a)
				again := m.Again(nil, want, &c)[:b]
				last := m.Open(nil, &c, came[b:], b)
				if !m.Same(want, first, 0) || !m.Same(want, middle, a) || !m.Same(want, last, b) {
					t.Fatalf("cut at %d and %d: %x %x %x, want %x", a, b, first, middle, last, want)
				}
				if m.Remade() && !bytes.Equal(again, came[:b]) {
					t.Fatalf("%d bytes again: %x, came %x", b, again, came[:b])
				}
			}
		}
	}
	everyFormat(t, func(t *testing.T, f *Format) { check(t, f) })
	rapid.Check(t, func(t *rapid.T) { check(t, drawFormat(t)) })
}

// TestReadSaysWhichFieldIsWrong, with what was expected.
func TestReadSaysWhichFieldIsWrong(t *testing.T) {
	v := Values{Client: 7, Connection: 3, Sequence: 9}
	for _, c := range []struct {
		format    string
		at        int // of the byte that is changed
		field     string
		want, got string
	}{
		{"typed", 0, "code", "\x77", "\x76"},
		{"magic and type", 0, "constant", "\x89", "\x88"},
		{"magic and type", 2, "type", "\x02", "\x03"},
		{"magic and type", 11, "end", "\x79", "\x78"},
		{"magic and type", 1, "length", "\x0a", "\x0b"},
		{"digits with zeros", 3, "length", "0008", "0009"},
		{"checksums", 7, "crc", "", ""},
		{"checksums", 16, "x", "\x08", "\x09"},
		{"sum of what travels", 2, "crc", "", ""},
	} {
		m := named(t, c.format).Answer
		whole := m.End(append(m.Begin(nil, &v, 8), letters(8)...), 0, &v)
		whole[c.at] ^= 1
		p, ok := m.Read(m.Open(nil, new(Cursor), whole, 0))
		w := p.Wrong
		if ok && w == nil {
			w = m.CheckCiphered(whole)
		}
		if !ok || w == nil || w.Field != c.field || c.want != "" && (string(w.Want) != c.want ||
			string(w.Got) != c.got) {
			t.Errorf("%s, byte %d of %x: %v %v", c.format, c.at, whole, ok, w)
		}
	}
}

// TestWrongValuesAreThoseOfAnotherEcho, or digits that are padded otherwise.
func TestWrongValuesAreThoseOfAnotherEcho(t *testing.T) {
	f, err := Parse("x", `
frame: [{id: n, type: u2le, counts: body}, {id: body}]
request:
  body: [{type: digits, size: 4, value: client, id: who}, {type: hex, size: 4, value: sequence, id: seq}, {id: payload}]
answer:
  body: [{type: digits, size: 4, value: client, id: who}, {type: hex, size: 4, value: sequence, id: seq}, {id: payload}]
`)
	if err != nil {
		t.Fatal(err)
	}
	v := Values{Client: 7, Sequence: 0x1f}
	for text, field := range map[string]string{
		"0007001f12345678": "", "0007001F12345678": "", "   7001f12345678": "who",
		"0008001f12345678": "who", "0007002f12345678": "seq", "x007001f12345678": "who", "0007 01f12345678": "seq",
	} {
		p, ok := f.Answer.Read(f.AppendPacket(nil, []byte(text), 0))
		got := ""
		if w := f.Answer.WrongValue(&p, &v); w != nil {
			got = w.Field
		}
		if !ok || got != field {
			t.Errorf("%s: %q is wrong, want %q", text, got, field)
		}
	}
}

// TestRandomFieldsAreAFunctionOfTheSeed: each field has its own number, and the same again.
func TestRandomFieldsAreAFunctionOfTheSeed(t *testing.T) {
	f, err := Parse("x", `
frame:
  - {id: a, type: u4le, value: random}
  - {id: b, type: u4le, value: random}
  - {id: n, type: u2le, counts: body}
  - {id: body}
`)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for random := range uint64(1000) {
		one := string(f.AppendPacket(nil, []byte("x"), random))
		if one != string(f.AppendPacket(nil, []byte("x"), random)) || one[:4] == one[4:8] || seen[one] {
			t.Errorf("%d: %x", random, one)
		}
		seen[one] = true
	}
}
