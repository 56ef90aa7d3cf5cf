package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestWhichMessagesAreShort(t *testing.T) {
	for name, want := range map[string]bool{
		"len16": true, "len32be": true, "line": true, "id16": true, "raw": true, "magic and type": true,
		"echo64": true,
		"net":    false, "checksums": false, "digits with zeros": false, "who and which": false,
		"eight bytes": false, "text": true,
	} {
		if got := named(t, name).Answer.Short(); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestShortWaysAreTheLongWays: with and without the quick way for short headers the same is written,
// read, refused.
func TestShortWaysAreTheLongWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFormat(t)
		slow := *f
		long := func(m *Message) *Message {
			copied := *m
			copied.short.is = false
			return &copied
		}
		slow.Request, slow.Answer = long(f.Request), long(f.Answer)
		slow.wire.Message, slow.wire.light.is = long(f.wire.Message), false
		slow.cut.common, slow.cut.binary = false, false
		v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
		payload := letters(rapid.IntRange(8, 40).Draw(t, "n"))
		a := f.Request.End(append(f.Request.Begin(nil, &v, len(payload)), payload...), 0, &v)
		b := slow.Request.End(append(slow.Request.Begin(nil, &v, len(payload)), payload...), 0, &v)
		if !bytes.Equal(a, b) {
			t.Fatalf("%x\n%x", a, b)
		}
		if at := rapid.IntRange(0, 2*len(a)).Draw(t, "flip"); at < len(a) {
			a[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		}
		whole, rest, ok, err := f.Next(a)
		whole2, rest2, ok2, err2 := slow.Next(a)
		if ok != ok2 || err != err2 || !bytes.Equal(whole, whole2) || !bytes.Equal(rest, rest2) {
			t.Fatalf("%x: %x %v %v, slowly %x %v %v", a, whole, ok, err, whole2, ok2, err2)
		}
		if !ok {
			return
		}
		packet, wrong := f.Packet(nil, whole)
		packet2, wrong2 := slow.Packet(nil, whole)
		if (wrong == nil) != (wrong2 == nil) || !bytes.Equal(packet, packet2) {
			t.Fatalf("%x: %x %v, slowly %x %v", whole, packet, wrong, packet2, wrong2)
		}
		p, ok := f.Request.Read(f.Request.Open(nil, new(Cursor), whole, 0))
		p2, ok2 := slow.Request.Read(f.Request.Open(nil, new(Cursor), whole, 0))
		if ok != ok2 || (p.Wrong == nil) != (p2.Wrong == nil) || !bytes.Equal(p.Payload, p2.Payload) ||
			p.Values != p2.Values {
			t.Fatalf("%x: %+v, slowly %+v", whole, p, p2)
		}
		if wrong == nil {
			if x, y := f.AppendPacket(nil, packet, 3), slow.AppendPacket(nil, packet, 3); !bytes.Equal(x, y) {
				t.Fatalf("%x: %x, slowly %x", packet, x, y)
			}
		}
	})
}
