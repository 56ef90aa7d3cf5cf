package dummy

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// As long as no echo of a server that is not ours has come back right, the likeliest reason is that
// it speaks other frames, or another protocol. What is concluded from faults otherwise rests on a
// server that once was right. So the first bytes that came are kept, and shown beside those that
// were sent, and no other conclusion is drawn (frame_mismatch). A server that says nothing at all is
// mute, or waits for the rest of what it takes for a frame (never_served).

// meetingBytes is how much is kept of what came, and shown of what was sent.
const meetingBytes = 32

// meeting is how a connection began: the first that anything came on, or else the first that the
// server closed.
type meeting struct {
	ident
	asked uint64 // echoes that were sent on it
	got   [meetingBytes]byte
	n     int           // bytes in got
	at    time.Duration // when something came last
	ended bool          // by the server
}

// meets keeps what comes on the first connection that anything comes on, until an echo was right.
func (w *worker) meets(d *dummy, data []byte) {
	m := &w.meeting
	if m.n == 0 {
		*m = meeting{ident: d.ident()}
	}
	if m.ident == d.ident() {
		m.n += copy(m.got[m.n:], data)
		m.asked, m.at = d.assigned, w.now
	}
}

// parts notes that the server has closed a connection, before any echo was right.
func (w *worker) parts(d *dummy) {
	m := &w.meeting
	if m.conn == 0 {
		*m = meeting{ident: d.ident(), asked: d.assigned}
	}
	if m.ident == d.ident() {
		m.ended = true
	}
}

// better is the one of two meetings that says more.
func (m meeting) better(o meeting) meeting {
	if m.conn == 0 || m.n == 0 && o.n > 0 {
		return o
	}
	return m
}

// asked is the beginning of what a dummy sends on a connection, as far as n echoes go.
func (p *pattern) asked(id ident, n uint64) []byte {
	var b []byte
	for seq := uint64(1); seq <= n && len(b) < meetingBytes; seq++ {
		b = p.append(b, id, seq)
	}
	return b[:min(len(b), meetingBytes)]
}

// exchange is what the judgement of a meeting rests on.
type exchange struct {
	format frame.Format
	login  bool // --login
	sent   []byte
	got    []byte
	ended  bool          // the server closed connections
	quiet  time.Duration // since the last byte came
}

// stopped is how long nothing may come any more of an echo that has begun to come back right, until
// it is taken for one that will never be whole.
const stopped = time.Second

// mismatch says of a server that never answered right what it was sent and what came, and what that
// looks like. It is empty where what came is the beginning of a right answer, and more may come.
func (x *exchange) mismatch() string {
	rest := x.got
	if login := x.format.Append(nil, loginPayload()); x.login && bytes.HasPrefix(rest, login) {
		rest = rest[len(login):]
	}
	if !x.ended && bytes.HasPrefix(x.sent, rest) && x.quiet < stopped {
		return ""
	}
	text := fmt.Sprintf("no echo ever came back right: --frame %v may not be what this server speaks. "+
		"Sent %s, ", x.format, hexOf(x.sent))
	switch {
	case len(x.got) > 0:
		text += "got " + hexOf(x.got)
	default:
		text += "got nothing"
	}
	if x.ended {
		text += ", and the server closed the connection"
	}
	if hint := x.looksLike(); hint != "" {
		text += ". " + hint
	}
	return text
}

func hexOf(b []byte) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) == meetingBytes:
		return hex.EncodeToString(b) + "…"
	}
	return hex.EncodeToString(b)
}

func loginPayload() []byte { return binary.LittleEndian.AppendUint64(nil, loginValue) }

// looksLike is what the first bytes give away, in a sentence; empty when they give away nothing.
func (x *exchange) looksLike() string {
	got := x.got
	for _, f := range [...]frame.Format{frame.Len16, frame.Len32} {
		login := f.Append(nil, loginPayload())
		switch {
		case !bytes.HasPrefix(got, login):
		case f != x.format:
			return fmt.Sprintf("That begins with the login packet in %v: give --frame %v --login", f, f)
		case x.onlyFirst(got[len(login):]) && x.login:
			return "The server answers with the first 8 bytes only: give --size 8"
		case x.onlyFirst(got[len(login):]):
			return "That begins with the login packet, and the server answers with the first 8 bytes " +
				"only: give --login --size 8"
		case !x.login:
			return "That begins with the login packet: give --login"
		}
	}
	switch {
	case x.onlyFirst(got):
		return "The server answers with the first 8 bytes only: give --size 8"
	case bytes.HasPrefix(got, []byte("HTTP/")):
		return "It speaks HTTP"
	case bytes.HasPrefix(got, []byte("SSH-")):
		return "It speaks SSH"
	case len(got) > 2 && (got[0] == 0x15 || got[0] == 0x16) && got[1] == 3:
		return "It speaks TLS"
	case len(got) >= MinSize && !slices.ContainsFunc(got, func(c byte) bool {
		return (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t'
	}) && x.format != frame.Line:
		return fmt.Sprintf("It speaks text: %q", got)
	}
	return ""
}

// onlyFirst reports whether an answer is the first 8 bytes of an echo's payload in a frame, and the
// payload is longer.
func (x *exchange) onlyFirst(answer []byte) bool {
	head := x.format.Overhead()
	if x.format != frame.Len16 && x.format != frame.Len32 || len(x.sent) <= head+MinSize {
		return false
	}
	cut := x.format.Append(nil, x.sent[head:head+MinSize])
	return bytes.HasPrefix(answer, cut) && !bytes.HasPrefix(x.sent, cut)
}

// strange are the diagnoses of a server that is not ours and never answered right: what it may
// speak, in place of what is concluded from the faults of one that did. What is known whatever it
// speaks stays.
func (f *Fleet) strange(s *monitor.Snapshot, m meeting) []monitor.Diagnosis {
	w := s.Whole()
	if !f.cfg.Foreign || w.Ledger.Echoed > 0 || w.Ledger.Sent == 0 && !(f.cfg.Login && m.conn > 0) {
		return s.Diagnoses
	}
	silent := func(d monitor.Diagnosis) bool { return d.Name == monitor.NeverServed }
	kept := slices.DeleteFunc(slices.Clone(s.Diagnoses), func(d monitor.Diagnosis) bool {
		return !d.Local() && d.Name != monitor.ServerGone && d.Name != monitor.AcceptStalled
	})
	if m.conn > 0 {
		if w.Ledger.Sent > 0 {
			m.asked = max(m.asked, 1) // what came first may have come before
		}
		x := exchange{format: f.cfg.Frame, login: f.cfg.Login, sent: f.pattern.asked(m.ident, m.asked),
			got: m.got[:m.n], ended: m.ended, quiet: s.Uptime - m.at}
		why := x.mismatch()
		if why == "" {
			return kept
		}
		return slices.Insert(kept, 0, monitor.Diagnosis{
			Name: monitor.FrameMismatch, Connections: int(max(w.Connections.Peak, 1)), Why: why})
	}
	over := s.Phase == monitor.Undrained || s.Phase == monitor.Ended
	stalled := slices.ContainsFunc(kept, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.AcceptStalled && d.Connections >= s.Clients
	})
	if slices.ContainsFunc(s.Diagnoses, silent) || over && w.Connections.Peak > 0 && !stalled {
		kept = slices.Insert(kept, 0, monitor.Diagnosis{
			Name: monitor.NeverServed, Connections: int(w.Connections.Peak),
			Why: fmt.Sprintf("no answer: a wrong frame or a mute server. Connects succeed, and of what was "+
				"sent in --frame %v no byte ever came back", f.cfg.Frame)})
	}
	return kept
}
