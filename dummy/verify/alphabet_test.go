package verify

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestAPayloadNeverHoldsItsTerminator: it has no byte of the terminator, and all else works as with the
// usual characters. Those are kept where the terminator has none of them.
func TestAPayloadNeverHoldsItsTerminator(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\x00", "||", "~~~~", "Z", "END", "0", "o", "0oaZ", "pqrs",
		"z;:A", "-_.,", "0-_."} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			f := described(fmt.Sprintf("frame: [{id: body, terminator: %v}]", bytesOf(end)))
			p, q := NewPattern(7, f, 8, 64), NewPattern(7, line, 8, 64)
			for seq := uint64(1); seq < 2000; seq++ {
				payload := p.appendPayload(nil, p.message(me, seq), 0, p.size(me, seq))
				if bytes.ContainsAny(payload, end) {
					t.Fatalf("%q holds a byte of %q", payload, end)
				}
				for _, c := range payload {
					if c <= ' ' || c > '~' {
						t.Fatalf("byte %#x in %q", c, payload)
					}
				}
				usual := q.appendPayload(nil, q.message(me, seq), 0, q.size(me, seq))
				if p.alphabet == nil && !bytes.Equal(payload, usual) {
					t.Fatalf("%q and %q", payload, usual)
				}
			}
			replaced := bytes.ContainsFunc([]byte(end), isLetter)
			if replaced != (p.alphabet != nil) {
				t.Errorf("another alphabet: %v", p.alphabet != nil)
			}
		})
	}
}

// isLetter reports whether a character is of the usual alphabet: none that JSON, XML, a shell or C escapes.
func isLetter(c rune) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == ':' || c == ';'
}

// TestTheUsualAlphabet has 64 characters, each in every place.
func TestTheUsualAlphabet(t *testing.T) {
	for at := range 8 {
		seen := map[rune]bool{}
		for w := range uint64(64) {
			c := rune(byte(letters(w<<(6*at)) >> (8 * at)))
			if seen[c] = true; !isLetter(c) {
				t.Errorf("%d in place %d is %q", w, at, c)
			}
		}
		if len(seen) != 64 {
			t.Errorf("%d characters in place %d", len(seen), at)
		}
	}
}

// bytesOf lists bytes as a description does.
func bytesOf(s string) string {
	var b bytes.Buffer
	for i, c := range []byte(s) {
		fmt.Fprintf(&b, "%s%d", map[bool]string{true: "[", false: ", "}[i == 0], c)
	}
	return b.String() + "]"
}

// TestLettersHaveOneMeaning: what is written is read, and nothing else is, with any alphabet.
func TestLettersHaveOneMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SliceOfN(rapid.ByteRange(' ', '~'), 1, 4).Draw(t, "terminator")
		a := newAlphabet(end)
		write, read := letters, unletters
		ours := func(c byte) bool { return isLetter(rune(c)) }
		if a != nil {
			write = func(w uint64) (chars uint64) {
				for i := 0; i < 64; i += 8 {
					chars |= uint64(a.own[byte(letters(w)>>i)]) << i
				}
				return chars
			}
			read = func(c uint64) (uint64, bool) { return unletters(a.unreplaced(c)) }
			ours = func(c byte) bool { return a.usual[c] != 0 }
		}
		w := rapid.Uint64Max(1<<48-1).Draw(t, "word")
		chars := write(w)
		if got, ok := read(chars); !ok || got != w {
			t.Fatalf("%x: %x, %v", w, got, ok)
		}
		at, c := rapid.IntRange(0, 7).Draw(t, "at"), rapid.Byte().Draw(t, "byte")
		other := chars&^(0xff<<(8*at)) | uint64(c)<<(8*at)
		got, ok := read(other)
		if ok != ours(c) || ok && (write(got) != other || bytes.IndexByte(end, c) >= 0) {
			t.Fatalf("%x read as %x, %v", other, got, ok)
		}
	})
}
