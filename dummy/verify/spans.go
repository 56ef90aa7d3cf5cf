package verify

import "slices"

// Span is the sequences First to Last, both included.
type Span struct{ First, Last uint64 }

// spans is a set of sequences, as sorted spans that do not touch. It holds spans and not single
// numbers: so its size depends on what the server did, and not on how far a sequence jumped.
type spans []Span

// at is the index of the span that holds seq.
func (s spans) at(seq uint64) (int, bool) {
	i, _ := slices.BinarySearchFunc(s, seq, func(a Span, seq uint64) int {
		switch {
		case a.Last < seq:
			return -1
		case a.First > seq:
			return 1
		}
		return 0
	})
	return i, i < len(s) && s[i].First <= seq
}

// has reports whether seq is in the set.
func (s spans) has(seq uint64) bool {
	_, ok := s.at(seq)
	return ok
}

// add puts first to last into the set, which must hold none of them.
func (s *spans) add(first, last uint64) {
	i, held := s.at(first)
	if held || i < len(*s) && (*s)[i].First <= last {
		panic("verify: a sequence is skipped or lost only once")
	}
	before := i > 0 && (*s)[i-1].Last+1 == first
	after := i < len(*s) && last+1 == (*s)[i].First
	switch {
	case before && after:
		(*s)[i-1].Last = (*s)[i].Last
		*s = slices.Delete(*s, i, i+1)
	case before:
		(*s)[i-1].Last = last
	case after:
		(*s)[i].First = first
	default:
		*s = slices.Insert(*s, i, Span{first, last})
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
	case a.First == a.Last:
		*s = slices.Delete(*s, i, i+1)
	case a.First == seq:
		(*s)[i].First++
	case a.Last == seq:
		(*s)[i].Last--
	default:
		(*s)[i].Last = seq - 1
		*s = slices.Insert(*s, i+1, Span{seq + 1, a.Last})
	}
	return true
}
