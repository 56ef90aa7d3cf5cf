package whole

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"dummyload/server/iocp/sim"
	"dummyload/server/seeded"
)

// The instrumented binary is told what to play by -whole.job, a job in JSON, and answers with one
// line for each run.
var wholeJob = flag.String("whole.job", "", "what the instrumented binary plays, in JSON")

// job is some runs: seeds From to From+Runs-1.
type job struct {
	Variant int    // of the server: a seeded bug, 0 for the product
	Slow    bool   // the server's workers set the pace
	Event   string // what happens besides faults: "", killed or stopped
	From    uint64
	Runs    int
	Show    bool // the timeline
	Threads int  // of the process; 0 is 1
}

// found is what came of one run.
type found struct {
	Job     job
	Seed    uint64
	Wrong   []string // with the right server
	Broken  string   // what ended the run
	Earned  []string
	Accused []string // of what was not done to it
	Died    string   // why the server's process did
	Digest  string
	Met     [numMarks]int
	Marks   [sim.NumMarks]int
	Steps   int
	Lines   []string
}

const foundPrefix = "found: "

// TestWholeJob runs in the instrumented binary; elsewhere there is nothing for it to do.
func TestWholeJob(t *testing.T) {
	if *wholeJob == "" {
		return
	}
	var j job
	if err := json.Unmarshal([]byte(*wholeJob), &j); err != nil {
		t.Fatal(err)
	}
	for seed := j.From; seed < j.From+uint64(j.Runs); seed++ {
		synctest.Test(t, func(*testing.T) { j.play(seed).tell() })
	}
}

// play makes one run. What breaks the world ends the process, which says before what it was.
func (j job) play(seed uint64) (f found) {
	f.Job, f.Seed = j, seed
	sim.Careless = j.Variant != 0
	p := newPlay(seed, j, func(what string) {
		f.Broken = what
		f.tell()
		os.Exit(0)
	})
	if j.Show {
		p.world.Show(func(who, what string) {
			f.Lines = append(f.Lines, fmt.Sprintf("%12v  %-5s %s", p.world.Elapsed(), who, what))
		})
	}
	p.run()
	f.Wrong, f.Earned, f.Accused, f.Died = p.examine(), p.earned(), p.accused(), p.port.Died
	f.Digest, f.Met, f.Marks = p.digest(), p.met(), p.world.Marks()
	f.Steps = p.world.Steps()
	return f
}

// replay is the command that shows a run.
func (f found) replay() string {
	command := fmt.Sprintf("go test ./cmd/dummyload/whole -run TestReplay -v -seed %d", f.Seed)
	if f.Job.Variant > 0 {
		command += fmt.Sprintf(" -mutant M%02d", f.Job.Variant)
	}
	if f.Job.Slow {
		command += " -slow"
	}
	if f.Job.Event != "" {
		command += " -event " + f.Job.Event
	}
	return "to see it: " + command
}

func (f found) tell() {
	out, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s%s\n", foundPrefix, out)
}

// simulate lets the instrumented binary do some jobs.
func simulate(t *testing.T, binary string, jobs ...job) [][]found {
	t.Helper()
	return seeded.Each(t, func(j job) ([]found, error) { return j.process(binary) }, jobs...)
}

// process does one job in a process of its own.
func (j job) process(binary string) (all []found, err error) {
	order, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "-test.run=^TestWholeJob$", "-test.timeout=5m",
		"-whole.job="+string(order))
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("GOMAXPROCS=%d", max(1, j.Threads)), "GOGC=400")
	out, err := cmd.CombinedOutput()
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), foundPrefix); ok {
			var f found
			if err := json.Unmarshal([]byte(text), &f); err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out[max(0, len(out)-6000):])
	}
	return all, nil
}
