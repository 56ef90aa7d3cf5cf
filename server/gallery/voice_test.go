package gallery

import (
	"bytes"
	"slices"
	"testing"

	"dummyload/server/frame"
)

// asked is a whole frame that asks for an echo, and step one of a session.
func asked(f *frame.Format, payload string) []byte {
	v := frame.Values{Client: 7, Connection: 1, Sequence: 1}
	return f.Request.End(append(f.Request.Begin(nil, &v, len(payload)), payload...), 0, &v)
}

func step(m *frame.Message) []byte {
	v := frame.Values{Client: 7, Connection: 1}
	return m.End(m.Begin(nil, &v, 0), 0, &v)
}

// read takes the answers apart.
func read(t *testing.T, f *frame.Format, stream []byte) (payloads []string) {
	t.Helper()
	for len(stream) > 0 {
		whole, rest, ok, err := f.Next(stream)
		if !ok || err != nil {
			t.Fatalf("%x: %v", stream, err)
		}
		p, ok := f.Answer.Read(f.Answer.Open(nil, new(frame.Cursor), whole, 0))
		if !ok || p.Wrong != nil {
			t.Fatalf("%x: %+v", whole, p.Wrong)
		}
		payloads, stream = append(payloads, string(p.Payload)), rest
	}
	return payloads
}

// TestVoiceAnswersWhateverItsFrame: cut anywhere, of several frames those that are whole.
func TestVoiceAnswersWhateverItsFrame(t *testing.T) {
	for _, name := range frame.Names() {
		f := frame.Builtin(name)
		if f.Stream {
			continue
		}
		want := []string{"01234567890", "abcdefgh"}
		for i, w := range want {
			want[i] = w[:f.Answer.Carries(len(w))]
		}
		stream := append(asked(f, "01234567890"), asked(f, "abcdefgh")...)
		for at := range stream {
			v := newVoice(f)
			said, rest := v.answerAll(nil, stream[:at])
			said, rest = v.answerAll(said, append(rest, stream[at:]...))
			if got := read(t, f, said); !slices.Equal(got, want) || len(rest) > 0 {
				t.Fatalf("%s cut at %d: %q, %x", name, at, got, rest)
			}
		}
	}
	v := newVoice(frame.Builtin("raw"))
	if said, rest := v.answerAll(nil, []byte("all of it")); string(said) != "all of it" || len(rest) > 0 {
		t.Errorf("a stream: %q, %q", said, rest)
	}
}

// TestVoiceKeepsToTheSession: the step that is awaited is answered, and nothing else before it is over.
func TestVoiceKeepsToTheSession(t *testing.T) {
	f := described(t, asksFirst)
	v := newVoice(f)
	hello, welcome, echo := step(f.Session[0].Message), step(f.Session[1].Message), asked(f, "01234567")
	if said := v.answer(nil, echo); len(said) > 0 || v.began() || len(v.last) > 0 {
		t.Errorf("an echo before the session: %x", said)
	}
	if said := v.answer(nil, hello); !bytes.Equal(said, welcome) || !v.began() || len(v.last) != 1 {
		t.Errorf("the first step: %x, want %x", said, welcome)
	}
	if said := v.answer(nil, echo); !bytes.Equal(said, echo) {
		t.Errorf("an echo: %x, want %x", said, echo)
	}
}

// TestVoiceSaysNothingToWrongFrames: a checksum that is not right.
func TestVoiceSaysNothingToWrongFrames(t *testing.T) {
	f := frame.Builtin("net")
	ask := asked(f, "01234567")
	ask[len(ask)-1] ^= 1
	if said := newVoice(f).answer(nil, ask); len(said) > 0 {
		t.Errorf("it was answered: %x", said)
	}
}

// TestEchoWithAnotherPayload: the rest of the answer stays, and the echo too.
func TestEchoWithAnotherPayload(t *testing.T) {
	f := described(t, `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
request: {body: [{type: u2le, contents: 1}, {type: u4le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 2}, {type: u4le, value: client}, {id: payload, first: 8}]}
`)
	e, _ := newVoice(f).hear(asked(f, "01234567890")[2:])
	if e == nil {
		t.Fatal("no echo")
	}
	const head = "\x02\x00\x07\x00\x00\x00"
	damaged := e.payload()
	damaged[0] = 'x'
	for got, want := range map[string]string{
		string(e.with(damaged)): head + "x1234567", string(e.with(damaged[:7])): head + "x123456",
		string(e.right()): head + "01234567",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
