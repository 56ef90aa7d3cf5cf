package server

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"

	"dummyload/server/iocp/sim"
)

// The instrumented binary is told what to explore by -sim.job, a job in JSON, and answers with
// one line.
var simJob = flag.String("sim.job", "", "what the instrumented binary explores, in JSON")

// job is one exploration.
type job struct {
	Variant     int    // see seeded.Bugs; 0 is the product
	From        uint64 // seeds From to From+Runs-1; or
	Runs        int
	Shape       int // 1.. explores all of smallShapes[Shape-1]
	Preemptions int
	Show        uint64 // the run whose timeline is wanted: a seed, or a number from 1
}

// found is what came of a job. Exploration ends at the first run that breaks something.
type found struct {
	Runs   int
	Steps  int
	Broken string
	Run    uint64 // which broke: its seed, or its number
	Digest uint64 // of all runs
	Marks  [sim.NumMarks]int
	Lines  []string // the timeline of Show
}

const foundPrefix = "found: "

// TestSimulationJob runs in the instrumented binary; elsewhere there is nothing for it to do.
func TestSimulationJob(t *testing.T) {
	if *simJob == "" {
		return
	}
	if !simInstrumented {
		t.Fatal("this binary is not the instrumented one")
	}
	var j job
	if err := json.Unmarshal([]byte(*simJob), &j); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(j.explore())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s%s\n", foundPrefix, out)
}

// explore makes all runs of a job, or those up to the first that breaks something.
func (j job) explore() (f found) {
	s := newSimulation()
	defer s.world.Close()
	defer func() { present, sim.Variant = nil, 0 }()
	sim.Variant = j.Variant
	f.Digest = 1
	if j.Shape > 0 {
		j.exhaust(s, &f)
	} else {
		j.walk(s, &f)
	}
	f.Marks = s.world.Marks()
	return f
}

// walk takes one seed after the other, odd ones as a random walk, even ones by priorities.
func (j job) walk(s *simulation, f *found) {
	random, priorities := &sim.Random{}, sim.NewPCT(3)
	for seed := j.From; seed < j.From+uint64(j.Runs); seed++ {
		var choose sim.Chooser = random
		if seed%2 == 1 {
			random.Seed(seed)
		} else {
			priorities.Seed(seed, 40<<(seed/2%4))
			choose = priorities
		}
		if j.one(s, f, drawShape(seed), choose, seed) {
			return
		}
	}
}

// exhaust makes every run of a small shape with so many preemptions.
func (j job) exhaust(s *simulation, f *found) {
	small := smallShapes[j.Shape-1]
	all := &sim.Exhaust{Preemptions: j.Preemptions, Rares: small.faults}
	for number := uint64(1); ; number++ {
		all.Begin()
		if j.one(s, f, small.shape, all, number) || !all.Advance() {
			return
		}
	}
}

// one makes one run and reports whether to stop after it.
func (j job) one(s *simulation, f *found, sh shape, choose sim.Chooser, number uint64) bool {
	if number == j.Show {
		s.world.Show(func(who, what string) {
			f.Lines = append(f.Lines, fmt.Sprintf("%5d  %-5s %s", s.world.Steps(), who, what))
		})
		defer s.world.Show(nil)
	}
	f.Runs++
	f.Broken = s.run(sh, choose)
	f.Steps += s.world.Steps()
	f.Digest = f.Digest*1099511628211 ^ s.world.Hash()
	f.Run = number
	return f.Broken != "" || number == j.Show
}
