package verify

import (
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// TestAPacketThatNobodyLists is unsolicited, whatever its length and whether echoes are outstanding. It costs
// none, the note names the field that tells, and the bytes are shown.
func TestAPacketThatNobodyLists(t *testing.T) {
	const advice = ": a packet that the description does not list; if the server may say it, list it under ignore"
	for _, c := range []struct {
		f      *frame.Format
		packet string // and what is shown of it
		note   string
	}{
		{headed, "\x71\x17w", "field type: want 2 (0200), got 6001 (7117)"},
		{headed, "\x71\x17wat", "field type: want 2 (0200), got 6001 (7117)"},
		{headed, "\x71\x17" + strings.Repeat("w", 24), "field type: want 2 (0200), got 6001 (7117)"},
		{headed, "\x71\x17" + strings.Repeat("w", 500), "field type: want 2 (0200), got 6001 (7117)"},
		{typed, "\x71\x17", "field constant: want 5001 (8913), got 6001 (7117)"},
		{typed, "\x71\x17wat", "field constant: want 5001 (8913), got 6001 (7117)"},
		{typed, "\x71\x17" + strings.Repeat("w", 36), "field constant: want 5001 (8913), got 6001 (7117)"},
		{typed, "\x71\x17" + strings.Repeat("w", 60), "field constant: want 5001 (8913), got 6001 (7117)"},
		{said, "NOTICE wat", "field constant: want 4f4b20, got 4e4f54"},
		{said, "NO", "field constant: want 4f4b20, got 4e4f"},
	} {
		p := NewPattern(42, c.f, 16, 24)
		for _, sent := range []uint64{2, 1, 3} {
			g := newRig(t, p, false)
			notes := g.notes()
			var shown []string
			g.v.out = shows{g.v.out, &shown}
			notice := c.f.AppendPacket(nil, []byte(c.packet), 9)
			g.hear(sent, join(g.echoes(1, 1), notice, g.echoes(2, sent)), len(g.echoes(1, 1))+len(notice)-1)
			g.wantFaults(t, "unsolicited:0")
			want := c.packet
			if c.f == headed { // which has the length behind the type
				want = c.packet[:2] + string(notice[3:5]) + c.packet[2:]
			}
			if !strings.HasPrefix(want, shown[0]) || len(shown[0]) < min(len(want), 20) {
				t.Errorf("%v: %q of %d shows %q", c.f, c.packet, sent, shown)
			}
			if (*notes)[0] != c.note+advice || g.r.count("echoed") != sent {
				t.Errorf("%v: %q of %d: %q", c.f, c.packet, sent, *notes)
			}
		}
	}
}

// said is a frame with a terminator, whose answers begin with a word.
var said = described(`
frame: [{id: body, terminator: "\r\n"}]
request: {body: [{contents: "ECHO "}, {id: payload}]}
answer: {body: [{contents: "OK "}, {id: payload}]}
`)

// shows keeps what evidence shows.
type shows struct {
	Outcome
	got *[]string
}

func (s shows) Fault(id Ident, ev *monitor.Evidence) {
	*s.got = append(*s.got, string(ev.Got))
	s.Outcome.Fault(id, ev)
}

// TestADamagedAnswerIsNoUnlistedPacket: what resembles an echo, or has the constants of an answer, or is in a
// damaged frame, stands for an answer.
func TestADamagedAnswerIsNoUnlistedPacket(t *testing.T) {
	p := NewPattern(42, typed, 16, 16)
	plain := func(g *rig, change func(b []byte) []byte) []byte {
		b := change(g.p.appendPlain(nil, me, 1)[5:])
		return typed.AppendPacket(nil, b, 9)
	}
	for name, c := range map[string]struct {
		frame func(g *rig) []byte
		fault string
	}{
		"type and payload wrong": {func(g *rig) []byte {
			return plain(g, func(b []byte) []byte { b[0]++; b[20]++; return b })
		}, "corrupt:1"},
		"type wrong, payload cut": {func(g *rig) []byte {
			return plain(g, func(b []byte) []byte { b[0]++; return append(b[:20], b[26:]...) })
		}, "truncated:1"},
		"right type, other payload": {func(g *rig) []byte {
			return plain(g, func(b []byte) []byte { copy(b[10:], strings.Repeat("w", 16)); return b })
		}, "corrupt:1"},
		"checksum wrong": {func(g *rig) []byte {
			b := typed.AppendPacket(nil, []byte("\x71\x17wat"), 9)
			b[len(b)-1]++
			return b
		}, "truncated:1"},
	} {
		g := newRig(t, p, false)
		notes := g.notes()
		g.hear(2, join(c.frame(g), g.echoes(2, 2)))
		if g.wantFaults(t, c.fault); strings.Contains((*notes)[0], "does not list") {
			t.Errorf("%s: %q", name, *notes)
		}
	}
}
