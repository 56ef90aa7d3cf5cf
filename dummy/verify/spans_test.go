package verify

import (
	"testing"

	"pgregory.net/rapid"
)

// spans must behave like a set of numbers, and stay sorted and merged.
func TestSpansAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s spans
		model := map[uint64]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			first := rapid.Uint64Range(1, 40).Draw(t, "first")
			last := first
			for n := rapid.IntRange(0, 5).Draw(t, "more"); n > 0 && !model[last+1]; n-- {
				last++
			}
			if rapid.Bool().Draw(t, "add") && !model[first] {
				s.add(first, last)
				for q := first; q <= last; q++ {
					model[q] = true
				}
			} else {
				if got := s.remove(first); got != model[first] {
					t.Fatalf("remove(%d) = %v of %v", first, got, s)
				}
				delete(model, first)
			}
			checkSpans(t, s, model)
		}
	})
}

func checkSpans(t *rapid.T, s spans, model map[uint64]bool) {
	for q := range uint64(50) {
		if s.has(q) != model[q] {
			t.Fatalf("has(%d) = %v in %v", q, s.has(q), s)
		}
	}
	for i, a := range s {
		if a.First > a.Last || i > 0 && s[i-1].Last+1 >= a.First {
			t.Fatalf("not sorted and merged: %v", s)
		}
	}
}

func TestAddingWhatIsHeldPanics(t *testing.T) {
	for _, c := range []Span{{5, 5}, {4, 6}, {1, 20}, {9, 12}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was added twice", c)
				}
			}()
			s := spans{{5, 6}, {10, 11}}
			s.add(c.First, c.Last)
		}()
	}
}
