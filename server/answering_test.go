package server

import (
	"slices"
	"testing"
)

// stepwise is a stream that begins after two steps of the client's.
const stepwise = `
stream: true
session:
  - send: {body: [{contents: "HELLO "}, {type: u4le, value: client}]}
  - expect: {body: [{contents: "welcome"}]}
  - send: {body: [{contents: "go"}]}
`

// TestAStreamsSessionMayBeCutAnywhere: a stream has no packets, so a step comes in any parts, and what
// follows may come with it.
func TestAStreamsSessionMayBeCutAnywhere(t *testing.T) {
	f := described(stepwise)
	sends, _ := login(f)
	all := slices.Concat(sends[0], sends[1], []byte("and an echo"))
	const want = "welcomeand an echo"
	var single [][]byte
	for i := range all {
		single = append(single, all[i:i+1])
	}
	for at := 1; at < len(all); at++ {
		for _, chunks := range [][][]byte{{all[:at], all[at:]}, {all}, single} {
			s, out := talk(t, f, chunks...)
			if s.ended() || string(out) != want {
				t.Fatalf("cut at %d: %q, %v", at, out, s.end.why())
			}
		}
	}
	wrong := slices.Clone(all)
	wrong[1]++
	if s, out := talk(t, f, wrong); s.end.why() != UnknownPacket || len(out) > 0 {
		t.Errorf("another login: %q, %v", out, s.end.why())
	}
}

// TestASlotsNextStreamBeginsAnew, also where the session before it has left half a step.
func TestASlotsNextStreamBeginsAnew(t *testing.T) {
	f := described(stepwise)
	h := answering(f, 1).(*answers)
	const id = SessionID(0)
	h.Accepted(nil, id)
	h.Received(nil, id, []byte("HEL"))
	h.Accepted(nil, id)
	if step, rest := h.step(id, []byte("HELLO 1234go")); string(step) != "HELLO 1234" || string(rest) != "go" {
		t.Errorf("%q, %q", step, rest)
	}
}

// TestAStepSaysWhatAnyStepTold, and nothing of the slot's session before.
func TestAStepSaysWhatAnyStepTold(t *testing.T) {
	f := described(`
frame: [{id: length, type: u2le, counts: body}, {id: body}]
session:
  - send: {body: [{type: u1, contents: 1}, {type: u1, value: client}]}
  - send: {body: [{type: u1, contents: 2}]}
  - expect: {body: [{type: u1, contents: 3}, {type: u1, value: client}]}
`)
	for client, want := range []string{"\x02\x00\x03\x00", "\x02\x00\x03\x01"} {
		s, out := talk(t, f, []byte{2, 0, 1, byte(client)}, []byte{1, 0, 2})
		if s.ended() || string(out) != want {
			t.Errorf("%q, want %q, %v", out, want, s.end.why())
		}
	}
	// An answer may say it, too, where the echo does not.
	echo := described(`
frame: [{id: length, type: u2le, counts: body}, {id: body}]
answer: {body: [{type: u1, value: client}, {id: payload}]}
session: [{send: {body: [{type: u1, contents: 1}, {type: u1, value: client}]}}]
`)
	if s, out := talk(t, echo, []byte("\x02\x00\x01\x07\x08\x00a payload")); s.ended() ||
		string(out) != "\x09\x00\x07a payloa" {
		t.Errorf("%q, %v", out, s.end.why())
	}
	h := answering(f, 1).(*answers)
	h.told[0].Client = 9
	h.Accepted(nil, 0)
	if h.told[0].Client != 0 {
		t.Error("the next session of a slot knows what the last one was told")
	}
	if one := described(stepwise); answering(one, 1).(*answers).told != nil {
		t.Error("it keeps what nobody says")
	}
}
