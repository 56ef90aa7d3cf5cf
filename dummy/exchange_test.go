package dummy

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"dummyload/dummy/verify"
	"dummyload/server/frame"
)

// TestTheFirstBytesAreKept: of the first connection that brings something, as far as it goes.
func TestTheFirstBytesAreKept(t *testing.T) {
	w, _ := byHand(t, Config{Clients: 3})
	a, b := w.at(0), w.at(1)
	w.noteFirstClose(a)
	w.noteFirstBytes(b, []byte{1, 2})
	w.noteFirstBytes(a, []byte{9})
	w.engine.Tick(time.Minute)
	w.noteFirstBytes(b, bytes.Repeat([]byte{3}, 100))
	w.noteFirstClose(b)
	m := w.first
	if m.Ident != b.ident() || m.n != firstBytesMost || m.got[1] != 2 || m.got[2] != 3 || !m.ended ||
		m.at != time.Minute {
		t.Errorf("%+v", m)
	}
	closed := firstBytes{Ident: a.ident(), ended: true}
	if closed.better(m) != m || m.better(closed) != m || (firstBytes{}).better(closed) != closed {
		t.Error("what says more is not kept")
	}
}

// TestTheEchoThatREADMEShows: --seed 42 --size 12 --frame len16, the first of dummy 0.
func TestTheEchoThatREADMEShows(t *testing.T) {
	got := asked(verify.NewPattern(42, frame.Builtin("len16"), 12, 12), nil, verify.Ident{Client: 0, Conn: 1}, 1)
	if hex.EncodeToString(got) != "0c000100acafe02a7e6209a3632a" {
		t.Errorf("%x", got)
	}
}

// TestASessionIsSentBeforeEchoes: of its steps, before the first echo, those that wait for nothing.
func TestASessionIsSentBeforeEchoes(t *testing.T) {
	f, err := frame.Parse("x", `
frame: [{id: length, type: u1, counts: body}, {id: n, type: u1, value: sequence, counts: packets}, {id: body}]
session:
  - send: {body: [{contents: HI}]}
  - expect: {body: [{contents: WHO}]}
  - send: {body: [{contents: ME}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	p, id := verify.NewPattern(42, f, 12, 12), verify.Ident{Client: 0, Conn: 1}
	for n, want := range []string{"\x02\x01HI", "\x02\x01HI\x02\x02ME\x0c\x03"} {
		got := asked(p, f.Session, id, uint64(n))
		if !bytes.HasPrefix(got, []byte(want)) || n == 0 && len(got) != len(want) {
			t.Errorf("%d echoes: %q", n, got)
		}
	}
}
