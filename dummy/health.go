package dummy

import (
	"fmt"
	"os"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// health watches the tester itself, over the time since START or Reset: whether it is the bottleneck
// (diagnose.Tester). A worker that neither runs nor sleeps is starved: others have the processor. Once
// the fleet has ended, the CPU share is the mean over the time that echo was on.
//
// Single times in which a worker stood still are counted apart (held.go): whether they have spoiled
// what a run claims is for the verdict to say.
type health struct {
	before  []threadTime  // of each worker, as of the previous snapshot
	on      time.Duration // how long Echo was on, in the intervals seen
	ran     float64       // sum over them: share of the busiest worker × seconds
	starved float64       // sum over them: share of the worker starved most × seconds
	echoing bool          // Echo was on as of the previous snapshot
}

// threadTime is what a worker's thread has done until at. Some of what it ran it may have run
// while it went to sleep, which counts twice: starved is rather too little than too much.
type threadTime struct{ ran, slept, at time.Duration }

func (h *health) init(workers int) { h.before = make([]threadTime, workers) }

// reset begins to judge anew; how the threads stood is still what the next interval begins with.
func (h *health) reset() { h.on, h.ran, h.starved = 0, 0, 0 }

// judge compares the reports with those before, and says what of the tester's health no worker knows.
func (h *health) judge(g *monitor.Generator, reports []*report, run *monitor.Run) {
	g.RSS = residentBytes()
	var ran, starved, took time.Duration
	for i, r := range reports {
		now, was := threadTime{r.cpu, r.slept, r.at}, h.before[i]
		h.before[i] = now
		wall := now.at - was.at
		took = max(took, wall)
		ran = max(ran, min(wall, now.ran-was.ran))
		starved = max(starved, wall-(now.ran-was.ran)-(now.slept-was.slept))
	}
	if took > 0 {
		g.CPUShare = float64(ran) / float64(took)
	}
	echoing := run.Phase == monitor.Echoing
	if echoing || h.echoing { // where STOP came in between, the part before it counts
		h.on += took
		h.ran += ran.Seconds()
		h.starved += starved.Seconds()
	}
	h.echoing = echoing
	if h.on > 0 {
		g.EchoCPUShare, g.Starved = h.ran/h.on.Seconds(), h.starved/h.on.Seconds()
	}
	if run.Phase == monitor.Ended {
		g.CPUShare = g.EchoCPUShare
	}
	t := diagnose.Tester{Ran: g.EchoCPUShare, Starved: g.Starved, OpenLoop: run.Rate > 0,
		EchoOn: run.EchoOn, Behind: g.Behind}
	g.Saturated = t.Saturated()
}

// residentBytes is this process's memory, 0 where the system has no /proc.
func residentBytes() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}
