package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dummyload/monitor"
	"dummyload/server/gallery"
)

// galleryParallel is how many exhibits are on show at a time unless told otherwise: most of them
// wait more than they work.
const galleryParallel = 6

// galleryOptions are the flags of `gallery`.
type galleryOptions struct {
	parallel  int
	natural   int
	lifetimes int
	json      string
}

func newGalleryCommand() *cobra.Command {
	var o galleryOptions
	cmd := &cobra.Command{
		Use:   "gallery [NAME…]",
		Short: "Run the tester against deliberately wrong servers",
		Long: "Runs the dummies against every exhibit of the gallery, or the named ones: servers that\n" +
			"are wrong on purpose, each in one way, and right ones. Prints which fault was expected\n" +
			"and which was earned. Exit 0 when every wrong server was named and no right one accused,\n" +
			"3 when not.\n\nThe exhibits:\n\n" + listExhibits(),
		ValidArgs: exhibitNames(),
		RunE: func(_ *cobra.Command, names []string) error {
			return runGallery(names, o)
		},
	}
	f := flagSet{cmd.Flags()}
	f.integer(&o.parallel, "parallel", galleryParallel, 1, 64, "exhibits on show at a time")
	f.integer(&o.natural, "natural", 0, 0, 1000, "times that each specimen is also shown with its "+
		"bug's window as narrow as it is in the field; how often it was named is told, and fails nothing")
	f.integer(&o.lifetimes, "lifetimes", 0, 0, maxLifetimes, "connections that each right server "+
		"must have served, under churn, without being accused; 0 = as many as a second brings")
	f.StringVar(&o.json, "json", "", "write the table as JSON to a file; - is stdout")
	return cmd
}

func exhibitNames() []string {
	var names []string
	for _, e := range gallery.All() {
		names = append(names, e.Name)
	}
	return names
}

func listExhibits() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, e := range gallery.All() {
		fmt.Fprintf(w, "  %s\t%s\n", e.Name, e.Does)
	}
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// runGallery is `dummyload gallery`.
func runGallery(names []string, o galleryOptions) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	out, err := openOutput(o.json)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.begin(); err != nil {
		return err
	}
	stop, release := stopSignals(exitInterrupted)
	defer release()
	began := time.Now()
	demandLifetimes(chosen, o.lifetimes)
	shows := showAll(stop, chosen, o.parallel, monitor.Rules{})
	showNatural(stop, chosen, shows, o)
	if err := stop.Err(); err != nil {
		return exitCode(monitor.ExitInterrupted)
	}
	text := io.Writer(os.Stdout)
	if o.json == "-" {
		text = os.Stderr
	}
	if err := writeGallery(text, shows, time.Since(began)); err != nil {
		return err
	}
	if err := out.writeJSON(shows); err != nil {
		return err
	}
	if !allAsExpected(shows) {
		return exitCode(monitor.ExitFault)
	}
	return nil
}

func allAsExpected(shows []show) bool {
	return !slices.ContainsFunc(shows, func(s show) bool { return s.Result != asExpected })
}

// choose finds the exhibits by name; none means all.
func choose(names []string) ([]gallery.Exhibit, error) {
	all := gallery.All()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []gallery.Exhibit
	for _, name := range names {
		i := slices.IndexFunc(all, func(e gallery.Exhibit) bool { return e.Name == name })
		if i < 0 {
			return nil, usageError{fmt.Errorf("no exhibit %q; accepted: %s", name,
				strings.Join(exhibitNames(), ", "))}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// showAll shows a few at a time, and returns them in the order given. When the context ends the
// rest is not begun.
func showAll(ctx context.Context, exhibits []gallery.Exhibit, parallel int,
	rules monitor.Rules) []show {
	shows := make([]show, len(exhibits))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(parallel, len(exhibits)) {
		wg.Go(func() {
			for i := range next {
				shows[i] = showExhibit(ctx, &exhibits[i], rules)
			}
		})
	}
	for i := range exhibits {
		if ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	wg.Wait()
	return shows
}

// What right servers are put under to serve many connections: churn of this many a second among
// this many dummies, for at most so long for each connection.
const (
	lifetimesChurn   = 4000
	lifetimesClients = 200
	lifetimeMost     = 10 * time.Millisecond
	maxLifetimes     = 10_000_000
)

// demandLifetimes has the right ones among the exhibits serve at least n connections.
func demandLifetimes(exhibits []gallery.Exhibit, n int) {
	for i := range exhibits {
		if e := &exhibits[i]; n > 0 && e.Right() {
			e.Load.Clients, e.Load.Churn, e.Load.ReconnectDelay = lifetimesClients, lifetimesChurn, 0
			e.Load.Lifetimes = uint64(n)
			e.Load.Duration = showMost + time.Duration(n)*lifetimeMost
		}
	}
}

// detected is how often a bug was named without any help.
type detected struct {
	Named int `json:"named"`
	Of    int `json:"of"`
}

// showNatural shows the specimens among the exhibits again, with their bugs' windows not widened.
func showNatural(ctx context.Context, exhibits []gallery.Exhibit, shows []show, o galleryOptions) {
	var again []gallery.Exhibit
	var of []int // the show that each belongs to
	for i := range exhibits {
		if e, ok := exhibits[i].Natural(); ok && o.natural > 0 {
			shows[i].Natural = &detected{Of: o.natural}
			for range o.natural {
				again, of = append(again, e), append(of, i)
			}
		}
	}
	for i, s := range showAll(ctx, again, o.parallel, monitor.Rules{}) {
		if s.Result != notShown && includes(s.Earned, s.Expected) {
			shows[of[i]].Natural.Named++
		}
	}
}

// writeGallery prints the table, the matrix, and what went wrong in words.
func writeGallery(w io.Writer, shows []show, took time.Duration) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "EXHIBIT\tEXPECTED\tEARNED\tCONNECTIONS\tSECONDS\tNATURAL\t")
	wrong, right, failed := 0, 0, 0
	for _, s := range shows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%.1f\t%s\t%s\n", s.Name, words(s.Expected), words(s.Earned),
			s.Connections, s.Seconds, s.Natural, s.Result)
		switch {
		case s.Result != asExpected:
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
		if s.Result != asExpected {
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
func (d *detected) String() string {
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
