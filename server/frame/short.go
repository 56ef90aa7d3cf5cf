package frame

import (
	"encoding/binary"
	"math/bits"
)

// short is a message whose answer can be compared where it lies: before the payload stand at most 8
// bytes, which are constants and at most one binary length; after it at most 8, which are constants.
type short struct {
	is         bool
	head, tail uint64 // the bytes, the first of them lowest; the length's are 0
	shift      uint   // where in head the length begins
	size       uint   // its bytes, 0 for none
	big        bool
	plus       int // its value is bytes of the frame + plus
}

// newShort looks whether m is short.
func newShort(m *Message) (s short) {
	if !m.hole || m.headSize > 8 || m.tailSize > 8 || m.cipher != nil || len(m.sums) > 0 || len(m.loose) > 0 ||
		len(m.values)+len(m.tailValues) > 0 || len(m.lengths) > 1 {
		return short{}
	}
	for _, l := range m.lengths {
		if l.num.how > bigEndian {
			return short{}
		}
		s.shift, s.size, s.big, s.plus = uint(8*l.off), uint(l.size), l.num.how == bigEndian, int(l.plus)
	}
	for i, c := range m.template {
		if i < m.headSize {
			s.head |= uint64(c) << (8 * i)
		} else {
			s.tail |= uint64(c) << (8 * (i - m.headSize))
		}
	}
	s.is = true
	return s
}

// Short reports whether Head and Tail say all that stands around a payload.
func (m *Message) Short() bool { return m.short.is }

// Head is what stands before a payload of which the message carries n bytes: its bytes, the first of
// them lowest. Only of a Short message.
func (m *Message) Head(n int) uint64 {
	s := &m.short
	if s.size == 0 {
		return s.head
	}
	x := uint64(m.headSize + n + m.tailSize + s.plus)
	if s.big {
		x = bits.ReverseBytes64(x) >> (64 - 8*s.size)
	}
	return s.head | x<<(s.shift&63)
}

// Tail is what stands after it.
func (m *Message) Tail() uint64 { return m.short.tail }

// appendShort appends the first n bytes of a word, the lowest first.
func appendShort(dst []byte, x uint64, n int) []byte {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	return append(dst, b[:n]...)
}

// firstBytes are the first n bytes of b in a word, the first of them lowest. b has n at least.
func firstBytes(b []byte, n int) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) & (1<<(8*n) - 1)
	}
	x := uint64(0)
	for i := range n {
		x |= uint64(b[i]) << (8 * i)
	}
	return x
}

// right reports whether all that stands around the payload of a short message is right. plain has as
// many bytes as that.
func (m *Message) right(plain []byte) bool {
	n := len(plain) - m.headSize - m.tailSize
	return firstBytes(plain, m.headSize) == m.Head(n) &&
		(m.tailSize == 0 || firstBytes(plain[len(plain)-m.tailSize:], m.tailSize) == m.Tail())
}

// light is a wire whose frame is a short message but for one row of fields in its head that vary.
type light struct {
	is    bool
	shift uint   // where in the head the row begins
	fixed uint64 // the bytes of the head that do not vary
}

// newLight looks whether w is light.
func newLight(w *wire) (l light) {
	if !w.short.is || w.inTail > 0 {
		return l
	}
	l.is, l.fixed = true, 1<<(8*w.headSize)-1
	for i, s := range w.varying {
		if i > 0 && w.varying[i-1].off+w.varying[i-1].size != s.off {
			return light{}
		}
		l.fixed &^= (1<<(8*s.size) - 1) << (8 * s.off)
	}
	if len(w.varying) > 0 {
		l.shift = uint(8 * w.varying[0].off)
	}
	return l
}

// appendLight is AppendPacket.
func (w *wire) appendLight(dst, packet []byte) []byte {
	head := w.Head(len(packet)-w.size) | firstBytes(packet, w.size)<<w.light.shift
	dst = append(appendShort(dst, head, w.headSize), packet[w.size:]...)
	if w.tailSize == 0 {
		return dst
	}
	return appendShort(dst, w.Tail(), w.tailSize)
}

// packetLight is Packet; ok is false where something is wrong.
func (w *wire) packetLight(scratch, whole []byte) (packet []byte, ok bool) {
	end := len(whole) - w.tailSize
	head := firstBytes(whole, w.headSize)
	if head&w.light.fixed != w.Head(end-w.headSize) ||
		w.tailSize > 0 && firstBytes(whole[end:], w.tailSize) != w.Tail() {
		return nil, false
	}
	if w.adjacent {
		return whole[w.headSize-w.size : end], true
	}
	scratch = appendShort(scratch[:0], head>>w.light.shift, w.size)
	return append(scratch, whole[w.headSize:end]...), true
}
