package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dummyload/monitor"
)

// Write prints the table, the matrix, and in words what is not as expected.
func Write(w io.Writer, shows []Show, took time.Duration) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "EXHIBIT\tEXPECTED\tEARNED\tCONNECTIONS\tSECONDS\tNATURAL\t")
	wrong, right, failed := 0, 0, 0
	for _, s := range shows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%.1f\t%s\t%s\n", s.Name, words(s.Expected), words(s.Earned),
			s.Connections, s.Seconds, s.Natural, s.Result)
		switch {
		case s.Result != AsExpected:
			failed++
		case len(s.Expected) == 0:
			right++
		default:
			wrong++
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s", matrix(shows))
	for _, s := range shows {
		if s.Result != AsExpected {
			fmt.Fprintf(w, "\n%s (%s) %s, seed %d:\n", s.Name, s.Does, s.Result, s.Seed)
			for _, line := range s.Why {
				fmt.Fprintf(w, "  %s\n", line)
			}
		}
	}
	_, err := fmt.Fprintf(w, "\nwrong servers named: %d, right ones not accused: %d, "+
		"not as expected: %d, in %.1f s\n", wrong, right, failed, took.Seconds())
	return err
}

// String is the rate as the table shows it.
func (d *Detected) String() string {
	if d == nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d", d.Named, d.Of)
}

// words joins names; none is a dash.
func words(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, " ")
}

// matrix is the confusion matrix: a row for each exhibit, a column for each name that was
// earned.
func matrix(shows []Show) string {
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
		b.WriteString(string(s.Result) + "\n")
	}
	b.WriteString("x expected and earned   . expected, not earned   + goes with it   ! neither\n")
	return b.String()
}

// mark is one field of the matrix.
func mark(s Show, name string) string {
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
