package main

import (
	"fmt"
	"slices"
	"strings"

	"dummyload/monitor"
)

// matrix is the confusion matrix: a row for each exhibit, a column for each name that was
// earned.
func matrix(shows []show) string {
	var names []string
	for _, s := range shows {
		names = append(names, s.Expected...)
		names = append(names, s.Earned...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, "%22s%s%s\n", "", strings.Repeat("| ", i), name)
	}
	for _, s := range shows {
		fmt.Fprintf(&b, "%-22s", s.Name)
		for _, name := range names {
			b.WriteString(mark(s, name) + " ")
		}
		b.WriteString(s.Result + "\n")
	}
	b.WriteString("x expected and earned   . expected, not earned   + goes with it   ! neither\n")
	return b.String()
}

// mark is one field of the matrix.
func mark(s show, name string) string {
	want, got := slices.Contains(s.Expected, name), slices.Contains(s.Earned, name)
	switch {
	case want && got:
		return "x"
	case want:
		return "."
	case got && (slices.Contains(s.also, name) || name == monitor.Late.String()):
		return "+"
	case got:
		return "!"
	}
	return "|"
}
