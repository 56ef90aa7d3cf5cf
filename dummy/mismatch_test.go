package dummy

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// TestWhatAnExchangeLooksLike: what was sent and what came stand in hex, and what the first bytes
// give away is said. The beginning of a right answer is none while more may come.
func TestWhatAnExchangeLooksLike(t *testing.T) {
	sent := func(f frame.Format, size int) []byte {
		return newPattern(42, f, size, size).asked(me, 1)
	}
	login := func(f frame.Format) []byte { return f.Append(nil, loginPayload()) }
	first8 := func(f frame.Format) []byte {
		return f.Append(nil, sent(f, 24)[f.Overhead():][:8])
	}
	for name, c := range map[string]struct {
		format frame.Format
		login  bool
		size   int
		got    []byte
		ended  bool
		quiet  time.Duration
		says   string // empty: nothing
	}{
		"closed":              {got: nil, ended: true, says: "got nothing, and the server closed"},
		"part of an echo":     {got: sent(frame.Len16, 24)[:20], says: ""},
		"it stays a part":     {got: sent(frame.Len16, 24)[:20], quiet: 2 * time.Second, says: "no echo"},
		"login and a part":    {login: true, got: append(login(frame.Len16), sent(frame.Len16, 24)[:9]...)},
		"login not asked for": {got: login(frame.Len16), says: "give --login"},
		"login of len32":      {got: login(frame.Len32), says: "give --frame len32 --login"},
		"login to raw":        {format: frame.Raw, got: login(frame.Len16), says: "--frame len16 --login"},
		"first 8 bytes":       {got: first8(frame.Len16), says: "give --size 8"},
		"login, first 8 bytes": {got: append(login(frame.Len16), first8(frame.Len16)...),
			says: "give --login --size 8"},
		"… asked for": {login: true, got: append(login(frame.Len16), first8(frame.Len16)...),
			says: "only: give --size 8"},
		"TLS":  {got: []byte{0x15, 3, 1, 0, 2, 2, 70}, ended: true, says: "It speaks TLS"},
		"HTTP": {got: []byte("HTTP/1.1 400 Bad Request\r\n"), ended: true, says: "It speaks HTTP"},
		"SSH":  {got: []byte("SSH-2.0-OpenSSH_9.2"), says: "It speaks SSH"},
		"text": {got: []byte("220 ready\r\n"), says: "It speaks text"},
		"else": {got: []byte{0, 24, 1, 2}, says: "got 00180102"},
	} {
		if c.format == frame.Raw && name != "login to raw" {
			c.format = frame.Len16
		}
		x := exchange{format: c.format, login: c.login, sent: sent(c.format, 24), got: c.got,
			ended: c.ended, quiet: c.quiet}
		got := x.mismatch()
		if c.says == "" {
			if got != "" {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		for _, want := range []string{c.says, "Sent " + hex.EncodeToString(x.sent[:8]), hex.EncodeToString(c.got)} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q has no %q", name, got, want)
			}
		}
	}
}

// TestClosesWithAPattern: those of an idle timeout or of a limit of sessions are told as such, all
// others as what they are.
func TestClosesWithAPattern(t *testing.T) {
	const second = time.Second
	for name, c := range map[string]struct {
		e    ends
		n    uint64
		want string
	}{
		"one timeout":        {ends{idle: 3, shortest: 29 * second, longest: 31 * second}, 3, monitor.IdleTimeout},
		"one, in few":        {ends{idle: 2, shortest: 5 * second, longest: 6 * second}, 2, monitor.IdleTimeout},
		"at any time":        {ends{idle: 3, shortest: 2 * second, longest: 31 * second}, 3, monitor.ClosedHealthy},
		"and others":         {ends{idle: 3, shortest: 30 * second, longest: 30 * second}, 4, monitor.ClosedHealthy},
		"one too many":       {ends{young: 5, others: 50}, 5, monitor.SessionLimit},
		"hardly a limit":     {ends{young: 2, others: 50}, 2, monitor.ClosedHealthy},
		"some too many":      {ends{young: 5, others: 50}, 9, monitor.ClosedHealthy},
		"nothing in common":  {ends{}, 1, monitor.ClosedHealthy},
		"a second is enough": {ends{idle: 9, shortest: 1 * second, longest: 2 * second}, 9, monitor.IdleTimeout},
	} {
		if got := c.e.explain(nil, c.n, true); len(got) != 1 || got[0].Name != c.want ||
			c.e.explain(nil, c.n, false)[0].Name != monitor.ClosedHealthy {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}

// TestTheFirstMeetingIsKept: of the first connection that brings something, as far as it goes.
func TestTheFirstMeetingIsKept(t *testing.T) {
	w, _ := byHand(t, Config{Clients: 3})
	a, b := w.at(0), w.at(1)
	w.parts(a)
	w.meets(b, []byte{1, 2})
	w.meets(a, []byte{9})
	w.now = time.Minute
	w.meets(b, bytes.Repeat([]byte{3}, 100))
	w.parts(b)
	m := w.meeting
	if m.ident != b.ident() || m.n != meetingBytes || m.got[1] != 2 || m.got[2] != 3 || !m.ended ||
		m.at != time.Minute {
		t.Errorf("%+v", m)
	}
	closed := meeting{ident: a.ident(), ended: true}
	if closed.better(m) != m || m.better(closed) != m || (meeting{}).better(closed) != closed {
		t.Error("what says more is not kept")
	}
}

// TestTheEchoThatREADMEShows: --seed 42 --size 12 --frame len16, the first of dummy 0.
func TestTheEchoThatREADMEShows(t *testing.T) {
	got := newPattern(42, frame.Len16, 12, 12).asked(ident{client: 0, conn: 1}, 1)
	if hex.EncodeToString(got) != "0c000100acafe02a7e6209a3632a" {
		t.Errorf("%x", got)
	}
}
