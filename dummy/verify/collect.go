package verify

import (
	"bytes"
	"fmt"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// collect adds to the held frame what belongs to it, and judges the frame when it is whole. It
// returns the rest of data.
func (st *Stream) collect(j Judgement, data []byte) []byte {
	t := st.tail
	n, whole, err := j.p.format.Join(t.buf, data)
	if err != nil {
		st.illegal(j, data, err)
		return nil
	}
	if room := j.limit - len(t.buf); n > room {
		n, whole = room, false
	}
	t.buf = append(t.buf, data[:n]...)
	data = data[n:]
	switch {
	case whole:
		st.judgeFrame(j, t.buf)
	case len(t.buf) == j.limit:
		st.tooLong(j)
	default:
		return data
	}
	st.drop(j.Verifier)
	st.tidy(j.Verifier)
	return data
}

// illegal ends a stream with a length that no frame has: nobody knows where the next frame begins.
func (st *Stream) illegal(j Judgement, data []byte, err error) {
	t := st.tail
	head := max(1, j.p.header)
	t.buf = append(t.buf, data[:min(len(data), max(0, head-len(t.buf)))]...)
	why := j.p.format.Uncut(t.buf, err)
	if st.badly() {
		st.badStep(j, t.buf, why)
	} else {
		j.note = why
		st.wrong(j, monitor.Truncated, j.partOf(t.buf), echo{})
	}
	st.giveUp(j)
}

// tooLong judges a frame that is longer than what is collected, by its fields so far. Its rest will be
// skipped.
func (st *Stream) tooLong(j Judgement) {
	b := st.tail.buf
	step := st.awaited(j.Verifier)
	switch {
	case step != nil && j.starts(step, b):
		st.expectFrom(j.Verifier, int(st.step)+1)
	case j.mayBeIgnored(b):
		j.out.Ignored(j.Ident)
	case st.badly():
		st.badStep(j, b, j.startNote(step, b))
	case st.foreign(j, nil, j.plainPart(b)):
	default:
		if j.note = j.startNote(j.p.answer, b); j.note == "" {
			j.note = fmt.Sprintf("want at most %d bytes", j.p.answer.Size(j.p.sizeMax()))
		}
		st.wrong(j, monitor.Truncated, j.partOf(b), echo{})
	}
	st.state |= skipping
	if n, known := j.p.format.Total(b); known {
		st.gone = uint32(n - len(b))
		return
	}
	end := j.p.format.Terminator()
	st.gone = uint32(len(b))
	st.have = 0
	for n := len(end) - 1; n > 0 && st.have == 0; n-- {
		if bytes.HasSuffix(b, end[:n]) {
			st.have = uint32(n)
		}
	}
}

// startNote names the first constant of a message that a part of a frame has wrong; empty for none.
func (j Judgement) startNote(m *frame.Message, part []byte) string {
	var c frame.Cursor
	j.other = m.Open(j.other[:0], &c, part, 0)
	if w := m.WrongSoFar(j.other); w != nil {
		return w.String()
	}
	return ""
}

// skip discards the rest of a frame that is too long. Text that never ends is given up at the length
// at which package frame would refuse it.
func (st *Stream) skip(j Judgement, data []byte) []byte {
	if end := j.p.format.Terminator(); end != nil {
		return st.skipText(j, data, end)
	}
	n := min(len(data), int(st.gone))
	st.gone -= uint32(n)
	if st.gone == 0 {
		st.state &^= skipping
	}
	return data[n:]
}

// skipText is skip where a terminator ends the frame. have counts the bytes of the terminator that the
// last chunk ended with.
func (st *Stream) skipText(j Judgement, data, end []byte) []byte {
	joined := append(append(j.plain[:0], end[:st.have]...), data[:min(len(data), len(end)-1)]...)
	at := -1
	if i := bytes.Index(joined, end); i >= 0 && i < int(st.have) {
		at = i + len(end) - int(st.have)
	} else if i := bytes.Index(data, end); i >= 0 {
		at = i + len(end)
	}
	n := len(data)
	if at >= 0 {
		n = at
	}
	if st.gone += uint32(min(n, frame.MaxPayload+1)); st.gone > frame.MaxPayload {
		st.giveUp(j)
		return nil
	}
	if at >= 0 {
		st.state &^= skipping
		st.have = 0
		return data[at:]
	}
	joined = append(append(j.plain[:0], end[:st.have]...), data[max(0, len(data)-len(end)+1):]...)
	st.have = 0
	for n := min(len(end)-1, len(joined)); n > 0 && st.have == 0; n-- {
		if bytes.HasSuffix(joined, end[:n]) {
			st.have = uint32(n)
		}
	}
	return nil
}

// giveUp has the connection closed.
func (st *Stream) giveUp(j Judgement) {
	st.drop(j.Verifier)
	st.tidy(j.Verifier)
	st.state |= isBroken
	st.have = 0
	j.out.Broken(j.Ident)
}
