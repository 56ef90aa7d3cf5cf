package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"dummyload/server/iocp/sim"
	"dummyload/server/seeded"
)

// TestSimulation shows that the core is right in millions of schedules, that the same look finds
// each of the seeded bugs, and that it looked where it says.
func TestSimulation(t *testing.T) {
	t.Parallel()
	binary := instrument(t)
	runs, parts := 0, 0
	count := func(test func(*testing.T, string) int) func(*testing.T) {
		return func(t *testing.T) { runs += test(t, binary); parts++ }
	}
	t.Run("Bugs", count(everyBugDies))
	t.Run("Determinism", count(sameSeedSameRun))
	t.Run("Exhaustive", count(smallShapesAreExhausted))
	t.Run("Right", count(rightVariantsBreakNothing))
	t.Logf("%d schedules", runs)
	if want := 3_000_000; parts == 4 && !testing.Short() && runs < want {
		t.Errorf("%d schedules, want at least %d", runs, want)
	}
}

// share is how many runs one process makes at a time.
const share = 50_000

// rightVariantsBreakNothing explores both right variants, and looks at what it met there.
func rightVariantsBreakNothing(t *testing.T, binary string) int {
	shares, runs := 40, share
	if testing.Short() {
		shares, runs = 1, 20_000
	}
	var jobs []job
	for i := range shares {
		from := 1 + uint64(i)*share
		jobs = append(jobs, job{From: from, Runs: runs})
		if i%10 == 0 {
			jobs = append(jobs, job{Variant: seeded.ClosesLocked, From: from, Runs: runs})
		}
	}
	total, steps := 0, 0
	var met [sim.NumMarks]int
	for i, f := range simulate(t, binary, jobs...) {
		total, steps = total+f.Runs, steps+f.Steps
		if f.Broken != "" {
			t.Errorf("%s\n%s", f.Broken, jobs[i].replay(f.Run))
		}
		for m, n := range f.Marks {
			if jobs[i].Variant == 0 {
				met[m] += n
			}
		}
	}
	for m, n := range met {
		t.Logf("%9d  %v", n, sim.Mark(m))
		if n == 0 {
			t.Errorf("never met: %v", sim.Mark(m))
		}
	}
	t.Logf("%d schedules, %d decisions", total, steps)
	return total
}

// everyBugDies gives each seeded bug 100,000 schedules to be found in, from several beginnings,
// and checks what it was found by.
func everyBugDies(t *testing.T, binary string) int {
	const chances, apart = 100_000, 10_000_000
	starts := 5
	if testing.Short() {
		starts = 1
	}
	total := 0
	for _, b := range seeded.Bugs {
		if b.Number == seeded.ClosesLocked {
			continue
		}
		var jobs []job
		for i := range starts {
			jobs = append(jobs, job{Variant: b.Number, From: 1 + uint64(i)*apart, Runs: chances})
		}
		all := simulate(t, binary, jobs...)
		var needed []int
		for i, f := range all {
			needed = append(needed, f.Runs)
			total += f.Runs
			if !expected(b, f.Broken) {
				t.Errorf("M%02d %s: broken by %q, want one of %q\n%s", b.Number, b.What, f.Broken,
					b.Dies, jobs[i].replay(f.Run))
			}
		}
		slices.Sort(needed)
		t.Logf("M%02d %s: after %d schedules (median; at most %d)\n%s", b.Number, b.What,
			needed[starts/2], needed[starts-1], all[0].Broken)
	}
	return total
}

// expected reports whether that is what a bug is to be broken by.
func expected(b seeded.Bug, broken string) bool {
	return slices.ContainsFunc(b.Dies, func(of string) bool { return strings.Contains(broken, of) })
}

// sameSeedSameRun makes the same runs in two processes.
func sameSeedSameRun(t *testing.T, binary string) int {
	j := job{From: 1, Runs: 10_000}
	two := simulate(t, binary, j, j)
	if two[0].Digest != two[1].Digest || two[0].Steps != two[1].Steps {
		t.Errorf("%d seeds twice: digests %x and %x", j.Runs, two[0].Digest, two[1].Digest)
	}
	return two[0].Runs + two[1].Runs
}

// smallShapesAreExhausted makes every run of the small shapes with two preemptions.
func smallShapesAreExhausted(t *testing.T, binary string) int {
	var jobs []job
	for i, s := range smallShapes {
		if !testing.Short() || s.runs < share {
			jobs = append(jobs, job{Shape: i + 1, Preemptions: 2})
		}
	}
	runs := 0
	for i, f := range simulate(t, binary, jobs...) {
		runs += f.Runs
		small := smallShapes[jobs[i].Shape-1]
		if f.Broken != "" {
			t.Errorf("%s: %s\n%s", small.what, f.Broken, jobs[i].replay(f.Run))
		} else if f.Runs != small.runs {
			t.Errorf("%s: %d schedules, noted are %d. A change of the core, its yield points or the "+
				"port's choices changes that: note the new number", small.what, f.Runs, small.runs)
		}
	}
	return runs
}

// replay is the command that shows one run.
func (j job) replay(run uint64) string {
	command := fmt.Sprintf("go test ./server -run TestReplay -v -seed %d", run)
	if j.Shape > 0 {
		command = fmt.Sprintf("go test ./server -run TestReplay -v -shape %d -schedule %d -preemptions %d",
			j.Shape, run, j.Preemptions)
	}
	if j.Variant > 0 {
		command += fmt.Sprintf(" -mutant M%02d", j.Variant)
	}
	return "to see it: " + command
}

// What TestReplay shows.
var (
	replaySeed     = flag.Uint64("seed", 0, "TestReplay shows the schedule of this seed")
	replayMutant   = flag.String("mutant", "M00", "TestReplay runs this seeded bug, M01 to M23")
	replayShape    = flag.Int("shape", 0, "TestReplay shows a schedule of this small shape")
	replaySchedule = flag.Uint64("schedule", 0, "TestReplay shows this schedule of -shape")
	replayBound    = flag.Int("preemptions", 2, "the bound that -shape was explored with")
)

// TestReplay prints the timeline of one run. Without -seed or -shape there is nothing to show.
func TestReplay(t *testing.T) {
	if *replaySeed == 0 && *replayShape == 0 {
		return
	}
	j := job{From: *replaySeed, Runs: 1, Show: *replaySeed}
	if *replayShape > 0 {
		j = job{Shape: *replayShape, Show: *replaySchedule, Preemptions: *replayBound}
	}
	if _, err := fmt.Sscanf(*replayMutant, "M%d", &j.Variant); err != nil {
		t.Fatalf("-mutant %s: want M00 to M%d", *replayMutant, seeded.ClosesLocked)
	}
	binary := instrument(t)
	f := simulate(t, binary, j)[0]
	t.Logf("%d events\n%s", len(f.Lines), strings.Join(f.Lines, "\n"))
	if f.Broken != "" {
		t.Errorf("broken: %s", f.Broken)
	}
}

// simulate has the instrumented binary do some jobs.
func simulate(t *testing.T, binary string, jobs ...job) []found {
	t.Helper()
	return seeded.Each(t, func(j job) (found, error) { return j.process(binary) }, jobs...)
}

// process does one job in a process of its own.
func (j job) process(binary string) (f found, err error) {
	order, err := json.Marshal(j)
	if err != nil {
		return f, err
	}
	cmd := exec.Command(binary, "-test.run=^TestSimulationJob$", "-test.timeout=5m",
		"-sim.job="+string(order))
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1", "GOGC=400")
	out, err := cmd.CombinedOutput()
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), foundPrefix); ok {
			return f, json.Unmarshal([]byte(text), &f)
		}
	}
	return f, fmt.Errorf("%w\n%s", err, out[max(0, len(out)-4000):])
}
