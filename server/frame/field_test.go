package frame

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := numeral{numeralKind(rapid.IntRange(1, 4).Draw(t, "how")), rapid.SampledFrom([]byte("0 ")).Draw(t, "pad")}
		size := rapid.IntRange(1, 8).Draw(t, "size")
		if u.how > bigEndian {
			size = rapid.IntRange(1, 20).Draw(t, "digits")
		}
		x := rapid.Uint64Range(0, u.most(size)).Draw(t, "x")
		if u.how == digits && x > (1<<64-1)/10 {
			x /= 10 // the last digit of 2^64 is not read
		}
		b := make([]byte, size)
		if u.put(b, x); true {
			if got, ok := u.get(b); !ok || got != x {
				t.Fatalf("%d in %d bytes of %v: %q, read as %d %v", x, size, u, b, got, ok)
			}
		}
	})
}

func TestDigitsArePaddedEitherWay(t *testing.T) {
	d, h := numeral{digits, '0'}, numeral{hexDigits, '0'}
	for _, c := range []struct {
		u    numeral
		text string
		x    uint64
		ok   bool
	}{
		{d, "0012", 12, true}, {d, "  12", 12, true}, {d, " 012", 12, true}, {d, "0000", 0, true}, {d, "   0",
			0, true},
		{d, "    ", 0, false}, {d, "12  ", 0, false}, {d, "1 2", 0, false}, {d, "-1", 0, false}, {d, "+1", 0, false},
		{d, "1x", 0, false}, {d, "99999999999999999999", 0, false}, {d, "18446744073709551610", 0, false},
		{h, "00fF", 255, true}, {h, "g0", 0, false}, {h, "\x10\x11", 0, false}, {h, " f", 0, false}, {h, "F",
			15, true},
		{h, "ffffffffffffffff", 1<<64 - 1, true}, {h, "00ffffffffffffffff", 1<<64 - 1, true}, {h,
			"1ffffffffffffffff", 0, false},
	} {
		if x, ok := c.u.get([]byte(c.text)); ok != c.ok || ok && x != c.x {
			t.Errorf("%q: %d %v", c.text, x, ok)
		}
	}
}

func TestLargestNumbers(t *testing.T) {
	for _, c := range []struct {
		u    numeral
		size int
		most uint64
	}{
		{numeral{how: littleEndian}, 1, 255}, {numeral{how: bigEndian}, 3, 1<<24 - 1},
		{numeral{how: littleEndian}, 8, 1<<64 - 1},
		{numeral{how: digits}, 4, 9999}, {numeral{how: digits}, 19, 9999999999999999999}, {numeral{how: digits},
			20, 1<<64 - 1},
		{numeral{how: hexDigits}, 4, 0xffff}, {numeral{how: hexDigits}, 16, 1<<64 - 1},
		{numeral{how: hexDigits}, 20, 1<<64 - 1},
	} {
		if got := c.u.most(c.size); got != c.most {
			t.Errorf("%v in %d bytes: %d, want %d", c.u, c.size, got, c.most)
		}
	}
}

func TestConstantsMayUseAllBits(t *testing.T) {
	f, err := Parse("x", `
frame:
  - {id: magic, type: u8be, contents: 0xfedcba9876543210}
  - {id: length, type: u2le, counts: body}
  - {id: body}
`)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.AppendPacket(nil, []byte("x"), 0); string(got) != "\xfe\xdc\xba\x98\x76\x54\x32\x10\x01\x00x" {
		t.Errorf("%x", got)
	}
}

// TestALengthIsPaddedAsDescribed: the frame is cut nevertheless, and the field is named.
func TestALengthIsPaddedAsDescribed(t *testing.T) {
	for name, c := range map[string]struct{ right, wrong string }{
		"digits with zeros":  {"0012", "  12"},
		"digits with spaces": {"    20", "   020"}, // all 18 bytes and 2
	} {
		f, err := Parse(name, examples[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []string{c.right, c.wrong} {
			whole, _, ok, err := f.Next([]byte(length + "abcdefghijkl"))
			p, fits := f.Answer.Read(whole)
			if !ok || err != nil || !fits || (p.Wrong != nil) != (length == c.wrong) {
				t.Fatalf("%s: %q: cut %v %v, read %v %+v", name, length, ok, err, fits, p.Wrong)
			}
			if w := p.Wrong; w != nil && (w.Field != "length" || string(w.Want) != c.right ||
				string(w.Got) != c.wrong) {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
}
