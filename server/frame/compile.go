package frame

import (
	"cmp"
	"slices"
)

// compile makes a Format of a description. What cannot be is told by r.fail.
func (r *reader) compile(d *description) *Format {
	f := &Format{title: d.title, Stream: d.stream}
	c := &compiler{r: r, d: d, f: f}
	if d.stream {
		c.refuseInStream()
	} else {
		c.framing()
	}
	f.Request = c.checked(&d.request, true)
	f.Answer = c.checked(&d.answer, true)
	told := map[kind]bool{}
	for _, s := range d.session {
		if !s.send {
			c.told = told
		}
		m := c.checked(&s.message, false)
		c.told = nil
		if s.send {
			c.mustSay(&s.message, m)
			m.tell(told)
		}
		f.Session = append(f.Session, Step{m, s.send})
	}
	c.checkAnswer()
	if h := d.heartbeat; h != nil {
		m := c.checked(&h.message, false)
		c.mustSay(&h.message, m)
		c.mayNotBeat(&h.message, m)
		f.Heartbeat = &Heartbeat{m, h.every}
	}
	for i := range d.ignore {
		f.Ignore = append(f.Ignore, c.checked(&d.ignore[i], false))
		c.mayNotMatch(&d.ignore[i], f.Ignore[i])
	}
	c.limits()
	if d.stream {
		f.wire.bare = true
	} else {
		c.wire()
	}
	c.server()
	return f
}

// wire compiles the frame around a packet.
func (c *compiler) wire() {
	w := &c.f.wire
	w.Message = &Message{layout: c.outer, cipher: c.f.cipher, text: c.f.cut.end != nil}
	c.place(w.Message)
	w.values, w.tailValues = nil, nil // the packet has them, but for those at random
	w.bare = w.cipher == nil && len(w.sums) == 0
	for i, part := range [][]segment{w.head, w.tail} {
		for _, s := range part {
			switch {
			case s.kind.varies():
				w.varying = append(w.varying, s)
				w.inTail += i
				w.size += s.size
				w.bare = false
			case s.kind == isRandom && i == 0:
				w.values = append(w.values, s)
			case s.kind == isRandom:
				w.tailValues = append(w.tailValues, s)
			case s.kind == isConst && (i == 0 || c.f.cut.end == nil): // cutting has seen a terminator
				w.bare = false
			}
		}
	}
	w.light = newLight(w)
	w.before, w.after, w.common = w.headSize, w.tailSize, w.bare && c.f.cut.common
	w.adjacent = w.inTail == 0 && (w.size == 0 || w.varying[0].off == w.headSize-w.size)
	w.moves = w.cipher != nil || !w.adjacent
}

// server compiles the messages as packets, which have no frame.
func (c *compiler) server() {
	var fields []field
	for _, s := range c.f.wire.varying {
		fields = append(fields, s.field)
	}
	p := &compiler{r: c.r, d: c.d, f: &Format{}}
	p.outer = newLayout(append(fields, field{kind: isBody}), isBody)
	if c.d.stream {
		p.outer = layout{hole: true}
	}
	s := &c.f.server
	s.request, s.answer = p.message(&c.d.request, true), p.message(&c.d.answer, true)
	for _, st := range c.d.session {
		s.steps = append(s.steps, Step{p.message(&st.message, false), st.send})
	}
	if h := c.d.heartbeat; h != nil {
		s.heartbeat = p.message(&h.message, false)
	}
	bare := func(m *Message) bool { return m.headSize == 0 && m.tailSize == 0 && m.first == 0 }
	s.identical = bare(s.request) && bare(s.answer) && s.heartbeat == nil &&
		!slices.ContainsFunc(s.steps, func(st Step) bool { return st.Send })
}

// terminatorID is what the bytes are called that end a frame.
const terminatorID = "terminator"

type compiler struct {
	r     *reader
	d     *description
	f     *Format
	outer layout
	told  map[kind]bool // for a server's step of a session: see forget; otherwise nil
}

func (c *compiler) refuseInStream() {
	switch d := c.d; {
	case d.process != nil:
		d.process.at.fail("process beside stream: true; accepted: in a frame")
	case d.heartbeat != nil:
		d.heartbeat.at.fail("heartbeat beside stream: true; accepted: in a frame")
	case len(d.ignore) > 0:
		d.ignore[0].at.fail("ignore beside stream: true; accepted: in a frame")
	}
	c.outer = layout{hole: true}
}

// framing reads how packets travel.
func (c *compiler) framing() {
	bodies, lengths := 0, 0
	var end []byte
	for _, f := range c.d.frame {
		switch f.kind {
		case isBody:
			bodies++
			end = f.end
		case isLength:
			lengths++
			if bodies > 0 {
				f.at.fail("a length after the body; accepted: before it")
			}
		case isRest, isPayload:
			f.at.fail("a field of the body in frame; accepted: fields with a size, and id: body")
		}
	}
	at := c.d.request.at
	if len(c.d.frame) > 0 {
		at = c.d.frame[0].at
	}
	switch {
	case bodies != 1:
		at.fail("%d bodies in frame; accepted: one field with id: body", bodies)
	case lengths > 1:
		at.fail("%d lengths in frame; accepted: one", lengths)
	case lengths == 0 && end == nil:
		at.fail("nothing says where a frame ends; accepted: a field with counts, or a body with a terminator")
	case lengths == 1 && end != nil:
		at.fail("a length and a terminator; accepted: one of them")
	}
	c.outer = newLayout(c.d.frame, isBody)
	if c.outer.headSize > maxHead {
		at.fail("%d bytes before the body; accepted: at most %d", c.outer.headSize, maxHead)
	}
	if end != nil { // it stands first in the tail
		for i := range c.outer.tail {
			c.outer.tail[i].off += len(end)
		}
		c.outer.tail = slices.Insert(c.outer.tail, 0, segment{field: field{at: at, id: terminatorID, kind: isConst,
			size: len(end), bytes: end}})
		c.outer.tailSize += len(end)
		if len(c.outer.tail) > 1 {
			c.outer.tail[1].at.fail("a field after a terminator; accepted: none")
		}
	}
	if c.outer.tailSize > maxHead {
		at.fail("%d bytes after the body; accepted: at most %d", c.outer.tailSize, maxHead)
	}
	c.cutting(end)
	if p := c.d.process; p != nil {
		c.checkProcess(p)
	}
}

// cutting says how a stream is cut into frames.
func (c *compiler) cutting(end []byte) {
	k := &c.f.cut
	k.least = c.outer.headSize + c.outer.tailSize
	if end != nil {
		k.end = end
		k.head = c.outer.headSize
		return
	}
	i := slices.IndexFunc(c.outer.head, func(s segment) bool { return s.kind == isLength })
	l := c.outer.head[i]
	k.off, k.size, k.num = l.off, l.size, l.num
	switch l.counts { // frame = value + bias
	case countsBody:
		k.bias = k.least
	case countsRest:
		k.bias = l.off + l.size
	}
	k.bias -= int(l.plus)
	k.head = l.off + l.size
	most := l.num.most(l.size)
	k.most = MaxPayload + c.outer.headSize + c.outer.tailSize
	k.most = min(k.most, int(min(most, 1<<30))+k.bias)
	if k.most <= k.least {
		l.at.fail("a length that can count no body: its largest value is %d", most)
	}
	k.binary = l.num.how <= bigEndian
	k.common = l.off == 0 && l.size == 2 && l.num.how == littleEndian && k.bias == 2 && k.least == 2
}

// checkProcess finds the cipher's fields.
func (c *compiler) checkProcess(p *process) {
	if c.f.cut.end != nil {
		p.at.fail("process beside a terminator, which it could make; accepted: beside a length")
	}
	from := c.outer.find(p.from)
	if p.from == "body" {
		from = &segment{off: c.outer.headSize}
	}
	if from == nil || slices.ContainsFunc(c.outer.tail, func(s segment) bool { return s.id == p.from }) {
		p.at.fail("process from %q; accepted: the id of a field before the body, or body", p.from)
	}
	if from.off < c.f.cut.head {
		p.at.fail("process from %q would hide the length; accepted: a field after it", p.from)
	}
	c.f.cipher = &cipher{chain: p.chain, key: p.key, from: from.off}
	if p.chain {
		random := c.outer.find(p.random)
		if random == nil || random.kind != isRandom || random.size != 1 || random.num.how > bigEndian ||
			random.off >= from.off {
			p.at.fail("random: %q; accepted: the id of a u1 with value: random before %q", p.random, p.from)
		}
		c.f.cipher.random = random.off
	}
}

// message puts a message into its frame.
func (c *compiler) message(m *message, payload bool) *Message {
	count := 0
	seen := map[string]bool{}
	for _, f := range c.d.frame {
		seen[f.id] = true
	}
	for _, f := range m.body {
		if f.id != "" && seen[f.id] {
			f.at.fail("id %q twice", f.id)
		}
		seen[f.id] = true
		switch f.kind {
		case isPayload:
			count++
		case isRest:
			if payload {
				f.at.fail("rest: any beside the payload; accepted: in session and ignore")
			}
			if c.d.stream {
				f.at.fail("rest: any beside stream: true; accepted: fields with a size")
			}
		}
	}
	switch {
	case payload && count != 1:
		m.at.fail("%s has no {id: payload}", m.what)
	case !payload && count > 0:
		m.at.fail("a payload in what is no echo; accepted: in request and answer")
	}
	for _, part := range [][]segment{c.outer.head, c.outer.tail} {
		for _, s := range part {
			if _, ok := m.given[s.id]; s.kind == isGiven && !ok {
				s.at.fail("no request or no answer gives the field %q a value; "+
					"accepted: like request: {%s: 1, body: [{id: payload}]}", s.id, s.id)
			}
		}
	}
	out := &Message{layout: c.outer.within(*m), cipher: c.f.cipher, text: c.f.cut.end != nil}
	if c.told != nil {
		out.forget(c.told)
	}
	c.place(out)
	return out
}

// place fills in what a message's fields need when it runs.
func (c *compiler) place(m *Message) {
	m.template = make([]byte, m.headSize+m.tailSize)
	parts := []struct {
		segs []segment
		tail bool
		at   []byte
	}{{m.head, false, m.template[:m.headSize]}, {m.tail, true, m.template[m.headSize:]}}
	for _, part := range parts {
		for _, s := range part.segs {
			at := m.place(&s, part.tail)
			switch s.kind {
			case isConst:
				copy(part.at[s.off:], s.bytes)
			case isClient, isConnection, isSequence, isRandom:
				if part.tail {
					m.tailValues = append(m.tailValues, s)
				} else {
					m.values = append(m.values, s)
				}
			case isLength:
				l := s
				l.plus = -int64(c.f.cut.bias)
				m.lengths = append(m.lengths, l)
			case isSum:
				m.sums = append(m.sums, sum{sumFunc: sums[s.sum.fn], segment: s, tail: part.tail,
					ciphered: s.sum.ciphered})
			}
			if s.kind == isRandom || s.kind == isAny || s.packets || s.unheard { // what a server counts, nobody knows
				m.loose = append(m.loose, at)
			}
		}
		if !part.tail && m.rest {
			m.loose = append(m.loose, span{where{m.headSize, false}, where{m.tailSize, true}})
		}
	}
	for i := range m.sums {
		c.placeSum(m, &m.sums[i])
	}
	if m.held { // nobody knows its checksums beforehand
		for i := range m.sums {
			m.loose = append(m.loose, m.place(&m.sums[i].segment, m.sums[i].tail))
		}
		slices.SortStableFunc(m.loose, func(a, b span) int {
			return cmp.Compare(a.from.in(1<<30), b.from.in(1<<30))
		})
	}
	m.short = newShort(m)
}

// placeSum finds what a checksum covers.
func (c *compiler) placeSum(m *Message, s *sum) {
	self := m.place(&s.segment, s.tail)
	total := m.headSize + m.tailSize
	if m.hole || m.rest {
		total += 64
	}
	for _, id := range s.sum.over {
		var over span
		switch seg := m.find(id); {
		case id == "body":
			over = span{where{c.outer.headSize, false}, where{c.outer.tailSize, true}}
		case seg != nil:
			over = m.place(seg, slices.ContainsFunc(m.tail, func(t segment) bool { return t.id == id }))
		case id == "payload" && m.hole && m != c.f.wire.Message: // the frame itself knows none
			over = span{where{m.headSize, false}, where{m.tailSize, true}}
		default:
			s.sum.at.fail("a checksum over %q; accepted: body, payload, or the id of a field", id)
		}
		if overlap(over, self, total) {
			s.sum.at.fail("a checksum over itself")
		}
		for i := range m.sums {
			if o := &m.sums[i]; o.off != s.off || o.tail != s.tail {
				if overlap(over, m.place(&o.segment, o.tail), total) {
					s.sum.at.fail("a checksum over another checksum (%s)", o.called())
				}
			}
		}
		for _, l := range m.loose {
			if overlap(over, l, total) {
				m.held = true
			}
		}
		s.over = append(s.over, over)
	}
	if s.ciphered {
		if m.cipher == nil {
			s.at.fail("over: ciphered without a process")
		}
		if self.to.in(total) > m.cipher.from {
			s.at.fail("over: ciphered in a field that is ciphered itself; accepted: before it")
		}
		m.held = true
	}
}

func overlap(a, b span, total int) bool {
	return a.from.in(total) < b.to.in(total) && b.from.in(total) < a.to.in(total)
}
