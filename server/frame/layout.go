package frame

// segment is a field in its place: off bytes from the beginning of what it is part of, or, in a tail,
// from the end of the hole.
type segment struct {
	field
	off     int
	unheard bool // its value is the dummy's, and was not told: see forget
}

// layout is a row of fields with one hole in it: the packet in a frame, or the payload in a message.
// Everything but the hole has a fixed size.
type layout struct {
	head, tail         []segment
	headSize, tailSize int  // bytes
	hole               bool // false: a packet without payload; its fields are all in head
	rest               bool // the hole may hold any bytes
	first              int  // of a hole: only so many bytes of the payload
}

// size is the bytes of the whole when the hole has n.
func (l *layout) size(n int) int { return l.headSize + n + l.tailSize }

// newLayout puts fields in their places. isHole says which is the hole.
func newLayout(fields []field, isHole kind) layout {
	l := layout{}
	for _, f := range fields {
		switch {
		case f.kind == isHole || f.kind == isRest:
			if l.hole || l.rest {
				f.at.fail("two fields without a size; accepted: one")
			}
			l.hole, l.rest, l.first = f.kind == isHole, f.kind == isRest, f.first
		case l.hole || l.rest:
			l.tail = append(l.tail, segment{field: f, off: l.tailSize})
			l.tailSize += f.size
		default:
			l.head = append(l.head, segment{field: f, off: l.headSize})
			l.headSize += f.size
		}
	}
	return l
}

// find is the segment with an id, nil when there is none.
func (l *layout) find(id string) *segment {
	for _, part := range [][]segment{l.head, l.tail} {
		for i := range part {
			if part[i].id == id && id != "" {
				return &part[i]
			}
		}
	}
	return nil
}

// within puts a message's fields into the hole of the frame.
func (l *layout) within(m message) layout {
	inner := newLayout(m.body, isPayload)
	all := layout{hole: inner.hole, rest: inner.rest, first: inner.first}
	outer := func(from []segment) []segment {
		out := make([]segment, 0, len(from))
		for _, s := range from {
			if s.kind == isGiven {
				f := m.given[s.id]
				f.id, f.size, f.num = s.id, s.size, s.num
				s.field = f
			}
			out = append(out, s)
		}
		return out
	}
	all.head = outer(l.head)
	for _, s := range inner.head {
		s.off += l.headSize
		all.head = append(all.head, s)
	}
	all.headSize = l.headSize + inner.headSize
	if !all.hole && !all.rest { // what follows the body follows a body of fixed size: it is head, too
		for _, s := range outer(l.tail) {
			s.off += all.headSize
			all.head = append(all.head, s)
		}
		all.headSize += l.tailSize
		return all
	}
	all.tail = inner.tail
	for _, s := range outer(l.tail) {
		s.off += inner.tailSize
		all.tail = append(all.tail, s)
	}
	all.tailSize = inner.tailSize + l.tailSize
	return all
}

// where is a place in a frame: from its beginning, or from its end.
type where struct {
	off     int
	fromEnd bool
}

func (w where) in(total int) int {
	if w.fromEnd {
		return total - w.off
	}
	return w.off
}
