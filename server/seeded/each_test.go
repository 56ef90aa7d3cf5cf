package seeded

import (
	"slices"
	"testing"
)

func TestEachKeepsTheOrderOfTheJobs(t *testing.T) {
	jobs := []int{3, 1, 2, 5, 4, 9, 7}
	got := Each(t, func(n int) (int, error) { return 2 * n, nil }, jobs...)
	if want := []int{6, 2, 4, 10, 8, 18, 14}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
