package whole

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp/sim"
)

// TestTheWhole shows that the right server is accused of nothing that was not done to it, that
// STOP always leads to Wait Echo Count 0, and that each seeded bug is named for what it is.
func TestTheWhole(t *testing.T) {
	binary := instrument(t)
	t.Run("Right", func(t *testing.T) { rightServerIsNotAccused(t, binary) })
	t.Run("Events", func(t *testing.T) { eventsAreNamed(t, binary) })
	t.Run("Determinism", func(t *testing.T) { sameSeedSameRun(t, binary) })
	t.Run("Bugs", func(t *testing.T) { bugsAreNamed(t, binary) })
}

// rightServerIsNotAccused plays many seeds, and looks at what happened in them.
func rightServerIsNotAccused(t *testing.T, binary string) {
	shares := 20
	if testing.Short() {
		shares = 5
	}
	jobs := []job{{Slow: true, From: 1, Runs: shares / 2}}
	for i := range shares {
		jobs = append(jobs, job{From: 1 + uint64(i*share), Runs: share})
	}
	runs, steps := 0, 0
	var met [numMarks]int
	var simMet [sim.NumMarks]int
	for _, all := range simulate(t, binary, jobs...) {
		for _, f := range all {
			runs, steps = runs+1, steps+f.Steps
			for i := range met {
				met[i] += f.Met[i]
			}
			for i := range simMet {
				simMet[i] = max(simMet[i], f.Marks[i])
			}
			f.mustBeRight(t)
		}
	}
	for i, n := range met {
		t.Logf("%9d  %s", n, marks[i])
		if n == 0 {
			t.Errorf("never met: %s", marks[i])
		}
	}
	for _, m := range simMarks {
		if simMet[m] == 0 {
			t.Errorf("never met: %s", m)
		}
	}
	t.Logf("%d runs, %d turns", runs, steps)
}

func (f found) mustBeRight(t *testing.T) {
	t.Helper()
	if f.Broken != "" || len(f.Wrong) > 0 {
		t.Errorf("seed %d: %s%s\n%s", f.Seed, f.Broken, strings.Join(f.Wrong, "\n"), f.replay())
	}
}

// eventsAreNamed kills the server's process, or stops it for a while. The dummies must say that, and
// nothing else. In a storm most connections may not be up at that moment.
func eventsAreNamed(t *testing.T, binary string) {
	events := []string{killed, stopped}
	all := simulate(t, binary, job{Event: killed, From: 1, Runs: share},
		job{Event: stopped, From: 1, Runs: share})
	for i, name := range []string{monitor.ServerGone, monitor.Recovered} {
		named := 0
		for _, f := range all[i] {
			f.mustBeRight(t)
			if slices.Contains(f.Earned, name) {
				named++
			}
		}
		t.Logf("%s: named %s on %d of %d seeds", events[i], name, named, len(all[i]))
		if 2*named < len(all[i]) {
			t.Errorf("%s: named %s on %d of %d seeds only", events[i], name, named, len(all[i]))
		}
	}
}

// sameSeedSameRun plays the same seeds in two processes, one of which has more than one thread.
func sameSeedSameRun(t *testing.T, binary string) {
	one := job{From: 1, Runs: 2 * share}
	more := one
	more.Threads = 4
	two := simulate(t, binary, one, more)
	for i := range two[0] {
		if a, b := two[0][i], two[1][i]; a.Digest != b.Digest {
			t.Errorf("seed %d twice:\n%s\n%s\n%s", a.Seed, a.Digest, b.Digest, a.replay())
		}
	}
}

// What TestReplay shows.
var (
	replaySeed   = flag.Uint64("seed", 0, "TestReplay shows the run of this seed")
	replayMutant = flag.String("mutant", "M00", "TestReplay runs this seeded bug, M01 to M23")
	replayEvent  = flag.String("event", "", "what TestReplay has happen: killed or stopped")
	replaySlow   = flag.Bool("slow", false, "TestReplay's server has workers that set the pace")
)

// TestReplay prints the timeline of one run. Without -seed there is nothing to show.
func TestReplay(t *testing.T) {
	if *replaySeed == 0 {
		return
	}
	j := job{From: *replaySeed, Runs: 1, Show: true, Slow: *replaySlow, Event: *replayEvent}
	if _, err := fmt.Sscanf(*replayMutant, "M%d", &j.Variant); err != nil {
		t.Fatalf("-mutant %s: want M00 to M23", *replayMutant)
	}
	binary := instrument(t)
	f := simulate(t, binary, j)[0][0]
	t.Logf("%d events\n%s", len(f.Lines), strings.Join(f.Lines, "\n"))
	t.Logf("earned: %v; of which it is to blame for: %v; died: %q\n%s", f.Earned, f.Accused,
		f.Died, f.Digest)
	if j.Variant == 0 && (f.Broken != "" || len(f.Wrong) > 0) {
		t.Errorf("wrong: %s%s", f.Broken, strings.Join(f.Wrong, "\n"))
	}
}
