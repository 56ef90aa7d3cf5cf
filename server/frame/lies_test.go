package frame

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

var liar = Values{Client: 70, Connection: 3, Sequence: 9, Packet: 11, Random: 5}

// TestOneThingLies: what is cut off a stream says which lie it is, and everything else in it is right.
func TestOneThingLies(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) {
		right := f.Request.End(append(f.Request.Begin(nil, &liar, 8), letters(8)...), 0, &liar)
		if lie, ok := f.Oversize(&liar); ok {
			_, _, _, err := f.Next(append(bytes.Clone(lie), bytes.Repeat([]byte("x"), MaxPayload+1)...))
			if !errors.Is(err, ErrOversize) {
				t.Errorf("oversize %x: %v", lie, err)
			}
			lies(t, f, right, lie)
			if f.Text() != (f.Declares() == 0) {
				t.Errorf("it declares %d", f.Declares())
			}
		}
		if lie, ok := f.Zero(&liar); ok {
			for n := 1; n < len(lie); n++ {
				_, whole, err := f.Join(nil, lie[:n])
				if whole || err != nil && !errors.Is(err, ErrZeroLength) {
					t.Errorf("%d of zero %x: %v %v", n, lie, whole, err)
				}
			}
			if _, _, _, err := f.Next(lie); !errors.Is(err, ErrZeroLength) {
				t.Errorf("zero %x: %v", lie, err)
			}
			if packet, wrong := f.Packet(nil, lie); wrong != nil || len(packet) != f.wire.size {
				t.Errorf("zero %x: %x %+v", lie, packet, wrong)
			}
		}
		if lie, ok := f.HalfHeader(&liar); ok {
			n, whole, err := f.Join(nil, lie)
			if n != len(lie) || whole || err != nil || len(lie) == 0 || 2*len(lie) > f.wire.headSize {
				t.Errorf("half %x: %d %v %v", lie, n, whole, err)
			}
			// Of a checksum before the body only a payload could tell whether it is right.
			if end := min(len(lie), firstSum(f)); !bytes.Equal(lie[:end], right[:end]) && f.cut.off >= end {
				t.Errorf("half %x of %x", lie, right)
			}
		}
	})
}

// firstSum is where the first checksum of a request stands.
func firstSum(f *Format) int {
	at := f.Request.headSize
	for _, s := range f.Request.sums {
		if !s.tail {
			at = min(at, s.off)
		}
	}
	return at
}

// lies compares an oversize with a right request: the length differs, and checksums may.
func lies(t *testing.T, f *Format, right, lie []byte) {
	t.Helper()
	m := f.Request
	if len(lie) != m.headSize {
		t.Fatalf("%d bytes before a payload, not %d", len(lie), m.headSize)
	}
	var one, other Cursor
	right, lie = m.Open(nil, &one, right[:m.headSize], 0), m.Open(nil, &other, lie, 0)
	var may []span
	if !f.Text() {
		may = append(may, span{where{off: f.cut.off}, where{off: f.cut.off + f.cut.size}})
	}
	for _, s := range m.sums {
		if !s.tail {
			may = append(may, m.place(&s.segment, false))
		}
	}
	for i := range lie {
		if lie[i] != right[i] && !slices.ContainsFunc(may, func(s span) bool {
			return s.from.off <= i && i < s.to.off
		}) {
			t.Errorf("byte %d of %x, not as in %x", i, lie, right)
		}
	}
}

// TestWhoCannotLie: a format whose numbers are all legal, and one that has empty packets.
func TestWhoCannotLie(t *testing.T) {
	const all = "oversize zero half"
	for name, want := range map[string]string{
		"raw": "", "len16": "zero half", "len32": all, "line": "oversize zero",
		"len16be": "zero half", "len32be": all, "crlf": "oversize zero", "net": "zero half",
		"id16": "zero half", "echo64": "zero half",
	} {
		can(t, must(t, name), want)
	}
	for name, want := range map[string]string{
		"typed": "zero half", "magic and type": "zero half", "digits with zeros": "zero half",
		"digits with spaces": "zero half", "three bytes": "zero half", "eight bytes": all,
		"text": "oversize zero half", "nul": "oversize zero", "stream with login": "",
	} {
		f, err := Parse(name, examples[name])
		if err != nil {
			t.Fatal(err)
		}
		can(t, f, want)
	}
	for text, want := range map[string]string{
		"frame: [{id: n, type: u1, counts: body}, {id: body}]": "zero",
		"frame: [{id: n, type: u2le, counts: body}, {id: body}]\n" +
			"heartbeat: {every: 1s, send: {body: []}}": "half",
	} {
		f, err := Parse("x", text)
		if err != nil {
			t.Fatal(err)
		}
		can(t, f, want)
	}
}

func can(t *testing.T, f *Format, want string) {
	t.Helper()
	var got []string
	for _, one := range []struct {
		name string
		lie  func(*Values) ([]byte, bool)
	}{{"oversize", f.Oversize}, {"zero", f.Zero}, {"half", f.HalfHeader}} {
		if lie, ok := one.lie(&liar); ok {
			got = append(got, one.name)
		} else if lie != nil {
			t.Errorf("%v: %x, which is no lie", f, lie)
		}
	}
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%v: %q, want %q", f, s, want)
	}
}

// TestLiesOfThePlainFormats are those that servers of users have seen.
func TestLiesOfThePlainFormats(t *testing.T) {
	for _, c := range []struct {
		got  func(*Values) ([]byte, bool)
		want string
	}{
		{must(t, "len32").Oversize, "\xff\xff\xff\xff"}, {must(t, "line").Oversize, ""},
		{must(t, "len16").Zero, "\x00\x00"}, {must(t, "len32").Zero, "\x00\x00\x00\x00"}, {must(t, "line").Zero,
			"\n"},
		{must(t, "crlf").Zero, "\r\n"}, {must(t, "id16").Zero, "\x04\x00\x01\x00"},
	} {
		if got, ok := c.got(&liar); !ok || string(got) != c.want {
			t.Errorf("%x %v, want %x", got, ok, c.want)
		}
	}
	for name, n := range map[string]int{"len16": 1, "len32": 2, "net": 2, "id16": 2} {
		if half, _ := must(t, name).HalfHeader(&liar); len(half) != n {
			t.Errorf("%s: %x is half a header, want %d bytes", name, half, n)
		}
	}
}

// TestLongestFrameIsNoLie where a length counts more than the frame has.
func TestLongestFrameIsNoLie(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) {
		n := f.MaxPayload()
		whole := f.Request.End(append(f.Request.Begin(nil, &liar, n), letters(n)...), 0, &liar)
		if got, rest, ok, err := f.Next(whole); err != nil || !ok || len(rest) > 0 || len(got) != len(whole) {
			t.Errorf("payload of %d: %v %v, %d bytes left", n, ok, err, len(rest))
		}
	})
}

func TestWhoSaysWho(t *testing.T) {
	for name, want := range map[string]bool{"typed": false, "who and which": false, "text": false,
		"eight bytes": false, "checksums": true, "random in a sum": true, "magic and type": true} {
		f, err := Parse(name, examples[name])
		if err != nil {
			t.Fatal(err)
		}
		if f.Request.Alike() != want {
			t.Errorf("%s: all alike is %v", name, !want)
		}
	}
	for name, want := range map[string]uint64{"typed": 1<<64 - 1, "who and which": 1<<32 - 1, "text": 999999,
		"checksums": 1<<64 - 1} {
		if f, _ := Parse(name, examples[name]); f.MaxClient() != want {
			t.Errorf("%s: clients to %d", name, f.MaxClient())
		}
	}
}
