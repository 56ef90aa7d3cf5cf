package dummy

import (
	"bytes"
	"encoding/binary"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// collect adds to the held frame what belongs to it, judges it once it is whole, and returns
// the rest of data.
func (st *stream) collect(v *verifier, id ident, sent uint64, data []byte) []byte {
	t := st.tail
	n, whole, err := v.p.format.Join(t.buf, data)
	if err != nil {
		st.illegal(v, id, sent, data)
		return nil
	}
	if room := v.limit - len(t.buf); n > room {
		n, whole = room, false
	}
	t.buf = append(t.buf, data[:n]...)
	data = data[n:]
	switch {
	case whole:
		st.judge(v, id, sent, v.p.format.Payload(t.buf))
	case len(t.buf) == v.limit:
		st.tooLong(v, id, sent)
	default:
		return data
	}
	st.drop(v)
	st.tidy(v)
	return data
}

// illegal ends a stream whose header no frame has: where the next one begins is unknown.
func (st *stream) illegal(v *verifier, id ident, sent uint64, data []byte) {
	head := max(1, v.p.header)
	st.tail.buf = append(st.tail.buf, data[:min(len(data), max(0, head-len(st.tail.buf)))]...)
	st.wrong(v, id, sent, monitor.Truncated, st.tail.buf[min(v.p.header, len(st.tail.buf)):])
	st.giveUp(v, id)
}

// tooLong judges a frame that goes on beyond the longest of ours, and skips its rest.
func (st *stream) tooLong(v *verifier, id ident, sent uint64) {
	b := st.tail.buf
	st.wrong(v, id, sent, monitor.Truncated, b[v.p.header:])
	st.state |= skipping
	switch v.p.header {
	case 0:
		st.gone = uint32(len(b))
	case 2:
		st.gone = uint32(binary.LittleEndian.Uint16(b)) + 2 - uint32(len(b))
	case 4:
		st.gone = binary.LittleEndian.Uint32(b) + 4 - uint32(len(b))
	}
}

// skip discards the rest of a frame that is too long. A line that never ends is given up where
// frame would refuse it.
func (st *stream) skip(v *verifier, id ident, data []byte) []byte {
	if v.p.format == frame.Line {
		end := bytes.IndexByte(data, '\n')
		n := min(len(data), frame.MaxPayload+1)
		if end >= 0 {
			n = min(end, n)
		}
		if st.gone += uint32(n); st.gone > frame.MaxPayload {
			st.giveUp(v, id)
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
func (st *stream) giveUp(v *verifier, id ident) {
	st.drop(v)
	st.tidy(v)
	st.state |= isBroken
	v.sink.broken(id)
}
