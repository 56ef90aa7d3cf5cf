// Package show is the tester's own exam: it runs the dummies against the exhibits of the gallery,
// and compares what each earned with what must be said of it.
//
//	run.go    exhibits, a few at a time; what else can be asked of them
//	show.go   one exhibit: server and fleet
//	load.go   what is done to it: START, STOP, again
//	judge.go  what was earned, against what was expected
//	table.go  all of it in words
//
// What was earned is judged as in any run, by package monitor: this one only knows the names.
package show

import (
	"context"
	"slices"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/server/gallery"
)

// Parallel is how many exhibits suit a machine at a time: most of them wait more than they work.
const Parallel = 6

// Options are what can be asked of the shows.
type Options struct {
	Parallel int // exhibits at a time, at least 1

	// Natural is how often each specimen is shown again with its bug's window as narrow as it is in
	// the field. How often it was named then is told, and fails nothing.
	Natural int

	// Lifetimes is how many connections each right server must have served, under churn, without
	// being accused, up to MaxLifetimes; 0 = as many as its load brings.
	Lifetimes int

	// Rules have the tester not look at what they allow.
	Rules monitor.Rules
}

// Run shows the exhibits, and returns what came of them in the same order. When the context ends,
// those that are on show end badly, and the rest is not begun.
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

// showAll shows a few at a time, and returns them in the order given. When the context ends the
// rest is not begun.
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

// What right servers are put under to serve many connections: churn of this many a second among
// this many dummies, for at most so long for each connection.
const (
	lifetimesChurn   = 4000
	lifetimesClients = 200
	lifetimeMost     = 10 * time.Millisecond

	// MaxLifetimes is the most that can be asked for.
	MaxLifetimes = 10_000_000
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

// Detected is how often a bug was named without any help.
type Detected struct {
	Named int `json:"named"`
	Of    int `json:"of"`
}

// showNatural shows the specimens among the exhibits again, with their bugs' windows not widened.
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
