package dummy

import "slices"

// span is the sequences first to last, both included.
type span struct{ first, last uint64 }

// spans is a set of sequences, as sorted spans that do not touch. It is ranges and not single
// numbers so that its size follows what the server did and not how far a sequence jumped.
type spans []span

// at is the index of the span that holds seq.
func (s spans) at(seq uint64) (int, bool) {
	i, _ := slices.BinarySearchFunc(s, seq, func(a span, seq uint64) int {
		switch {
		case a.last < seq:
			return -1
		case a.first > seq:
			return 1
		}
		return 0
	})
	return i, i < len(s) && s[i].first <= seq
}

// has reports whether seq is in the set.
func (s spans) has(seq uint64) bool {
	_, ok := s.at(seq)
	return ok
}

// add puts first to last into the set, which must hold none of them.
func (s *spans) add(first, last uint64) {
	i, held := s.at(first)
	if held || i < len(*s) && (*s)[i].first <= last {
		panic("dummy: a sequence is skipped or lost only once")
	}
	before := i > 0 && (*s)[i-1].last+1 == first
	after := i < len(*s) && last+1 == (*s)[i].first
	switch {
	case before && after:
		(*s)[i-1].last = (*s)[i].last
		*s = slices.Delete(*s, i, i+1)
	case before:
		(*s)[i-1].last = last
	case after:
		(*s)[i].first = first
	default:
		*s = slices.Insert(*s, i, span{first, last})
	}
}

// remove takes seq out of the set and reports whether it was there.
func (s *spans) remove(seq uint64) bool {
	i, ok := s.at(seq)
	if !ok {
		return false
	}
	a := (*s)[i]
	switch {
	case a.first == a.last:
		*s = slices.Delete(*s, i, i+1)
	case a.first == seq:
		(*s)[i].first++
	case a.last == seq:
		(*s)[i].last--
	default:
		(*s)[i].last = seq - 1
		*s = slices.Insert(*s, i+1, span{seq + 1, a.last})
	}
	return true
}
