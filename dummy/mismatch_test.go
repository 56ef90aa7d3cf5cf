package dummy

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"dummyload/dummy/verify"
	"dummyload/server/frame"
)

// TestTheFirstMeetingIsKept: of the first connection that brings something, as far as it goes.
func TestTheFirstMeetingIsKept(t *testing.T) {
	w, _ := byHand(t, Config{Clients: 3})
	a, b := w.at(0), w.at(1)
	w.parts(a)
	w.meets(b, []byte{1, 2})
	w.meets(a, []byte{9})
	w.engine.Tick(time.Minute)
	w.meets(b, bytes.Repeat([]byte{3}, 100))
	w.parts(b)
	m := w.meeting
	if m.Ident != b.ident() || m.n != meetingBytes || m.got[1] != 2 || m.got[2] != 3 || !m.ended ||
		m.at != time.Minute {
		t.Errorf("%+v", m)
	}
	closed := meeting{Ident: a.ident(), ended: true}
	if closed.better(m) != m || m.better(closed) != m || (meeting{}).better(closed) != closed {
		t.Error("what says more is not kept")
	}
}

// TestTheEchoThatREADMEShows: --seed 42 --size 12 --frame len16, the first of dummy 0.
func TestTheEchoThatREADMEShows(t *testing.T) {
	got := asked(verify.NewPattern(42, frame.Len16, 12, 12), verify.Ident{Client: 0, Conn: 1}, 1)
	if hex.EncodeToString(got) != "0c000100acafe02a7e6209a3632a" {
		t.Errorf("%x", got)
	}
}
