package frame

import (
	"bytes"
	"slices"
)

// Values are what the fields of a frame are filled with.
type Values struct {
	Client     uint32 // from 0
	Connection uint32 // of that client, from 1
	Sequence   uint64 // echo of that connection, from 1
	Packet     uint64 // packet of that connection, from 1, whatever it is for
	Random     uint64 // what random fields are made from
}

// of is the value of a field.
func (v *Values) of(f *segment) uint64 {
	switch f.kind {
	case isClient:
		return uint64(v.Client)
	case isConnection:
		return uint64(v.Connection)
	case isSequence:
		if f.packets {
			return v.Packet
		}
		return v.Sequence
	case isRandom:
		return mix(v.Random + uint64(f.off)*0x9e3779b97f4a7c15)
	}
	return 0
}

// mix spreads a number over 64 bits.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Message is one kind of packet in its frame: how it is written, and how it is read. It is read-only.
type Message struct {
	layout
	short      short
	template   []byte // head and then tail, with the constants in their places
	values     []segment
	tailValues []segment
	lengths    []segment // in head; their plus is such that value = bytes of the frame + plus
	sums       []sum
	cipher     *cipher
	text       bool   // a terminator ends it
	loose      []span // bytes that may have any value in an answer
	held       bool   // its checksums need what only came: see Predictable
}

// sum is one checksum in its place.
type sum struct {
	*sumFunc
	segment
	tail     bool
	over     []span
	ciphered bool
}

// span is bytes of a frame.
type span struct{ from, to where }

// cipher is process in its place.
type cipher struct {
	chain  bool
	key    []byte
	random int // netchain: where in the frame the sender's random byte stands
	from   int
}

// place is where a segment of the message begins and ends.
func (m *Message) place(s *segment, tail bool) span {
	if tail {
		return span{where{m.tailSize - s.off, true}, where{m.tailSize - s.off - s.size, true}}
	}
	return span{where{s.off, false}, where{s.off + s.size, false}}
}

// HeadSize and TailSize are the bytes before and after the payload.
func (m *Message) HeadSize() int { return m.headSize }

// TailSize is the bytes after the payload.
func (m *Message) TailSize() int { return m.tailSize }

// Size is the bytes of the whole frame around a payload of n bytes.
func (m *Message) Size(n int) int { return m.size(m.Carries(n)) }

// Carries is how many bytes of a payload of n the message has: all, or the first ones.
func (m *Message) Carries(n int) int {
	switch {
	case !m.hole:
		return 0
	case m.first > 0:
		return min(n, m.first)
	}
	return n
}

// Begin appends what stands before a payload of which the message carries n bytes. The caller appends
// these, and calls End.
func (m *Message) Begin(dst []byte, v *Values, n int) []byte {
	if m.short.is {
		return appendShort(dst, m.Head(n), m.headSize)
	}
	at := len(dst)
	dst = append(dst, m.template[:m.headSize]...)
	b := dst[at:]
	for i := range m.values {
		s := &m.values[i]
		s.num.put(b[s.off:s.off+s.size], v.of(s))
	}
	total := int64(m.size(n))
	for i := range m.lengths {
		s := &m.lengths[i]
		s.num.put(b[s.off:s.off+s.size], uint64(total+s.plus))
	}
	return dst
}

// End appends what stands after the payload of the frame that begins at dst[from], and seals it.
func (m *Message) End(dst []byte, from int, v *Values) []byte {
	dst = m.Plain(dst, from, v)
	m.seal(dst[from:])
	return dst
}

// Plain is End without the cipher, for what is to be compared with what Open made.
func (m *Message) Plain(dst []byte, from int, v *Values) []byte {
	dst = m.close(dst, v)
	m.putSums(dst[from:], false)
	return dst
}

// close appends what stands after the payload; its checksums are not made yet.
func (m *Message) close(dst []byte, v *Values) []byte {
	if m.tailSize == 0 {
		return dst
	}
	dst = append(dst, m.template[m.headSize:]...)
	b := dst[len(dst)-m.tailSize:]
	for i := range m.tailValues {
		s := &m.tailValues[i]
		s.num.put(b[s.off:s.off+s.size], v.of(s))
	}
	return dst
}

// putSums makes the checksums over plain bytes, or those over ciphered ones.
func (m *Message) putSums(whole []byte, ciphered bool) {
	for i := range m.sums {
		s := &m.sums[i]
		if s.ciphered == ciphered {
			at := m.place(&s.segment, s.tail)
			s.num.put(whole[at.from.in(len(whole)):at.to.in(len(whole))], uint64(s.of(whole)))
		}
	}
}

// of is the checksum of a whole frame.
func (s *sum) of(whole []byte) uint32 {
	x := s.begin
	for _, o := range s.over {
		x = s.add(x, whole[o.from.in(len(whole)):o.to.in(len(whole))])
	}
	return x
}

// seal ciphers a whole frame.
func (m *Message) seal(whole []byte) {
	c := m.cipher
	if c == nil {
		return
	}
	if c.chain {
		var state chain
		state.seal(whole[c.from:], 0, whole[c.random], c.key[0])
	} else {
		xorWith(whole[c.from:], whole[c.from:], c.key, 0)
	}
	m.putSums(whole, true)
}

// Cursor is what a frame that came in part needs to go on: 3 bytes. The zero value begins a frame.
type Cursor struct {
	random byte
	chain  chain
}

// Open appends the plain bytes of data, which is a frame's from the at-th byte on.
func (m *Message) Open(dst []byte, c *Cursor, data []byte, at int) []byte {
	k := m.cipher
	if k == nil {
		return append(dst, data...)
	}
	n := len(dst)
	dst = append(dst, data...)
	b := dst[n:]
	if !k.chain {
		if skip := max(0, k.from-at); skip < len(b) {
			xorWith(b[skip:], b[skip:], k.key, at+skip-k.from)
		}
		return dst
	}
	if i := k.random - at; 0 <= i && i < len(b) {
		c.random = b[i]
	}
	if skip := max(0, k.from-at); skip < len(b) {
		c.chain.open(b[skip:], b[skip:], at+skip-k.from, c.random, k.key[0])
	}
	return dst
}

// WrongValue is the first field of what was read whose value is not that of want; nil for none.
func (m *Message) WrongValue(p *Parts, want *Values) *Wrong {
	for i, part := range [][]segment{m.head, m.tail} {
		b := p.plain[:m.headSize]
		if i == 1 {
			b = p.plain[len(p.plain)-m.tailSize:]
		}
		for j := range part {
			s := &part[j]
			if !s.kind.isDummys() || s.packets || s.unheard {
				continue
			}
			if got := b[s.off : s.off+s.size]; !s.num.says(got, want.of(s)) {
				return s.wrongNumber(want.of(s), got, m.from(s, i == 1, p.plain))
			}
		}
	}
	return nil
}

// from is where in a whole frame a segment of the message begins.
func (m *Message) from(s *segment, tail bool, whole []byte) int {
	return m.place(s, tail).from.in(len(whole))
}

// Fixed reports whether all that such a frame says is always the same.
func (m *Message) Fixed() bool {
	free := func(s segment) bool { return s.kind.varies() }
	return !m.hole && !m.rest && !slices.ContainsFunc(m.head, free) && !slices.ContainsFunc(m.tail, free)
}

// Again appends the bytes, as they travel, of a frame that is being compared: want is the frame in
// plain, c what came of it.
func (m *Message) Again(dst, want []byte, c *Cursor) []byte {
	from := len(dst)
	dst = append(dst, want...)
	if k := m.cipher; k != nil && k.chain {
		dst[from+k.random] = c.random
	}
	m.seal(dst[from:])
	return dst
}

// Predictable reports whether all of a right frame is known before it comes, but for the bytes that
// may have any value. Where a checksum covers such bytes it is not, and a frame is read when it is whole.
func (m *Message) Predictable() bool { return !m.held }

// Same reports whether got, the plain bytes of a frame from the at-th on, are those of want, which is
// the whole frame in plain. Bytes that may have any value are not compared.
func (m *Message) Same(want, got []byte, at int) bool {
	for _, l := range m.loose {
		from, to := l.from.in(len(want))-at, l.to.in(len(want))-at
		if to <= 0 || from >= len(got) {
			continue
		}
		if from > 0 && !bytes.Equal(got[:from], want[at:at+from]) {
			return false
		}
		got, at = got[min(to, len(got)):], at+min(to, len(got))
	}
	return bytes.Equal(got, want[at:at+len(got)])
}

// Wrong is the first field of a frame that is not as described.
type Wrong struct {
	Field     string // its id, or what it is
	At        int    // bytes of the frame before the field
	Want, Got []byte // Want is nil where it is not known; Got may be a part where a frame is not whole
	num       numeral
}

// Parts are what a frame consists of.
type Parts struct {
	Values
	Payload []byte
	Wrong   *Wrong // nil when all fields are right
	plain   []byte
}

// Read takes a whole plain frame apart. It reports false where the frame has not even the size of such
// a message. Values of fields that the message does not have are 0.
func (m *Message) Read(plain []byte) (p Parts, ok bool) {
	n := len(plain) - m.headSize - m.tailSize
	if n < 0 || n > 0 && !m.hole && !m.rest {
		return p, false
	}
	p.plain = plain
	if m.hole {
		p.Payload = plain[m.headSize : m.headSize+n]
	}
	if m.short.is && m.right(plain) {
		return p, true
	}
	m.check(&p, m.head, plain[:m.headSize], false, plain)
	m.check(&p, m.tail, plain[len(plain)-m.tailSize:], true, plain)
	return p, true
}

// check reads the fields of one part.
func (m *Message) check(p *Parts, part []segment, b []byte, tail bool, plain []byte) {
	for i := range part {
		s := &part[i]
		got := b[s.off : s.off+s.size]
		switch s.kind {
		case isConst:
			p.wrong(s, s.bytes, got, m.from(s, tail, plain))
		case isLength, isSum:
			if want, known := m.expected(s, tail, plain); known && p.Wrong == nil && !s.num.says(got, want) {
				p.Wrong = s.wrongNumber(want, got, m.from(s, tail, plain))
			}
		case isClient, isConnection, isSequence:
			x, ok := s.num.get(got)
			if !ok {
				p.wrong(s, nil, got, m.from(s, tail, plain))
			}
			p.set(s, x)
		}
	}
}

// wrong notes the first field that differs.
func (p *Parts) wrong(s *segment, want, got []byte, at int) {
	if p.Wrong == nil && !bytes.Equal(want, got) {
		p.Wrong = s.wrong(want, got, at)
	}
}

// wrong is what is wrong with a field that begins at the at-th byte of a frame.
func (s *segment) wrong(want, got []byte, at int) *Wrong {
	return &Wrong{Field: s.called(), At: at, Want: slices.Clone(want), Got: slices.Clone(got), num: s.num}
}

// wrongNumber is what is wrong where got does not say want.
func (s *segment) wrongNumber(want uint64, got []byte, at int) *Wrong {
	b := make([]byte, s.size)
	s.num.put(b, want)
	return s.wrong(b, got, at)
}

// expected is the value of a length or of a checksum over plain bytes.
func (m *Message) expected(s *segment, tail bool, plain []byte) (x uint64, known bool) {
	if s.kind == isLength {
		return uint64(int64(len(plain)) + m.lengths[0].plus), true
	}
	for i := range m.sums {
		if x := &m.sums[i]; x.off == s.off && x.tail == tail && !x.ciphered { // CheckCiphered does the others
			return uint64(x.of(plain)), true
		}
	}
	return 0, false
}

// set notes the value of a field.
func (v *Values) set(s *segment, x uint64) {
	switch {
	case s.kind == isClient:
		v.Client = uint32(x)
	case s.kind == isConnection:
		v.Connection = uint32(x)
	case s.packets:
		v.Packet = x
	default:
		v.Sequence = x
	}
}

// CheckCiphered compares the checksums over ciphered bytes of a frame as it travels.
func (m *Message) CheckCiphered(whole []byte) *Wrong {
	for i := range m.sums {
		s := &m.sums[i]
		if !s.ciphered {
			continue
		}
		at := m.place(&s.segment, s.tail)
		got := whole[at.from.in(len(whole)):at.to.in(len(whole))]
		if want := uint64(s.of(whole)); !s.num.says(got, want) {
			return s.wrongNumber(want, got, at.from.in(len(whole)))
		}
	}
	return nil
}

// called is what a field is called in a note.
func (f *field) called() string {
	if f.id != "" {
		return f.id
	}
	return [...]string{"constant", "given", "length", "random", "client", "connection", "sequence", "checksum",
		"body", "payload", "any", "rest"}[f.kind]
}
