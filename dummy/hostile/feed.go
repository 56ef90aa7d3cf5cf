package hostile

import (
	"bytes"

	"dummyload/dummy/verify"
	"dummyload/server/frame"
)

// feed is what a dummy of one kind sends once it is logged in: the lead once, and then the loop again
// and again. All of its kind share both, and nobody changes them. Where requests say whose they are, a
// dummy makes bytes of its own in their place, which are as many (ownPiece).
type feed struct {
	lead, loop []byte
	asks       bool // the loop is requests
}

// feedChunk is about how many bytes one send takes.
const feedChunk = 64 << 10

// maker makes what dummies send in the run's format.
type maker struct {
	format  *frame.Format
	payload []byte // of every request
	own     bool   // a request says whose it is, and which
	size    int    // bytes of a request
	back    int    // bytes of its answer
	sends   uint64 // packets that a dummy sends before its first request
	last    uint32 // client number of the first hostile dummy; the others count down from it
}

// newMaker makes a payload that has no identity: if it comes back to another dummy, it is nobody's echo
// there. Where only its first bytes come back it has no others: what a mute dummy sends and what the
// server keeps for it are then about as long.
func newMaker(f *frame.Format, sizeMax int) *maker {
	size := f.Answer.Carries(sizeMax)
	payload := bytes.Repeat([]byte{unlike(f, "xyzuv")}, size)
	payload[0] = unlike(f, "!#%&*") // no letter of a right dummy's text
	m := &maker{
		format: f, payload: payload, own: !f.Request.Alike(),
		size: f.Request.Size(size), back: f.Answer.Size(size),
		// They are right numbers as far as the field has bits, and no right dummy's.
		last: uint32(min(f.MaxClient(), 1<<31-1)),
	}
	for _, s := range f.Session {
		if s.Send {
			m.sends++
		}
	}
	return m
}

// unlike is the first of some characters that ends no frame. A terminator has fewer than five bytes.
func unlike(f *frame.Format, any string) byte {
	return bytes.Trim([]byte(any), string(f.Terminator()))[0]
}

// request appends one.
func (m *maker) request(dst []byte, v *frame.Values) []byte {
	from := len(dst)
	dst = append(m.format.Request.Begin(dst, v, len(m.payload)), m.payload...)
	return m.format.Request.End(dst, from, v)
}

// answer appends what is right for it, in plain.
func (m *maker) answer(dst []byte, v *frame.Values) []byte {
	from := len(dst)
	dst = append(m.format.Answer.Begin(dst, v, len(m.payload)), m.payload...)
	return m.format.Answer.Plain(dst, from, v)
}

// lead is what a kind sends once; there must be such a lie in the format (Kind.fits).
func (m *maker) lead(k Kind, v *frame.Values) []byte {
	var b []byte
	if lie := kinds[k].lie; lie != nil {
		b, _ = lie(m.format, v)
	}
	switch k {
	case ZeroLength:
		return m.request(bytes.Repeat(b, zeros(len(b))), v)
	case RSTStorm:
		return m.request(nil, v)
	}
	return b
}

// zeros is how many frames of length 0 and of so many bytes are sent: at least the bytes that the first
// send of a connection must have (verify.MinFirstSend).
func zeros(size int) int { return (verify.MinFirstSend + size - 1) / size }

// feed makes a kind's feed.
func (m *maker) feed(k Kind) feed {
	v := frame.Values{Client: m.last, Connection: 1, Sequence: 1, Packet: m.sends + 1}
	s := feed{lead: m.lead(k, &v)}
	switch k {
	case Oversize:
		s.loop = bytes.Repeat(m.payload[1:2], feedChunk)
	case Flood, Mute, Slow:
		s.asks = true
		s.loop = bytes.Repeat(m.request(nil, &v), max(1, feedChunk/m.size))
	}
	return s
}

// from is the feed from an offset on, as far as it lies in one piece.
func (s *feed) from(at uint64) []byte {
	if lead := uint64(len(s.lead)); at < lead {
		return s.lead[at:]
	} else if len(s.loop) > 0 {
		return s.loop[(at-lead)%uint64(len(s.loop)):]
	}
	return nil
}

// values are what the fields of a dummy's k-th request are filled with, counted from 0.
func (m *maker) values(h *client, k uint64) frame.Values {
	who := uint64(h.Slot)<<32 | uint64(h.Number)
	return frame.Values{
		Client: m.last - h.Slot, Connection: h.Number, Sequence: k + 1, Packet: m.sends + k + 1,
		Random: who + k<<40,
	}
}

// ownPiece appends what stands in a dummy's own feed from an offset on, at least. The n bytes that are
// asked for, or as many of them as lie in one piece, are those from skip on.
func (m *maker) ownPiece(dst []byte, h *client, s *feed, at, n uint64) (all []byte, skip, most uint64) {
	lead := uint64(len(s.lead))
	if at < lead {
		v := m.values(h, 0)
		return append(dst, m.lead(h.kind, &v)...), at, min(n, lead-at)
	}
	size := uint64(m.size)
	k, skip := (at-lead)/size, (at-lead)%size
	for ; uint64(len(dst)) < skip+n; k++ {
		v := m.values(h, k)
		dst = m.request(dst, &v)
	}
	return dst, skip, n
}
