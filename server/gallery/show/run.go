// Package show is the tester's own exam: it runs the dummies against the exhibits of the gallery,
// and compares the names that each earned with those it must earn.
//
//	run.go      all exhibits, a few at a time; Natural and Lifetimes
//	show.go     one exhibit: server and fleet
//	load.go     what is done to it: START, STOP, again
//	compare.go  what was earned, against what was expected
//	table.go    all of it in words
//
// Package monitor judges each show like any run: this package only compares names.
package show

import (
	"context"
	"slices"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/server/gallery"
)

// Parallel is how many exhibits are shown at a time by default: most wait more than they work.
const Parallel = 6

// Options say how the exhibits are shown.
type Options struct {
	Parallel int // exhibits at a time, at least 1

	// Natural is how often each specimen is shown again with its bug's window as narrow as it is in
	// the field. Show.Natural says how often it was named then; that fails nothing.
	Natural int

	// Lifetimes is how many connections each right server must have served, under churn, without
	// being accused, up to MaxLifetimes; 0 = as many as its load brings.
	Lifetimes int

	// Rules are the rules of every run: what they allow is not looked at.
	Rules monitor.Rules
}

// Run shows the exhibits and returns the shows in the same order. When the context ends, the shows
// under way fail, and the rest does not begin.
func Run(ctx context.Context, exhibits []gallery.Exhibit, o Options) []Show {
	exhibits = slices.Clone(exhibits)
	demandLifetimes(exhibits, o.Lifetimes)
	shows := showAll(ctx, exhibits, o.Parallel, o.Rules)
	showNatural(ctx, exhibits, shows, o)
	return shows
}

// AllAsExpected reports whether every wrong server was named and no right one accused.
func AllAsExpected(shows []Show) bool {
	return !slices.ContainsFunc(shows, func(s Show) bool { return s.Result != AsExpected })
}

// showAll shows a few at a time and returns the shows in the same order.
func showAll(ctx context.Context, exhibits []gallery.Exhibit, parallel int,
	rules monitor.Rules) []Show {
	shows := make([]Show, len(exhibits))
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

// The load that makes a right server serve many connections: churn per second, dummies, and the most
// time for each connection.
const (
	lifetimesChurn   = 4000
	lifetimesClients = 200
	lifetimeMost     = 10 * time.Millisecond

	// MaxLifetimes is the most that can be asked for.
	MaxLifetimes = 10_000_000
)

// demandLifetimes makes the right exhibits serve at least n connections.
func demandLifetimes(exhibits []gallery.Exhibit, n int) {
	for i := range exhibits {
		if e := &exhibits[i]; n > 0 && e.Right() {
			e.Load.Clients, e.Load.Churn, e.Load.ReconnectDelay = lifetimesClients, lifetimesChurn, 0
			e.Load.Lifetimes = uint64(n)
			e.Load.Duration = showMost + time.Duration(n)*lifetimeMost
		}
	}
}

// Detected is how often a bug was named with its window as narrow as it is in the field.
type Detected struct {
	Named int `json:"named"`
	Of    int `json:"of"` // shows
}

// showNatural shows the specimens again, with the windows of their bugs not widened.
func showNatural(ctx context.Context, exhibits []gallery.Exhibit, shows []Show, o Options) {
	var again []gallery.Exhibit
	var of []int // the show that each belongs to
	for i := range exhibits {
		if e, ok := exhibits[i].Natural(); ok && o.Natural > 0 {
			shows[i].Natural = &Detected{Of: o.Natural}
			for range o.Natural {
				again, of = append(again, e), append(of, i)
			}
		}
	}
	for i, s := range showAll(ctx, again, o.Parallel, o.Rules) {
		if s.Result != NotShown && includes(s.Earned, s.Expected) {
			shows[of[i]].Natural.Named++
		}
	}
}
