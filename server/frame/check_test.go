package frame

import (
	"strings"
	"testing"
)

const twoBytes = "frame:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n"
const typed = "frame:\n  - {id: length, type: u2le, counts: body}\n  - {id: type, type: u1}\n  - {id: body}\n" +
	"request: {type: 1, body: [{id: payload}]}\nanswer: {type: 2, body: [{id: payload}, {contents: [9]}]}\n"

// TestWhatMayBeIgnored: an answer never looks like it.
func TestWhatMayBeIgnored(t *testing.T) {
	for _, c := range []struct {
		text string
		may  bool
	}{
		{twoBytes + "ignore: [{body: [{contents: [1, 2, 3, 4, 5, 6, 7]}]}]", true}, // no answer is so short
		{twoBytes + "ignore: [{body: [{contents: [1, 2, 3, 4, 5, 6, 7, 8]}]}]", false},
		{twoBytes + "ignore: [{body: [{contents: [1]}, {rest: any}]}]", false},
		{typed + "ignore: [{type: 3, body: [{rest: any}]}]", true},
		{typed + "ignore: [{type: 2, body: [{rest: any}]}]", false},
		{typed + "ignore: [{type: any, body: [{rest: any}]}]", false},
		{typed + "ignore: [{type: any, body: [{rest: any}, {contents: [8]}]}]", true}, // by its last byte
		{typed + "ignore: [{type: any, body: [{size: 40, any: true}, {contents: [8]}]}]", true},
		{typed + "ignore: [{type: any, body: [{size: 40, any: true}, {contents: [9]}]}]", false},
		{twoBytes +
			"answer: {body: [{id: payload, first: 8}]}\n" +
			"ignore: [{body: [{contents: [1]}, {size: 8, any: true}]}]", true},
		{twoBytes +
			"answer: {body: [{id: payload, first: 9}]}\n" +
			"ignore: [{body: [{contents: [1]}, {size: 8, any: true}]}]", false},
	} {
		if _, err := Parse("x", c.text); (err == nil) != c.may || err != nil && !strings.Contains(err.Error(),
			"an answer may look like") {
			t.Errorf("%s\n%v", c.text, err)
		}
	}
}

// TestHeartbeatsAreNoEchoes for a server that looks at packets.
func TestHeartbeatsAreNoEchoes(t *testing.T) {
	for _, c := range []struct {
		text string
		may  bool
	}{
		{twoBytes + "heartbeat: {every: 1s, send: {body: [{type: u2le, contents: 5002}]}}", true},
		{twoBytes + "heartbeat: {every: 1s, send: {body: []}}", true},
		{twoBytes + "heartbeat: {every: 1s, send: {body: [{contents: PING}, {type: u8le, value: client}]}}", true},
		{twoBytes + "heartbeat: {every: 1s, send: {body: [{contents: PIN}, {type: u8le, value: client}]}}", false},
		{typed + "heartbeat: {every: 1s, send: {type: 3, body: [{type: u8le, value: client}]}}", true},
		{typed + "heartbeat: {every: 1s, send: {type: 1, body: [{type: u8le, value: client}]}}", false},
	} {
		f, err := Parse("x", c.text)
		if (err == nil) != c.may {
			t.Errorf("%s\n%v", c.text, err)
		}
		if err != nil {
			continue
		}
		v := Values{Client: 3}
		m := f.Heartbeat
		packet, wrong := f.Packet(nil, m.End(m.Begin(nil, &v, 0), 0, &v))
		if what, _ := f.Server().Look(packet, f.Server().Awaits(0)); wrong != nil || what != AHeartbeat {
			t.Errorf("%s\n%x is %d, %+v", c.text, packet, what, wrong)
		}
		m = nil
		ask := f.Request.End(append(f.Request.Begin(nil, &v, 9), letters(9)...), 0, &v)
		packet, _ = f.Packet(nil, ask)
		if what, _ := f.Server().Look(packet, f.Server().Awaits(0)); what != AnEcho {
			t.Errorf("%s\n%x is %d", c.text, packet, what)
		}
	}
}
