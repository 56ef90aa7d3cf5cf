package frame

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

var all = []Format{Raw, Len16, Len32, Line}

func TestParseKnowsEveryNameAndListsThemOtherwise(t *testing.T) {
	for _, f := range all {
		got, err := Parse(f.String())
		if err != nil || got != f {
			t.Errorf("Parse(%q) = %v, %v", f, got, err)
		}
	}
	_, err := Parse("len64")
	if err == nil {
		t.Fatal("Parse took an unknown name")
	}
	for _, want := range []string{`"len64"`, "raw", "len16", "len32", "line"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
}

func TestAppendIsTheFormOnTheWire(t *testing.T) {
	want := map[Format]string{
		Raw: "abc", Len16: "\x03\x00abc", Len32: "\x03\x00\x00\x00abc", Line: "abc\n",
	}
	for f, w := range want {
		got := f.Append([]byte(">"), []byte("abc"))
		if string(got) != ">"+w {
			t.Errorf("%v: %q, want %q", f, got, w)
		}
		if f.Overhead() != len(w)-3 {
			t.Errorf("%v: Overhead %d, want %d", f, f.Overhead(), len(w)-3)
		}
	}
}

func TestNextCutsWithoutCopying(t *testing.T) {
	for _, f := range all[1:] {
		buf := f.Append(f.Append(nil, []byte("one")), []byte("three"))
		first, rest, ok, err := f.Next(buf)
		if !ok || err != nil || string(first) != "one" {
			t.Fatalf("%v: %q %v %v", f, first, ok, err)
		}
		if &first[0] != &buf[formats[f].header] {
			t.Errorf("%v: the payload was copied", f)
		}
		second, rest, ok, err := f.Next(rest)
		if !ok || err != nil || string(second) != "three" || len(rest) != 0 {
			t.Errorf("%v: %q rest %q %v %v", f, second, rest, ok, err)
		}
		if _, _, ok, err = f.Next(rest); ok || err != nil {
			t.Errorf("%v: a frame from nothing: %v %v", f, ok, err)
		}
	}
}

func TestIllegalHeadersAreToldFromTheHeaderAlone(t *testing.T) {
	long := bytes.Repeat([]byte("x"), MaxPayload+1)
	cases := []struct {
		f    Format
		in   string
		want error
	}{
		{Len16, "\x00\x00", ErrZeroLength},
		{Len32, "\x00\x00\x00\x00", ErrZeroLength},
		{Len32, "\x01\x00\x10\x00", ErrOversize}, // MaxPayload + 1
		{Len32, "\xff\xff\xff\xff", ErrOversize},
		{Line, "\n", ErrZeroLength},
		{Line, string(long), ErrOversize},
		{Line, string(long) + "\n", ErrOversize},
	}
	for _, c := range cases {
		if _, _, ok, err := c.f.Next([]byte(c.in)); ok || !errors.Is(err, c.want) {
			t.Errorf("%v %.8q: %v %v, want %v", c.f, c.in, ok, err, c.want)
		}
	}
}

func TestTheLongestPayloadIsLegal(t *testing.T) {
	for _, f := range all {
		in := bytes.Repeat([]byte("x"), f.MaxPayload())
		got, rest, ok, err := f.Next(f.Append(nil, in))
		if !ok || err != nil || len(got) != len(in) || len(rest) != 0 {
			t.Errorf("%v: %d bytes, %d left, %v %v", f, len(got), len(rest), ok, err)
		}
	}
}

func TestCarriageReturnIsPayload(t *testing.T) {
	got, _, ok, err := Line.Next([]byte("\r\nx"))
	if !ok || err != nil || string(got) != "\r" {
		t.Errorf("%q %v %v", got, ok, err)
	}
}

func TestALineCutAnywhereStaysOneLine(t *testing.T) {
	stream := []byte("first\nsecond\n")
	for at := range len(stream) + 1 {
		got, err := cut(Line, stream[:at], stream[at:])
		if err != nil || len(got) != 2 || got[0] != "first" || got[1] != "second" {
			t.Errorf("cut at %d: %q %v", at, got, err)
		}
	}
}

// cut feeds chunks the way a receiver does: whole frames by Next, the seam by Join.
func cut(f Format, chunks ...[]byte) (payloads []string, err error) {
	var partial []byte
	for _, chunk := range chunks {
		for len(chunk) > 0 {
			if len(partial) == 0 {
				payload, rest, ok, err := f.Next(chunk)
				if err != nil {
					return payloads, err
				}
				if !ok {
					partial = append(partial, rest...)
					break
				}
				payloads, chunk = append(payloads, string(payload)), rest
				continue
			}
			n, whole, err := f.Join(partial, chunk)
			if err != nil {
				return payloads, err
			}
			partial, chunk = append(partial, chunk[:n]...), chunk[n:]
			if whole {
				payloads = append(payloads, string(f.Payload(partial)))
				partial = partial[:0]
			}
		}
	}
	return payloads, nil
}

// FuzzCut compares a stream cut whole, byte by byte, and in two at every place.
func FuzzCut(f *testing.F) {
	f.Add(uint8(1), []byte("\x03\x00abc\x01\x00x"))
	f.Add(uint8(2), []byte("\x03\x00\x00\x00abc\x00\x00\x00\x00"))
	f.Add(uint8(3), []byte("abc\nx\n\n"))
	f.Fuzz(func(t *testing.T, which uint8, stream []byte) {
		format := all[1+int(which)%3] // Raw has no frames: its payloads are the chunks themselves
		if len(stream) > 300 {
			stream = stream[:300]
		}
		want, wantErr := cut(format, stream)
		check := func(how string, chunks ...[]byte) {
			got, err := cut(format, chunks...)
			if err != wantErr || strings.Join(got, "|") != strings.Join(want, "|") {
				t.Fatalf("%v %s: %q %v, want %q %v", format, how, got, err, want, wantErr)
			}
		}
		var bytewise [][]byte
		for i := range stream {
			bytewise = append(bytewise, stream[i:i+1])
			check("in two", stream[:i], stream[i:])
		}
		check("byte by byte", bytewise...)
		joined := make([]byte, 0, len(stream))
		for _, p := range want {
			joined = format.Append(joined, []byte(p))
		}
		if !bytes.HasPrefix(stream, joined) {
			t.Fatalf("%v: payloads put together again are not the stream's beginning", format)
		}
	})
}

func BenchmarkNextLen16(b *testing.B) {
	buf := Len16.Append(nil, make([]byte, 32))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok, _ := Len16.Next(buf); !ok {
			b.Fatal("no frame")
		}
	}
}
