package monitor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from the network, from errors and from host names safe to show. Whatever could move
// the cursor, hide text or turn its direction becomes \xNN, byte by byte, and so does every byte that is
// not UTF-8. Clean text comes back as it is.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if harmless(r, n) {
			b.WriteString(s[i : i+n])
		} else {
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !harmless(r, n) {
			return false
		}
		i += n
	}
	return true
}

// harmless reports whether a decoded rune may be shown. IsPrint refuses C0, DEL, C1, the bidi controls,
// zero-width spaces and joiners, line and paragraph separators, private use and what is not assigned.
// The other two tables hold letters and marks that are not visible.
func harmless(r rune, size int) bool {
	if r == utf8.RuneError && size <= 1 {
		return false
	}
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// ShellWord makes one word of a command line for a shell.
func ShellWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\"'\\<>|&;()$`*?[]{}!#~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Count writes a number in full, with thousands apart: 18,204,511.
func Count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Short writes a number with three digits and a decimal prefix: 18.2M, 212k, 0.5. It writes n/a for what
// is no finite number.
func Short(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "n/a"
	}
	prefixes := [...]string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for math.Abs(f) >= 999.5 && i < len(prefixes)-1 {
		f /= 1000
		i++
	}
	return digits(f, 3) + prefixes[i]
}

// Micros writes microseconds in the unit that fits, with three digits: 92µs, 1.2ms, 3.41s.
func Micros(us float64) string { return microsDigits(us, 3) }

func microsDigits(us float64, n int) string {
	limit := 1000 - 0.5*math.Pow10(3-n) // what rounds to 1000 belongs to the next unit
	switch {
	case math.IsNaN(us) || math.IsInf(us, 0):
		return "n/a"
	case us == 0:
		return "0µs"
	case math.Abs(us) < limit/1e3:
		return digits(us*1e3, n) + "ns"
	case math.Abs(us) < limit:
		return digits(us, n) + "µs"
	case math.Abs(us) < limit*1e3:
		return digits(us/1e3, n) + "ms"
	}
	return digits(us/1e6, n) + "s"
}

// exponent writes a small number with two digits and a power of ten: 1.6e-7.
func exponent(f float64) string {
	mantissa, power, _ := strings.Cut(strconv.FormatFloat(f, 'e', 1, 64), "e")
	sign := strings.TrimRight(power[:1], "+")
	mantissa = strings.TrimSuffix(mantissa, ".0")
	if power = strings.TrimLeft(power[1:], "0"); power == "" {
		return mantissa
	}
	return mantissa + "e" + sign + power
}

// digits writes f with at most n significant digits, but always with all digits of its whole part. It
// never writes an exponent.
func digits(f float64, n int) string {
	whole := 1
	if a := math.Abs(f); a >= 1 {
		whole = int(math.Log10(a)) + 1
	} else if a > 0 {
		whole = int(math.Floor(math.Log10(a))) + 1
	}
	s := strconv.FormatFloat(f, 'f', max(n-whole, 0), 64)
	if strings.ContainsRune(s, '.') {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
