package verify

import (
	"encoding/binary"
	"slices"

	"dummyload/server/frame"
)

// Append appends the whole frame that asks for one echo. others is how many packets went out before it
// on the connection that were no echoes: steps of the session, heartbeats. Only a field that counts
// packets shows it. What the description calls random is made from the seed, the identity and the
// sequence, so the same frame can be made again.
func (p *Pattern) Append(dst []byte, id Ident, seq uint64, others uint32) []byte {
	as := p.request
	if !as.Short() {
		return p.appendAs(as, dst, id, seq, others)
	}
	m := p.message(id, seq)
	head, tail := as.HeadSize(), as.TailSize()
	at, end := len(dst), len(dst)+head+m.size+tail
	dst = slices.Grow(dst, end-at)[:end]
	b := dst[at:]
	binary.LittleEndian.PutUint64(b, as.Head(m.size)) // a payload has 8 bytes at least
	p.put(b[head:head+m.size], m, 0)
	if tail > 0 {
		for i, w := head+m.size, as.Tail(); i < len(b); i++ {
			b[i], w = byte(w), w>>8
		}
	}
	return dst
}

// Echo is what one echo is made of: the values of its frame's fields, and its payload.
func (p *Pattern) Echo(id Ident, seq uint64) (v frame.Values, payload []byte) {
	m := p.message(id, seq)
	return values(id, seq, 0, m), p.appendPayload(nil, m, 0, m.size)
}

// AppendOther appends a packet that is no echo: a step of the session, or a heartbeat. sent and others
// count what goes out on the connection until then: echoes, and other packets with this one. A sequence
// in it is that of the last echo.
func (p *Pattern) AppendOther(dst []byte, m *frame.Message, id Ident, sent uint64, others uint32) []byte {
	v := frame.Values{
		Client: id.Client, Connection: id.Conn, Sequence: sent, Packet: sent + uint64(others),
		Random: p.base(id, ^uint64(others)), // no echo has such a sequence
	}
	return m.End(m.Begin(dst, &v, 0), len(dst), &v)
}

// appendAs appends an echo's request, or its right answer.
func (p *Pattern) appendAs(as *frame.Message, dst []byte, id Ident, seq uint64, others uint32) []byte {
	m := p.message(id, seq)
	n := as.Carries(m.size)
	from, v := len(dst), values(id, seq, others, m)
	dst = as.Begin(dst, &v, n)
	dst = p.appendPayload(dst, m, 0, n)
	return as.End(dst, from, &v)
}

// appendPlain appends the right answer before it is ciphered.
func (p *Pattern) appendPlain(dst []byte, id Ident, seq uint64) []byte {
	m := p.message(id, seq)
	from, v, n := len(dst), values(id, seq, 0, m), p.answered(m)
	dst = p.answer.Begin(dst, &v, n)
	dst = p.appendPayload(dst, m, 0, n)
	return p.answer.Plain(dst, from, &v)
}

// values fill the fields of an echo's frames.
func values(id Ident, seq uint64, others uint32, m message) frame.Values {
	return frame.Values{
		Client: id.Client, Connection: id.Conn, Sequence: seq, Packet: seq + uint64(others), Random: m.base,
	}
}
