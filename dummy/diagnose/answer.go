package diagnose

import (
	"bytes"
	"cmp"

	"dummyload/server/frame"
)

// Echo is what a server was asked to send back.
type Echo struct {
	frame.Values        // what the fields of its frame were filled with
	Payload      []byte // whole; empty when none was sent
}

// Request is the echo as it is asked in a format.
func (e *Echo) Request(f *frame.Format) []byte {
	b := f.Request.Begin(nil, &e.Values, len(e.Payload))
	return f.Request.End(append(b, e.Payload...), 0, &e.Values)
}

// Fit is how bytes agree with a packet.
type Fit uint8

// Bytes are another packet, or the beginning of this one, or all of it.
const (
	Differs Fit = iota
	Begins
	Whole
)

// Answer compares got with the right answer to the echo. Where it is whole, the first n bytes of got
// are it.
func (e *Echo) Answer(f *frame.Format, got []byte) (n int, fit Fit) {
	return e.fits(f, f.Answer, e.Payload, got)
}

// Expected compares got with a step of the session that the server takes.
func (e *Echo) Expected(f *frame.Format, step int, got []byte) (n int, fit Fit) {
	return e.fits(f, f.Session[step].Message, nil, got)
}

// Ignored reports how many bytes got begins with that the description has ignored, and whether what
// follows may become such a packet.
func (e *Echo) Ignored(f *frame.Format, got []byte) (n int, more bool) {
	for again := true; again; {
		again, more = false, false
		for _, m := range f.Ignore {
			size, fit := e.fits(f, m, nil, got[n:])
			n += size
			again = again || fit == Whole
			more = more || fit == Begins
		}
	}
	return n, more
}

func (e *Echo) fits(f *frame.Format, m *frame.Message, payload, got []byte) (n int, fit Fit) {
	payload = payload[:m.Carries(len(payload))]
	if f.Stream { // it has no frames: the size of the packet cuts it
		got = got[:min(len(got), m.Size(len(payload)))]
	}
	whole, _, cut, err := f.Next(got)
	switch {
	case len(got) == 0:
		return 0, Begins
	case err != nil:
		return 0, Differs
	case cut && (!f.Stream || len(got) == m.Size(len(payload))):
		plain := m.Open(nil, new(frame.Cursor), whole, 0)
		p, ok := m.Read(plain)
		if ok && p.Wrong == nil && bytes.Equal(p.Payload, payload) && m.CheckCiphered(whole) == nil &&
			m.WrongValue(&p, &e.Values) == nil {
			return len(whole), Whole
		}
		return 0, Differs
	}
	plain := m.Open(nil, new(frame.Cursor), got, 0)
	if m.OpenEnded() && m.MayBegin(plain) {
		return 0, Begins
	}
	want := m.Begin(nil, &e.Values, len(payload))
	want = m.Plain(append(want, payload...), 0, &e.Values)
	if len(plain) < len(want) && (!m.Predictable() || m.Same(want, plain, 0)) {
		return 0, Begins
	}
	return 0, Differs
}

// OnlyFirst is how many bytes of the payload an answer in a format holds that has the first ones only;
// 0 for any other answer.
func (e *Echo) OnlyFirst(f *frame.Format, got []byte) int {
	whole, _, ok, err := f.Next(got)
	if f.Stream || !ok || err != nil {
		return 0
	}
	p, ok := f.Answer.Read(f.Answer.Open(nil, new(frame.Cursor), whole, 0))
	n := len(p.Payload)
	if !ok || n < shortest || n >= f.Answer.Carries(len(e.Payload)) || !bytes.HasPrefix(e.Payload, p.Payload) {
		return 0
	}
	return n
}

// WrongField is the first field of a packet that is wrong although its size is right and the payload, if
// it has one, came back whole; nil for any other packet.
func (e *Echo) WrongField(f *frame.Format, m *frame.Message, got []byte) *frame.Wrong {
	if f.Stream && len(got) < m.Size(len(e.Payload)) {
		return nil
	}
	if f.Stream {
		got = got[:m.Size(len(e.Payload))]
	}
	whole, _, ok, err := f.Next(got)
	if !ok || err != nil {
		return nil
	}
	p, ok := m.Read(m.Open(nil, new(frame.Cursor), whole, 0))
	if !ok || !bytes.Equal(p.Payload, e.Payload[:m.Carries(len(e.Payload))]) {
		return nil
	}
	return cmp.Or(p.Wrong, m.CheckCiphered(whole), m.WrongValue(&p, &e.Values))
}

// Greeted compares got with what a server says before the dummy says anything (login packets). It
// differs where the description has nothing like that.
func (e *Echo) Greeted(f *frame.Format, got []byte) (n int, fit Fit) {
	for i, s := range f.Session {
		if s.Send {
			break
		}
		size := 0
		if size, fit = e.Expected(f, i, got[n:]); fit != Whole {
			return 0, fit
		}
		n += size
	}
	return n, fit
}
