package verify

import (
	"bytes"
	"encoding/binary"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// collect adds to the held frame what belongs to it, and judges the frame when it is whole. It
// returns the rest of data.
func (st *Stream) collect(j Judgement, data []byte) []byte {
	t := st.tail
	n, whole, err := j.p.format.Join(t.buf, data)
	if err != nil {
		st.illegal(j, data)
		return nil
	}
	if room := j.limit - len(t.buf); n > room {
		n, whole = room, false
	}
	t.buf = append(t.buf, data[:n]...)
	data = data[n:]
	switch {
	case whole:
		st.judge(j, j.p.format.Payload(t.buf))
	case len(t.buf) == j.limit:
		st.tooLong(j)
	default:
		return data
	}
	st.drop(j.Verifier)
	st.tidy(j.Verifier)
	return data
}

// illegal ends a stream with a header that no frame has: nobody knows where the next frame begins.
func (st *Stream) illegal(j Judgement, data []byte) {
	head := max(1, j.p.header)
	st.tail.buf = append(st.tail.buf, data[:min(len(data), max(0, head-len(st.tail.buf)))]...)
	st.wrong(j, monitor.Truncated, st.tail.buf[min(j.p.header, len(st.tail.buf)):])
	st.giveUp(j)
}

// tooLong judges a frame that is longer than the longest of ours. Its rest will be skipped.
func (st *Stream) tooLong(j Judgement) {
	b := st.tail.buf
	st.wrong(j, monitor.Truncated, b[j.p.header:])
	st.state |= skipping
	switch j.p.header {
	case 0:
		st.gone = uint32(len(b))
	case 2:
		st.gone = uint32(binary.LittleEndian.Uint16(b)) + 2 - uint32(len(b))
	case 4:
		st.gone = binary.LittleEndian.Uint32(b) + 4 - uint32(len(b))
	}
}

// skip discards the rest of a frame that is too long. A line that never ends is given up at the
// length at which package frame would refuse it.
func (st *Stream) skip(j Judgement, data []byte) []byte {
	if j.p.format == frame.Line {
		end := bytes.IndexByte(data, '\n')
		n := min(len(data), frame.MaxPayload+1)
		if end >= 0 {
			n = min(end, n)
		}
		if st.gone += uint32(n); st.gone > frame.MaxPayload {
			st.giveUp(j)
			return nil
		}
		if end < 0 {
			return nil
		}
		st.state &^= skipping
		return data[end+1:]
	}
	n := min(len(data), int(st.gone))
	st.gone -= uint32(n)
	if st.gone == 0 {
		st.state &^= skipping
	}
	return data[n:]
}

// giveUp has the connection closed.
func (st *Stream) giveUp(j Judgement) {
	st.drop(j.Verifier)
	st.tidy(j.Verifier)
	st.state |= isBroken
	j.out.Broken(j.Ident)
}
