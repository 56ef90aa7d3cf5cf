package frame

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// numeral is how a number is written.
type numeral struct {
	how numeralKind
	pad byte // of digits: '0' or ' '
}

type numeralKind uint8

const (
	noNumeral numeralKind = iota
	littleEndian
	bigEndian
	digits    // decimal, padded in front
	hexDigits // lower case, padded with '0'
)

// maxField is the longest field in bytes, but for a body, a payload and what is left over.
const maxField = 1024

// maxDigits is the longest number in bytes.
const maxDigits = 20

var types = map[string]struct {
	size int
	how  numeralKind
}{
	"u1":   {1, littleEndian},
	"u2le": {2, littleEndian}, "u3le": {3, littleEndian}, "u4le": {4, littleEndian}, "u8le": {8, littleEndian},
	"u2be": {2, bigEndian}, "u3be": {3, bigEndian}, "u4be": {4, bigEndian}, "u8be": {8, bigEndian},
	"digits": {0, digits}, "hex": {0, hexDigits},
}

const typeNames = "u1, u2le, u3le, u4le, u8le, u2be, u3be, u4be, u8be, digits, hex"

// field reads one field of the frame, or of a body.
func (r *reader) field(n *node, inFrame bool) field {
	m := n.mapping("a field", nil, fieldKeys...)
	f := field{at: n}
	if v := m.get("id"); v != nil {
		f.id = v.word("id")
		if !isName.MatchString(f.id) {
			v.fail("id %q; accepted: a letter, then letters, digits and _", f.id)
		}
	}
	r.fieldType(&f, m)
	switch {
	case m.get("value") != nil:
		r.value(&f, m)
	case m.get("counts") != nil:
		r.length(&f, m, inFrame)
	case m.get("contents") != nil:
		r.contents(&f, m)
	case m.get("fill") != nil:
		m.only("fill", "id", "size", "fill")
		f.bytes = bytes.Repeat([]byte{byte(m.get("fill").number("fill", 0, 255))}, r.size(m))
		f.size = len(f.bytes)
	case m.get("any") != nil:
		m.only("any", "id", "size", "any", "type")
		if !m.get("any").yes("any") {
			n.fail("any: false; accepted: true")
		}
		f.kind = isAny
		if f.size == 0 {
			f.size = r.size(m)
		}
	case m.get("rest") != nil:
		m.only("rest", "id", "rest")
		m.get("rest").choice("rest", "any")
		f.kind = isRest
	case inFrame && f.id == "body":
		m.only("the body", "id", "terminator")
		f.kind = isBody
		if v := m.get("terminator"); v != nil {
			f.end = v.bytes("terminator", 4)
		}
	case !inFrame && f.id == "payload":
		m.only("the payload", "id", "first")
		f.kind = isPayload
		if v := m.get("first"); v != nil {
			f.first = int(v.number("first", 8, 1<<16))
		}
	case inFrame && f.id != "" && f.num.how != noNumeral:
		m.only("a field whose value each message gives", "id", "type", "size", "pad")
		f.kind = isGiven
	default:
		n.fail("a field without a value; accepted: contents, value, counts, fill, any, rest, or id: %s",
			map[bool]string{true: "body", false: "payload"}[inFrame])
	}
	if f.end == nil && m.get("terminator") != nil {
		m.get("terminator").fail("a terminator of what is not the body")
	}
	return f
}

var isName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,31}$`)

// fieldType reads type, size and pad of a number.
func (r *reader) fieldType(f *field, m *mapping) {
	v := m.get("type")
	if v == nil {
		if p := m.get("pad"); p != nil {
			p.fail("pad without type: digits")
		}
		return
	}
	t, ok := types[v.word("type")]
	if !ok {
		v.fail("type %q; accepted: %s", v.word("type"), typeNames)
	}
	f.size, f.num = t.size, numeral{how: t.how, pad: '0'}
	if t.size == 0 {
		f.size = int(m.need("size").number("size", 1, maxDigits))
	} else if s := m.get("size"); s != nil {
		s.fail("size beside type %s, which has one; accepted: size of digits and hex", v.word("type"))
	}
	if p := m.get("pad"); p != nil {
		if t.how != digits {
			p.fail("pad beside type %s; accepted: with digits", v.word("type"))
		}
		f.num.pad = p.pad()
	}
}

// pad is what stands before a number's digits. 0 without quotes is the same digit.
func (n *node) pad() byte {
	text := kindOf(n.option().yaml)
	switch y := n.option().yaml.(type) {
	case *ast.StringNode:
		if y.Value == "0" || y.Value == " " {
			return y.Value[0]
		}
	case *ast.IntegerNode:
		if text == "0" {
			return '0'
		}
	}
	n.fail("pad %s; accepted: \"0\" or \" \"", text)
	return 0
}

func (r *reader) size(m *mapping) int { return int(m.need("size").number("size", 1, maxField)) }

// length reads "counts: body" and what goes with it.
func (r *reader) length(f *field, m *mapping, inFrame bool) {
	m.only("counts", "id", "type", "size", "pad", "counts", "plus")
	if !inFrame {
		m.fail("a length in a body; accepted: in frame")
	}
	m.need("type")
	f.kind = isLength
	names := []string{countsBody: "body", countsRest: "rest", countsFrame: "frame"}
	f.counts = counted(slices.Index(names, m.get("counts").choice("counts", names...)))
	if v := m.get("plus"); v != nil {
		f.plus = v.number("plus", -1<<16, 1<<16)
	}
}

// value reads "value: random" and the like.
func (r *reader) value(f *field, m *mapping) {
	m.need("type")
	v := m.get("value")
	word := v.word("value")
	if fn, args, call := strings.Cut(word, "("); call {
		m.only("a checksum", "id", "type", "size", "pad", "value", "over")
		f.kind = isSum
		r.sum(f, v, fn, args)
		if o := m.get("over"); o != nil {
			f.sum.ciphered = o.choice("over", "plain", "ciphered") == "ciphered"
		}
		return
	}
	m.only("value", "id", "type", "size", "pad", "value", "counts")
	f.kind = valueKind(v, "value", word, "random", "client", "connection", "sequence")
	if c := m.get("counts"); c != nil {
		if f.kind != isSequence {
			c.fail("counts beside value: %s; accepted: beside sequence", word)
		}
		f.packets = c.choice("counts", "echoes", "packets") == "packets"
	}
}

// sum reads "crc32(body, id)".
func (r *reader) sum(f *field, v *node, fn, args string) {
	s, ok := sums[fn]
	if !ok {
		v.fail("checksum %q; accepted: %s", fn, sumNames)
	}
	inner, closed := strings.CutSuffix(args, ")")
	if !closed || strings.TrimSpace(inner) == "" {
		v.fail("checksum %q; accepted: like %s(body)", fn+"("+args, fn)
	}
	f.sum.fn, f.sum.at = fn, v
	for one := range strings.SplitSeq(inner, ",") {
		one = strings.TrimSpace(one)
		if slices.Contains(f.sum.over, one) {
			v.fail("checksum over %q twice", one)
		}
		f.sum.over = append(f.sum.over, one)
	}
	width := f.size
	if f.num.how == hexDigits || f.num.how == digits {
		width = f.size / 2
		if f.num.how == digits {
			v.fail("a checksum in decimal digits; accepted: a binary type or hex")
		}
	}
	if width != s.width {
		v.fail("%s in a field of %d bytes; accepted: %d, or %d of hex", fn, f.size, s.width, 2*s.width)
	}
}

// contents reads a constant.
func (r *reader) contents(f *field, m *mapping) {
	m.only("contents", "id", "type", "size", "pad", "contents")
	v := m.get("contents")
	f.kind = isConst
	if f.num.how == noNumeral {
		f.bytes = v.bytes("contents", maxField)
		f.size = len(f.bytes)
		return
	}
	f.bytes = f.num.bytes(v, f.size, "contents")
}

// bytes are a number's, as it is written in a field.
func (u numeral) bytes(v *node, size int, what string) []byte {
	most := u.most(size)
	b := make([]byte, size)
	if i, ok := v.option().yaml.(*ast.IntegerNode); ok {
		if x, ok := i.Value.(uint64); ok && x <= most {
			u.put(b, x)
			return b
		}
	}
	u.put(b, uint64(v.number(what, 0, int64(min(most, 1<<63-1)))))
	return b
}

// most is the largest number that a field of so many bytes holds.
func (u numeral) most(size int) uint64 {
	switch {
	case u.how == digits && size < 20:
		x := uint64(1)
		for range size {
			x *= 10
		}
		return x - 1
	case u.how == hexDigits && size < 16:
		return 1<<(4*size) - 1
	case u.how <= bigEndian && size < 8:
		return 1<<(8*size) - 1
	}
	return 1<<64 - 1
}

// put writes x into b; digits and bytes that have no place are left out.
func (u numeral) put(b []byte, x uint64) {
	switch u.how {
	case littleEndian:
		switch len(b) {
		case 2:
			binary.LittleEndian.PutUint16(b, uint16(x))
		case 4:
			binary.LittleEndian.PutUint32(b, uint32(x))
		case 8:
			binary.LittleEndian.PutUint64(b, x)
		default:
			for i := range b {
				b[i] = byte(x >> (8 * i))
			}
		}
	case bigEndian:
		for i := range b {
			b[i] = byte(x >> (8 * (len(b) - 1 - i)))
		}
	case digits:
		for i := len(b) - 1; i >= 0; i-- {
			b[i] = u.pad
			if x > 0 || i == len(b)-1 {
				b[i] = '0' + byte(x%10)
			}
			x /= 10
		}
	case hexDigits:
		for i := len(b) - 1; i >= 0; i-- {
			b[i] = "0123456789abcdef"[x&15]
			x >>= 4
		}
	}
}

// get reads a number; it reports false for what is none. Digits may be padded with zeros or spaces,
// hex digits may be of either case.
func (u numeral) get(b []byte) (x uint64, ok bool) {
	switch u.how {
	case littleEndian:
		for i, c := range b {
			x |= uint64(c) << (8 * i)
		}
		return x, true
	case bigEndian:
		for _, c := range b {
			x = x<<8 | uint64(c)
		}
		return x, true
	case digits:
		b = bytes.TrimLeft(b, " ")
		for _, c := range b {
			if c < '0' || c > '9' || x > (1<<64-1-9)/10 {
				return 0, false
			}
			x = x*10 + uint64(c-'0')
		}
		return x, len(b) > 0
	case hexDigits:
		for _, c := range b {
			if 'A' <= c && c <= 'F' {
				c += 'a' - 'A'
			}
			i := strings.IndexByte("0123456789abcdef", c)
			if i < 0 || x>>60 != 0 {
				return 0, false
			}
			x = x<<4 | uint64(i)
		}
		return x, len(b) > 0
	}
	return 0, false
}

// says reports whether b is how x is written. Digits are padded as described, although get takes either
// way: one flipped bit makes a space of a zero. Hex digits may be of either case.
func (u numeral) says(b []byte, x uint64) bool {
	var buf [maxDigits]byte
	want := buf[:len(b)]
	u.put(want, x)
	if u.how == hexDigits {
		y, ok := u.get(b)
		x, _ = u.get(want) // what has no place is left out
		return ok && x == y
	}
	return bytes.Equal(b, want)
}
