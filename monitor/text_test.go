package monitor

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"plain, 한글, ñ, 世界, 🙂 ✓ █": "plain, 한글, ñ, 世界, 🙂 ✓ █",
		"a\x1b[31mb":            `a\x1b[31mb`,
		"a\r\n\tb\x00":          `a\x0d\x0a\x09b\x00`,
		"\x7f":                  `\x7f`,
		"\u009b31m":             `\xc2\x9b31m`,             // C1: CSI
		"evil\u202egpj.exe":     `evil\xe2\x80\xaegpj.exe`, // bidi override
		"a\u2066b\u2069":        `a\xe2\x81\xa6b\xe2\x81\xa9`,
		"a\u200bb\u200db\ufeff": `a\xe2\x80\x8bb\xe2\x80\x8db\xef\xbb\xbf`, // zero width
		"a\u2028b":              `a\xe2\x80\xa8b`,
		"a\u3164b":              `a\xe3\x85\xa4b`, // Hangul filler: a letter that shows as nothing
		"a\ufe0fb":              `a\xef\xb8\x8fb`,
		"\xff\xc3":              `\xff\xc3`,
		"\ufffd":                "\ufffd", // written by the sender, so valid
		`back\slash`:            `back\slash`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanDoesNotCopyCleanText(t *testing.T) {
	s := strings.Repeat("clean ", 100)
	if n := testing.AllocsPerRun(10, func() { Clean(s) }); n != 0 {
		t.Errorf("%v allocations for clean text, want 0", n)
	}
}

// hostile lists, independently of harmless, what must never reach a screen.
func hostile(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	}
	return r >= 0xe0000 && r <= 0xe0fff // tags, variation selectors
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b]52;c;\a", "\u202e", "\xf0\x9f", "\u0085\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Clean(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if hostile(r) {
				t.Fatalf("Clean(%q) = %q lets %U through", s, got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Fatalf("Clean(%q) = %q, again %q", s, got, again)
		}
		if len(got) < len(s) {
			t.Fatalf("Clean(%q) = %q is shorter", s, got)
		}
	})
}

func TestCount(t *testing.T) {
	for in, want := range map[uint64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 18204511: "18,204,511",
		math.MaxUint64: "18,446,744,073,709,551,615",
	} {
		if got := Count(in); got != want {
			t.Errorf("Count(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {0.5, "0.5"}, {1, "1"}, {99.96, "100"}, {999, "999"}, {999.4, "999"},
		{999.5, "1k"}, {1000, "1k"}, {212345, "212k"}, {999499, "999k"}, {999500, "1M"},
		{18.2e6, "18.2M"}, {3e9, "3G"}, {-1500, "-1.5k"}, {0.000164, "0.000164"},
		{1.8e19, "18E"}, {5e21, "5000E"}, {math.NaN(), "n/a"}, {math.Inf(1), "n/a"},
	} {
		if got := Short(c.in); got != c.want {
			t.Errorf("Short(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMicros(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0µs"}, {0.25, "250ns"}, {1, "1µs"}, {92, "92µs"}, {131.07, "131µs"},
		{999.4, "999µs"}, {999.6, "1ms"}, {1200, "1.2ms"}, {999600, "1s"}, {3.41e6, "3.41s"},
		{123e6, "123s"}, {4000e6, "4000s"}, {math.NaN(), "n/a"},
	} {
		if got := Micros(c.in); got != c.want {
			t.Errorf("Micros(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestExponent: a share of all is 1, and not a number that ends in an e.
func TestExponent(t *testing.T) {
	for f, want := range map[float64]string{
		1: "1", 9.96: "1e1", 2.5: "2.5", 1e-6: "1e-6", 1.44e-6: "1.4e-6", 0.1: "1e-1",
	} {
		if got := exponent(f); got != want {
			t.Errorf("%v: %q, want %q", f, got, want)
		}
	}
}

func TestWordsForAShell(t *testing.T) {
	for word, want := range map[string]string{"net:code=0x77,key=0x32": "net:code=0x77,key=0x32",
		"[::1]:80": "'[::1]:80'", "a b.yaml": "'a b.yaml'", "it's": `'it'\''s'`, "$x": "'$x'", "": "''"} {
		if got := ShellWord(word); got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
}
