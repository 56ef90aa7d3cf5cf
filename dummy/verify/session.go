package verify

import (
	"fmt"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// expectFrom has the stream expect the first step from the i-th on that the server takes.
func (st *Stream) expectFrom(v *Verifier, i int) {
	steps := v.p.format.Session
	for i < len(steps) && steps[i].Send {
		i++
	}
	st.step = uint8(i)
	if i == len(steps) {
		st.state &^= stepAwaited
	}
}

// Step is the step of the session that is expected next, or the number of steps. Each step that is
// expected has its own deadline: see StepExpired.
func (st *Stream) Step() int { return int(st.step) }

// Says is the step of the session that the dummy is to send next, as all before it came or was sent;
// nil while there is none. There may be one when the connection begins, and after each Feed. Said notes
// that it is sent.
func (st *Stream) Says(v *Verifier) *frame.Message {
	for ; st.said < st.step; st.said++ {
		if s := v.p.format.Session[st.said]; s.Send {
			return s.Message
		}
	}
	return nil
}

// Said notes that the step which Says named is sent.
func (st *Stream) Said() { st.said++ }

// SessionDone reports whether all that the session expects came. Then the dummy may send its first echo.
func (st *Stream) SessionDone(v *Verifier) bool { return int(st.step) == len(v.p.format.Session) }

// StepExpired tells st that nothing came in the time that a step of the session may take. On one
// connection one failed step is told.
func (st *Stream) StepExpired(j Judgement) {
	if st.state&stepAwaited != 0 {
		st.state &^= stepAwaited
		j.note = j.stepNote(int(st.step))
		j.accuse(monitor.LoginMissing, 0, nil, echo{})
	}
}

// StepFailed reports whether a step of the session failed, which was told, and did not come after all.
func (st *Stream) StepFailed(v *Verifier) bool {
	return st.state&stepAwaited == 0 && !st.SessionDone(v)
}

// awaited is the step that is expected next; nil for none.
func (st *Stream) awaited(v *Verifier) *frame.Message {
	if st.SessionDone(v) {
		return nil
	}
	return v.p.format.Session[st.step].Message
}

// stepNote says which step of several a fault is about.
func (j Judgement) stepNote(i int) string {
	if n := len(j.p.format.Session); n > 1 {
		return fmt.Sprintf("step %d of %d of the session", i+1, n)
	}
	return ""
}

// greets takes a whole frame that is the step expected next, and reports whether it was. After a step
// that failed, which was told, the session may go on with that step or any after it, if it is told from
// a wrong answer.
func (st *Stream) greets(j Judgement, whole []byte) bool {
	awaited := st.state&stepAwaited != 0
	for i := int(st.step); i < len(j.p.format.Session); i++ {
		s := j.p.format.Session[i]
		if s.Send || !awaited && !s.ToldFrom(j.p.answer) {
			continue
		}
		if wrong, fits := j.reads(s.Message, whole); fits && wrong == nil {
			st.expectFrom(j.Verifier, i+1)
			return true
		}
		if awaited {
			break
		}
	}
	return false
}

// greetsAgain tells a step that came before and is there once more, and reports whether whole is one.
func (st *Stream) greetsAgain(j Judgement, whole []byte) bool {
	i := st.repeated(j, whole)
	if i < 0 {
		return false
	}
	j.note = j.stepNote(i)
	j.accuse(monitor.LoginDuplicate, 0, j.payloadOf(whole), echo{})
	return true
}

// badly reports whether what is nobody's stands for the step that is expected, with wrong bytes. It
// does when a step is expected, and nothing was outstanding when it began.
func (st *Stream) badly() bool { return st.state&stepAwaited != 0 && st.state&early != 0 }

// repeated is the step that came before and that a whole frame is once more; -1 for none. A step that
// answers look like is not recognized.
func (st *Stream) repeated(j Judgement, whole []byte) int {
	for i, s := range j.p.format.Session[:st.step] {
		if !s.Send && s.ToldFrom(j.p.answer) {
			if wrong, fits := j.reads(s.Message, whole); fits && wrong == nil {
				return i
			}
		}
	}
	return -1
}

// instead tells, once, that something else came in place of a step.
func (st *Stream) instead(j Judgement, payload []byte) {
	if st.state&stepAwaited != 0 {
		st.state &^= stepAwaited
		j.note = j.stepNote(int(st.step))
		j.accuse(monitor.LoginMissing, 0, payload, echo{})
	}
}

// badStep accuses what came in place of the step that is expected. why says what is wrong, where that
// is known. The step stays expected, but is not told again.
func (st *Stream) badStep(j Judgement, whole []byte, why string) {
	st.state &^= stepAwaited
	m := st.awaited(j.Verifier)
	j.note = fmt.Sprintf("step %d of %d of the session", st.step+1, len(j.p.format.Session))
	if why == "" {
		wrong, fits := j.reads(m, whole)
		switch {
		case fits && wrong != nil:
			why = wrong.String()
		case m.OpenEnded():
			why = fmt.Sprintf("want at least %d bytes, got %d", m.Size(0), len(whole))
		default:
			why = fmt.Sprintf("want %d bytes, got %d", m.Size(0), len(whole))
		}
	}
	j.note += ": " + why
	j.accuse(monitor.Corrupt, 0, j.payloadOf(whole), echo{})
}

// reads compares a whole frame with a message. fits says whether it has its size, wrong is the first
// field that is not right.
func (j Judgement) reads(m *frame.Message, whole []byte) (wrong *frame.Wrong, fits bool) {
	p, fits := j.open(m, whole)
	if !fits || p.Wrong != nil {
		return p.Wrong, fits
	}
	if wrong = m.CheckCiphered(whole); wrong != nil {
		return wrong, true
	}
	// Which sequence the server puts into what is no answer is its own affair.
	return m.WrongValue(&p, &frame.Values{Client: j.Client, Connection: j.Conn, Sequence: p.Sequence}), true
}

// open deciphers and reads a whole frame as a message that is no answer.
func (j Judgement) open(m *frame.Message, whole []byte) (frame.Parts, bool) {
	var c frame.Cursor
	j.other = m.Open(j.other[:0], &c, whole, 0)
	return m.Read(j.other)
}

// ignored reports whether a whole frame is one that the description has ignored.
func (j Judgement) ignored(whole []byte) bool {
	for _, m := range j.p.format.Ignore {
		if wrong, fits := j.reads(m, whole); fits && wrong == nil {
			return true
		}
	}
	return false
}

// greeting reports whether a frame that is not whole may be the beginning of what the session still
// expects. Nothing is outstanding then, and yet the frame is not unsolicited.
func (st *Stream) greeting(j Judgement, part []byte) bool {
	m := st.awaited(j.Verifier)
	return m != nil && j.starts(m, part)
}

// mayBeIgnored reports whether a frame that is not whole may be the beginning of one that is ignored.
func (j Judgement) mayBeIgnored(part []byte) bool {
	for _, m := range j.p.format.Ignore {
		if j.starts(m, part) {
			return true
		}
	}
	return false
}

// starts reports whether a part of a frame, as it travels, may be the beginning of a message.
func (j Judgement) starts(m *frame.Message, part []byte) bool {
	var c frame.Cursor
	j.other = m.Open(j.other[:0], &c, part, 0)
	return m.MayBegin(j.other)
}

// payloadOf is what stands where an answer's payload does.
func (j Judgement) payloadOf(whole []byte) []byte {
	var c frame.Cursor
	j.plain = j.p.answer.Open(j.plain[:0], &c, whole, 0)
	b := j.plain[min(j.p.header, len(j.plain)):]
	return b[:max(0, len(b)-j.p.trailer)]
}
