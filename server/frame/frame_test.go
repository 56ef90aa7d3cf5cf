package frame

import (
	"bytes"
	"testing"
)

func must(t testing.TB, spec string) *Format {
	t.Helper()
	f, err := Named(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryBuiltInIsReadAndWritten(t *testing.T) {
	for _, name := range Names() {
		written(t, must(t, name))
	}
}

func TestEveryExampleIsReadAndWritten(t *testing.T) {
	for name, text := range examples {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(name, text)
			if err != nil {
				t.Fatal(err)
			}
			written(t, f)
		})
	}
}

// written writes and reads frames of a format, cut at every byte.
func written(t fataler, f *Format) {
	t.Helper()
	v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
	for _, n := range []int{8, 9, 63, 64, 200, 4000} {
		if n > f.MaxPayload() {
			continue
		}
		for _, m := range []*Message{f.Request, f.Answer} {
			payload := letters(m.Carries(n))
			whole := m.Begin([]byte("before"), &v, len(payload))
			whole = m.End(append(whole, payload...), 6, &v)[6:]
			if m.Short() {
				for i, c := range whole {
					tail := i - m.headSize - len(payload)
					if i < m.headSize && c != byte(m.Head(len(payload))>>(8*i)) || tail >= 0 &&
						c != byte(m.Tail()>>(8*tail)) {
						t.Fatalf("byte %d of a short message: %x", i, whole)
					}
				}
			}
			if len(whole) != m.Size(n) {
				t.Fatalf("%d bytes, not %d", len(whole), m.Size(n))
			}
			for _, at := range cuts(len(whole)) {
				if !f.Stream {
					cutAt(t, f, whole, at)
				}
				var c Cursor
				plain := m.Open(m.Open(nil, &c, whole[:at], 0), &c, whole[at:], at)
				p, ok := m.Read(plain)
				if !ok || p.Wrong != nil || !bytes.Equal(p.Payload, payload) || m.CheckCiphered(whole) != nil {
					t.Fatalf("%d: %v %+v %+v", n, ok, p, p.Wrong)
				}
			}
		}
	}
	packets(t, f)
}

// fataler is a test, or a property's.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// cuts are places to cut n bytes at: all, or of many those at the ends and some between.
func cuts(n int) (at []int) {
	for i := 1; i <= n; i++ {
		if i <= 300 || i > n-40 || i%97 == 0 {
			at = append(at, i)
		}
	}
	return at
}

func letters(n int) []byte { return bytes.Repeat([]byte("abcdefgh"), n/8+1)[:n] }

// cutAt has a frame cut in two, with more behind it.
func cutAt(t fataler, f *Format, whole []byte, at int) {
	t.Helper()
	n, done, err := f.Join(nil, whole[:at])
	if err != nil || n != at || done != (at == len(whole)) {
		t.Fatalf("%d of %d: %d %v %v", at, len(whole), n, done, err)
	}
	if at == len(whole) {
		return
	}
	n, done, err = f.Join(whole[:at], append(bytes.Clone(whole[at:]), "more"...))
	if err != nil || !done || n != len(whole)-at {
		t.Fatalf("rest from %d of %d: %d %v %v", at, len(whole), n, done, err)
	}
}

// packets has the server answer what the dummies ask.
func packets(t fataler, f *Format) {
	t.Helper()
	s := f.Server()
	v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
	for _, n := range []int{8, 9, 64, 4000} {
		if n > f.MaxPayload() {
			continue
		}
		payload := letters(n)
		ask := f.Request.End(append(f.Request.Begin(nil, &v, n), payload...), 0, &v)
		packet, wrong := f.Packet(nil, ask)
		if wrong != nil {
			t.Fatalf("%v: %+v", f, wrong)
		}
		what, p := s.Look(packet, s.Awaits(len(f.Session)))
		if what != AnEcho || !bytes.Equal(p.Payload, payload) {
			t.Fatalf("%v: %v %+v", f, what, p)
		}
		answer := f.AppendPacket(nil, s.AppendAnswer(nil, &p), 77)
		if s.Identical() {
			if same := f.AppendPacket(nil, packet, 77); !bytes.Equal(same, answer) {
				t.Fatalf("%v: not identical\n%x\n%x", f, same, answer)
			}
		}
		var c Cursor
		got, ok := f.Answer.Read(f.Answer.Open(nil, &c, answer, 0))
		if !ok || got.Wrong != nil || !bytes.Equal(got.Payload, payload[:f.Answer.Carries(n)]) {
			t.Fatalf("%v: %v %+v %+v", f, ok, got, got.Wrong)
		}
		want := f.Answer.Plain(append(f.Answer.Begin(nil, &v, f.Answer.Carries(n)),
			payload[:f.Answer.Carries(n)]...), 0, &v)
		for _, at := range cuts(len(answer) - 1) {
			var c Cursor
			a := f.Answer.Open(nil, &c, answer[:at], 0)
			b := f.Answer.Open(nil, &c, answer[at:], at)
			if !f.Answer.Predictable() {
				break
			}
			if !f.Answer.Same(want, a, 0) || !f.Answer.Same(want, b, at) {
				t.Fatalf("%v: not the same, cut at %d:\n%x\n%x %x", f, at, want, a, b)
			}
		}
	}
}
