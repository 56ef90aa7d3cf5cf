package frame

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestTerminatorsThatBeginInThemselves, and what is only half of one.
func TestTerminatorsThatBeginInThemselves(t *testing.T) {
	for end, streams := range map[string][]string{
		"\\r\\n":          {"a\rb\r\n|\r\r\n|\nx\r\n|", "\n\r\n|\r\n"},
		"\\r\\n\\r\\n":    {"a\r\nb\r\n\r\n|c\r\n\r\r\n\r\n|", "a\r\n\r\n|\r\n\r\n"},
		"\\n\\n\\n":       {"a\n\nb\n\n\n|c\n\n\n|", "\n\n\n"},
		"aab":             {"aaab|xaab|"},
		"\\0":             {"x\x00|y\x00|z"},
		"\\x7f\\x7f\\x01": {"\x7f\x7f\x7f\x01|\x7f\x7f\x01"},
	} {
		f, err := Parse("x", "frame: [{id: body, terminator: \""+end+"\"}]\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range streams {
			parts := strings.Split(s, "|")
			data := []byte(strings.Join(parts, ""))
			want := parts[:len(parts)-1]
			for at := range len(data) + 1 {
				got, err := f.cutAll(data[:at], data[at:])
				if !slices.Equal(got, want) || err != nil && !errors.Is(err, ErrZeroLength) {
					t.Errorf("%q ended by %s, cut at %d: %q %v", s, end, at, got, err)
				}
			}
			var single [][]byte
			for _, c := range data {
				single = append(single, []byte{c})
			}
			if got, _ := f.cutAll(single...); !slices.Equal(got, want) {
				t.Errorf("%q ended by %s, byte by byte: %q", s, end, got)
			}
		}
	}
}

// cutAll cuts a stream that comes in chunks, as a server does.
func (f *Format) cutAll(chunks ...[]byte) (frames []string, err error) {
	var partial []byte
	for _, chunk := range chunks {
		if len(partial) > 0 {
			n, whole, err := f.Join(partial, chunk)
			if err != nil {
				return frames, err
			}
			partial, chunk = append(partial, chunk[:n]...), chunk[n:]
			if !whole {
				continue
			}
			frames = append(frames, string(partial))
			partial = partial[:0]
		}
		for len(chunk) > 0 {
			whole, rest, ok, err := f.Next(chunk)
			if err != nil {
				return frames, err
			}
			if !ok {
				partial = append(partial, rest...)
				break
			}
			frames = append(frames, string(whole))
			chunk = rest
		}
	}
	return frames, nil
}

func TestLimitsOfLengths(t *testing.T) {
	for _, c := range []struct {
		frame, data string
		err         error
		n           int // bytes of the whole frame when there is no error
	}{
		{"len16", "\x00\x00", ErrZeroLength, 0},
		{"len16", "\xff\xff", nil, 2 + 65535},
		{"len32", "\x00\x00\x10\x00", nil, 4 + MaxPayload},
		{"len32", "\x01\x00\x10\x00", ErrOversize, 0},
		{"len32be", "\xff\xff\xff\xff", ErrOversize, 0},
		{"id16", "\x04\x00", ErrZeroLength, 0},
		{"id16", "\x03\x00", ErrLength, 0},
		{"id16", "\x05\x00", nil, 5},
		{"digits with zeros", "00x0", ErrLength, 0},
		{"digits with zeros", "0000", ErrZeroLength, 0},
		{"digits with zeros", "  12", nil, 16},
		{"digits with spaces", "     8", ErrZeroLength, 0},
		{"digits with spaces", "     7", ErrLength, 0},
		{"digits with spaces", "    20", nil, 18},
		{"three bytes", "\x00\x00\x01", nil, 4},
		{"three bytes", "\x10\x00\x00", nil, 3 + MaxPayload},
		{"three bytes", "\x10\x00\x01", ErrOversize, 0},
		{"eight bytes", "\x02\xff\xff\xff\xff\xff\xff\xff\xff", ErrOversize, 0},
		{"eight bytes", "\x02\x80\x00\x00\x00\x00\x00\x00\x00", ErrOversize, 0},
		{"eight bytes", "\x02\x00\x00\x00\x00\x00\x00\x00\x03", ErrLength, 0},
		{"eight bytes", "\x02\x00\x00\x00\x00\x00\x00\x00\x05", nil, 14},
		{"typed", "\x77\x00\x00", ErrZeroLength, 0},
		{"typed", "\x77\x01\x00", nil, 6},
	} {
		f := named(t, c.frame)
		data := []byte(c.data)
		for at := range len(data) {
			partial, chunk := data[:at], append(bytes.Clone(data[at:]), make([]byte, c.n)...)
			n, whole, err := f.Join(partial, chunk)
			if !errors.Is(err, c.err) || err == nil && (!whole || at+n != c.n) {
				t.Errorf("%s: %x cut at %d: %d %v %v", c.frame, data, at, n, whole, err)
			}
		}
		if n, known := f.Total(data); known != (c.err == nil) || known && n != c.n {
			t.Errorf("%s: %x has %d bytes, %v", c.frame, data, n, known)
		}
	}
}

// named is an example or a built-in format.
func named(t testing.TB, name string) *Format {
	t.Helper()
	if text, ok := examples[name]; ok {
		f, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return must(t, name)
}

// TestTheLongestTextIsNoOversize wherever it is cut, and one byte more always is.
func TestTheLongestTextIsNoOversize(t *testing.T) {
	f := named(t, "crlf")
	body := bytes.Repeat([]byte("x"), MaxPayload+1)
	for _, n := range []int{MaxPayload, MaxPayload + 1} {
		whole := append(bytes.Clone(body[:n]), "\r\n"...)
		for at := len(whole) - 4; at <= len(whole); at++ {
			got, err := f.cutAll(whole[:at], whole[at:])
			if ok := n <= MaxPayload; ok && (err != nil || len(got) != 1) || !ok && !errors.Is(err, ErrOversize) {
				t.Errorf("%d bytes, cut at %d: %d frames, %v", n, at, len(got), err)
			}
		}
	}
}

// FuzzCut: any bytes, in any cuts. All ways to cut agree, and what was cut can be read.
func FuzzCut(f *testing.F) {
	var all []*Format
	var names []string
	for name := range examples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range append(Names(), names...) {
		g := named(f, name)
		all = append(all, g)
		v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
		whole := g.Request.End(append(g.Request.Begin(nil, &v, 9), letters(9)...), 0, &v)
		f.Add(uint8(len(all)-1), append(bytes.Clone(whole), whole...), []byte{3, 1, 200})
	}
	f.Fuzz(func(t *testing.T, which uint8, data, cuts []byte) {
		f := all[int(which)%len(all)]
		var chunks [][]byte
		rest := data
		for _, n := range cuts {
			n := min(int(n), len(rest))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		once, onceErr := f.cutAll(data)
		got, err := f.cutAll(append(chunks, rest)...)
		if f.Stream {
			once, got = []string{strings.Join(once, "")}, []string{strings.Join(got, "")}
		}
		if !slices.Equal(once, got) || !errors.Is(err, onceErr) {
			t.Fatalf("%v: %x in %x:\n%q %v\n%q %v", f, data, cuts, once, onceErr, got, err)
		}
		for _, whole := range once {
			read(t, f, []byte(whole))
		}
	})
}

// read takes a whole frame apart in all ways.
func read(t *testing.T, f *Format, whole []byte) {
	t.Helper()
	if packet, wrong := f.Packet(nil, whole); wrong == nil {
		for step := range len(f.Session) + 1 {
			f.Server().Look(packet, step)
		}
		if again := f.AppendPacket(nil, packet, 1); len(again) != len(whole) {
			t.Fatalf("%v: %x, again %x", f, whole, again)
		}
	}
	for _, m := range f.messages() {
		if p, ok := m.Read(m.Open(nil, new(Cursor), whole, 0)); ok {
			m.CheckCiphered(whole)
			m.WrongValue(&p, &Values{})
		}
	}
}
