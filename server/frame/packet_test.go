package frame

import (
	"testing"
)

// TestAPacketHasWhatVaries in the order of the wire, and then the body.
func TestAPacketHasWhatVaries(t *testing.T) {
	for _, c := range []struct{ frame, whole, packet, wrong string }{
		{"len16", "\x02\x00hi", "hi", ""},
		{"line", "hi\n", "hi", ""},
		{"id16", "\x06\x00\x01\x00hi", "\x01\x00hi", ""},
		{"type before size", "\x89\x01\x00\x02\x00hi", "\x01\x00hi", ""},
		{"type before size", "\x88\x01\x00\x02\x00hi", "", "constant"},
		{"magic and type", "\x89\x04\x07hi\x79", "\x07hi", ""},
		{"magic and type", "\x89\x04\x07hi\x78", "", "end"},
		{"who and which", "\x08\x00\x01\x02\x03\x04hi", "\x01\x02\x03\x04hi", ""},
		{"tails", "\x02\x00hi\x05\xaa\xbb", "\xaa\xbbhi", ""},
		{"tails", "\x02\x00hi\x06\xaa\xbb", "", "constant"},
		{"net", "\x77\x02\x00\x10\xa1\x30\xdf", "AB", ""},
		{"net", "\x77\x02\x00\x10\xa1\x30\xde", "", "sum"},
		{"net", "\x76\x02\x00\x10\xa1\x30\xdf", "", "code"},
	} {
		f := mustTails(t, c.frame)
		packet, wrong := f.Packet(nil, []byte(c.whole))
		if string(packet) != c.packet || (wrong == nil) != (c.wrong == "") || wrong != nil && wrong.Field != c.wrong {
			t.Errorf("%s: %x is %x, %v", c.frame, c.whole, packet, wrong)
		}
		if wrong != nil {
			continue
		}
		if again := f.AppendPacket(nil, packet, 1); c.frame != "net" && string(again) != c.whole {
			t.Errorf("%s: %x, again %x", c.frame, c.whole, again)
		}
	}
}

// mustTails is named, and one more: a field that varies after the body.
func mustTails(t *testing.T, name string) *Format {
	t.Helper()
	if name != "tails" {
		return named(t, name)
	}
	f, err := Parse(name, `
frame: [{id: n, type: u2le, counts: body}, {id: body}, {contents: [5]}, {id: type, type: u2be}]
request: {type: 0xaabb, body: [{id: payload}]}
answer: {type: 0xccdd, body: [{id: payload}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAServerFollowsTheSession: steps in their order, then echoes; heartbeats always.
func TestAServerFollowsTheSession(t *testing.T) {
	f, err := Parse("x", `
frame: [{id: n, type: u2le, counts: body}, {id: type, type: u1}, {id: body}]
request: {type: 7, body: [{id: payload}]}
answer: {type: 8, body: [{id: payload}]}
session:
  - expect: {type: 1, body: [{contents: hello}]}
  - send: {type: 2, body: [{type: u8le, value: client}]}
  - expect: {type: 3, body: [{type: u4le, value: client}]}
  - expect: {type: 4, body: [{contents: yes}]}
  - send: {type: 7, body: [{contents: "like echo"}]}
heartbeat: {every: 1s, send: {type: 9, body: []}}
`)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Server()
	if s.Identical() || s.Awaits(0) != 1 || s.Awaits(2) != 4 || s.Awaits(5) != 5 {
		t.Errorf("awaits %d, %d, %d", s.Awaits(0), s.Awaits(2), s.Awaits(5))
	}
	for _, c := range []struct {
		packet string
		awaits int
		what   What
	}{
		{"\x02\x05\x00\x00\x00\x00\x00\x00\x00", 1, AStep},
		{"\x02\x05\x00\x00\x00\x00\x00\x00\x00", 4, Unknown},
		{"\x02\x05\x00\x00", 1, Unknown},
		{"\x07like echo", 4, AStep},
		{"\x07like echo", 5, AnEcho},
		{"\x07like echo", 1, Unknown},
		{"\x07", 5, Unknown},
		{"\x08like echo", 5, Unknown},
		{"\x09", 1, AHeartbeat}, {"\x09", 5, AHeartbeat}, {"\x09x", 5, Unknown},
		{"", 5, Unknown},
	} {
		if what, _ := s.Look([]byte(c.packet), c.awaits); what != c.what {
			t.Errorf("%q when step %d is awaited: %d, want %d", c.packet, c.awaits, what, c.what)
		}
	}
	_, p := s.Look([]byte("\x02\x05\x00\x00\x00\x00\x00\x00\x00"), 1)
	var said []string
	for _, step := range []int{-1, 1, 4} {
		for _, packet := range s.Greetings(step, &p.Values) {
			said = append(said, string(packet))
		}
		said = append(said, "|")
	}
	if got, want := join(said), "\x01hello|\x03\x05\x00\x00\x00\x04yes||"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	_, p = s.Look([]byte("\x07like echo"), 5)
	if got := string(s.AppendAnswer(nil, &p)); got != "\x08like echo" {
		t.Errorf("%q", got)
	}
}

func join(all []string) (s string) {
	for _, one := range all {
		s += one
	}
	return s
}
