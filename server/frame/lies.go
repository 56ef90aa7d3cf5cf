package frame

// What a dummy sends that lies: the beginning of a request in which one field is wrong. Constants,
// values, checksums and the cipher are right, as far as they can be before a body has come. ok is false
// where the format has no such lie.

// leastLie is the least length in bytes that no right server waits for. A length of three bytes cannot say
// as much: what it says may be legal for a server that takes more than MaxPayload.
const leastLie = 1 << 30

// Oversize is all that stands before a payload, with the largest length that there is: more than any
// frame may have. Where a terminator ends a frame nothing in it lies, and what follows it must be more
// than MaxPayload bytes without a terminator.
func (f *Format) Oversize(v *Values) (header []byte, ok bool) {
	c := &f.cut
	if f.Stream || !f.Text() && c.num.most(c.size) < leastLie {
		return nil, false
	}
	m := f.Request
	whole := m.Begin(nil, v, 0)
	if !f.Text() {
		c.num.put(whole[c.off:c.off+c.size], c.num.most(c.size))
	}
	whole = m.Plain(whole, 0, v)
	m.seal(whole)
	return whole[:m.headSize], true
}

// Declares is the number that the length of an Oversize says; 0 where a frame has no length.
func (f *Format) Declares() uint64 {
	if f.Stream || f.Text() {
		return 0
	}
	return f.cut.num.most(f.cut.size)
}

// Zero is a whole frame without a body. It is no lie where some packet has an empty body.
func (f *Format) Zero(v *Values) (whole []byte, ok bool) {
	c := &f.cut
	if f.Stream || f.packetLeast == 0 || !f.Text() && c.least < c.bias {
		return nil, false
	}
	packet, _ := f.Packet(nil, f.Request.End(f.Request.Begin(nil, v, 0), 0, v))
	return f.AppendPacket(nil, packet[:f.wire.size], v.Random), true
}

// MayBeEmpty reports whether some packet has an empty body: a frame without one is legal then.
func (f *Format) MayBeEmpty() bool { return !f.Stream && f.packetLeast == 0 }

// HalfHeader is the first half of what stands before the body.
func (f *Format) HalfHeader(v *Values) (half []byte, ok bool) {
	n := f.wireHead() / 2
	if n == 0 {
		return nil, false
	}
	const payload = "12345678" // it stays away, but the length counts it
	whole := append(f.Request.Begin(nil, v, len(payload)), payload...)
	return f.Request.End(whole, 0, v)[:n:n], true
}

// wireHead is how many bytes stand before the body.
func (f *Format) wireHead() int {
	if f.Stream {
		return 0
	}
	return f.wire.headSize
}

// Alike reports whether the frames of two dummies may be the same, and two frames of one dummy: none
// says a client, a connection or a sequence.
func (m *Message) Alike() bool {
	for _, part := range [][]segment{m.values, m.tailValues} {
		for i := range part {
			if part[i].kind != isRandom {
				return false
			}
		}
	}
	return true
}

// MaxClient is the largest client number that every field for one can hold.
func (f *Format) MaxClient() uint64 {
	most := uint64(1<<64 - 1)
	for _, m := range f.messages() {
		for _, part := range [][]segment{m.values, m.tailValues} {
			for i := range part {
				if s := &part[i]; s.kind == isClient {
					most = min(most, s.num.most(s.size))
				}
			}
		}
	}
	return most
}
