package show

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/gallery"
)

// TestGallery is the tester's own exam: every wrong server is named for what it does, no right
// one is Accused, three times in a row. A round does not wait for the last show of the one before.
func TestGallery(t *testing.T) {
	rounds, parallel := 3, Parallel
	of := gallery.All
	if testing.Short() { // the cheap ones, and one run of each
		rounds, parallel = 1, 3
		of = func() []gallery.Exhibit {
			return slices.DeleteFunc(gallery.All(), func(e gallery.Exhibit) bool {
				return e.Load.Churn > 0 || e.Load.Misbehave != "" // up to 200 MB on one connection
			})
		}
	}
	var exhibits []gallery.Exhibit
	for range rounds {
		exhibits = append(exhibits, of()...)
	}
	all := showAll(t.Context(), exhibits, parallel, monitor.Rules{})
	for round := range rounds {
		shows := all[round*len(all)/rounds : (round+1)*len(all)/rounds]
		t.Logf("round %d:\n%s", round+1, matrix(shows))
		for _, s := range shows {
			if s.Result != AsExpected {
				t.Errorf("round %d: %s: %s: expected %v, earned %v, seed %d\n%s", round+1, s.Name, s.Result,
					s.Expected, s.Earned, s.Seed, strings.Join(s.Why, "\n"))
			}
		}
	}
}

// longest is how long anything may take, on a machine that stands still for a while.
const longest = 90 * time.Second

// exhibit finds one by its name, for a shorter while.
func exhibit(t *testing.T, name string) gallery.Exhibit {
	t.Helper()
	chosen, err := gallery.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	chosen[0].Load.Duration = 300 * time.Millisecond
	return chosen[0]
}

// TestGalleryTurnsRed: a tester that does not look at a fault, a right server taken for a wrong one and
// a wrong one taken for a right one all fail the gallery. Without this a pass would mean little.
func TestGalleryTurnsRed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]monitor.Fault{
		"corrupt": monitor.Corrupt, "truncate": monitor.Truncated, "swap": monitor.Crossed,
		"duplicate": monitor.Duplicate, "reorder": monitor.Reordered, "drop": monitor.Missing,
		"unasked": monitor.Unsolicited, "greeting-twice": monitor.LoginDuplicate,
	} {
		t.Run("blind for "+fault.String(), func(t *testing.T) {
			t.Parallel()
			blind := monitor.Rules{Allow: []monitor.Fault{fault}}
			shows := showAll(t.Context(), []gallery.Exhibit{exhibit(t, name)}, 1, blind)
			if shows[0].Result != Escaped || AllAsExpected(shows) {
				t.Errorf("%s is %s", name, shows[0].Result)
			}
		})
	}
	for name, c := range map[string]struct {
		result Result
		change func(*gallery.Exhibit)
	}{
		"right-net": {Escaped, func(e *gallery.Exhibit) { e.Want = []string{"corrupt"} }},
		// What it does wrong comes before the first echo.
		"greeting-twice": {Accused, func(e *gallery.Exhibit) { e.Want = nil }},
		// What it does has two names, and one of them ends the show.
		"close": {Misnamed, func(e *gallery.Exhibit) {
			e.Want, e.Load.Duration = []string{monitor.ClosedByServer.String()}, 20*time.Second
		}},
	} {
		t.Run("changed "+name, func(t *testing.T) {
			t.Parallel()
			e := exhibit(t, name)
			c.change(&e)
			shows := showAll(t.Context(), []gallery.Exhibit{e}, 1, monitor.Rules{})
			if shows[0].Result != c.result || AllAsExpected(shows) || len(shows[0].Why) == 0 {
				t.Errorf("%+v, want %s", shows[0], c.result)
			}
		})
	}
}

// TestGalleryKeepsEveryBitOfASeed: readers of JSON take numbers for float64.
func TestGalleryKeepsEveryBitOfASeed(t *testing.T) {
	data, err := json.Marshal(Show{Seed: math.MaxUint64})
	if err != nil || !strings.Contains(string(data), `"seed":"18446744073709551615"`) {
		t.Errorf("%s, %v", data, err)
	}
}

// TestMatrix: the names that were expected, and those that were earned.
func TestMatrix(t *testing.T) {
	got := matrix([]Show{
		{Name: "wrong", Expected: []string{"corrupt", "missing"}, Earned: []string{"corrupt", "crossed",
			"late", "stale"}, also: []string{"stale"}, Result: Escaped},
		{Name: "right", Earned: []string{"late"}, Result: AsExpected},
	})
	want := `
                      corrupt
                      | crossed
                      | | late
                      | | | missing
                      | | | | stale
wrong                 x ! + . + ESCAPED
right                 | | + | | ok
x expected and earned   . expected, not earned   + goes with it   ! neither
`
	if "\n"+got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestRightServersServeManyLifetimes: none is Accused, each has served as many as were asked for.
// `dummyload gallery --lifetimes 100000` is the long form.
func TestRightServersServeManyLifetimes(t *testing.T) {
	t.Parallel()
	const lifetimes = 2000
	var right []gallery.Exhibit
	for _, e := range gallery.All() {
		if e.Right() {
			right = append(right, e)
		}
	}
	demandLifetimes(right, lifetimes)
	for i := range right {
		right[i].Load.Duration = 5 * time.Minute // at most: it ends with the last lifetime
	}
	for _, s := range showAll(t.Context(), right, 2, monitor.Rules{}) {
		if s.Result != AsExpected || s.Connections < lifetimes {
			t.Errorf("%s: %s, %d connections, earned %v, seed %d\n%s", s.Name, s.Result, s.Connections,
				s.Earned, s.Seed, strings.Join(s.Why, "\n"))
		}
	}
	impossible := right[:1]
	demandLifetimes(impossible, MaxLifetimes)
	impossible[0].Load.Duration = 10 * time.Millisecond
	s := showAll(t.Context(), impossible, 1, monitor.Rules{})[0]
	if s.Result != NotShown || len(s.Why) == 0 {
		t.Errorf("too few lifetimes: %s, %v", s.Result, s.Why)
	}
}

// TestNaturalRatesAreReported: for specimens only, and they fail nothing.
func TestNaturalRatesAreReported(t *testing.T) {
	t.Parallel()
	exhibits, err := gallery.Named("zero-counts", "corrupt", "right-specimen")
	if err != nil {
		t.Fatal(err)
	}
	shows := make([]Show, len(exhibits))
	showNatural(t.Context(), exhibits, shows, Options{Natural: 2, Parallel: 2})
	// The bug that lowers IOCount on transferred 0 has no window.
	if d := shows[0].Natural; d == nil || *d != (Detected{2, 2}) {
		t.Errorf("zero-counts was named %v", d)
	}
	if shows[1].Natural != nil || shows[2].Natural != nil {
		t.Errorf("not specimens with a bug: %v, %v", shows[1].Natural, shows[2].Natural)
	}
}

// TestAShowHasTimelines: what both ends did around a fault, on the owner's connection too, is in
// the table.
func TestAShowHasTimelines(t *testing.T) {
	t.Parallel()
	chosen, err := gallery.Named("swap")
	if err != nil {
		t.Fatal(err)
	}
	s := showExhibit(t.Context(), &chosen[0], monitor.Rules{})
	i := slices.IndexFunc(s.Evidence, func(e monitor.Evidence) bool {
		return e.Fault == monitor.Crossed
	})
	if i < 0 {
		t.Fatalf("%s: %v, %+v", s.Result, s.Why, s.Evidence)
	}
	dummies, sessions := map[string]bool{}, map[string]bool{}
	for _, f := range s.Evidence[i].Timeline {
		if strings.HasPrefix(f.By, "dummy") {
			dummies[f.Of] = true
		} else {
			sessions[f.Of] = true
		}
	}
	// On a busy machine the rings may be overwritten before they are read.
	lost := strings.Contains(s.Evidence[i].TimelineNote, "reaches back")
	if n, m := len(dummies), len(sessions); n > 2 || m > 2 || !lost && (n < 2 || m < 2) {
		t.Errorf("footprints of %v and %v, note %q", dummies, sessions, s.Evidence[i].TimelineNote)
	}
}
