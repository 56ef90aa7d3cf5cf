package whole

import (
	"testing"

	"dummyload/server/seeded"
)

// edits are all that the whole is built with.
var edits = [][]seeded.Edit{seeded.Sizes, seeded.Points, seeded.AllBugs(), serverSide, dummySide}

// instrument builds this package's test binary with both programs on simulated ports.
func instrument(t *testing.T) string {
	t.Helper()
	return seeded.Build(t, edits...)
}

// TestOtherNamesSameRuns: an edit does not depend on a file, receiver, parameter or local of the
// product. Sources in which all of these are renamed make the same runs.
func TestOtherNamesSameRuns(t *testing.T) {
	j := job{From: 1, Runs: 4}
	as := simulate(t, instrument(t), j)[0]
	renamed := simulate(t, seeded.BuildRenamed(t, edits...), j)[0]
	for i := range as {
		if a, b := as[i], renamed[i]; a.Digest != b.Digest {
			t.Errorf("seed %d:\n%s\n%s renamed", a.Seed, a.Digest, b.Digest)
		}
	}
}

// serverSide makes the server open its port in the simulated world, where its workers are guests. They
// have no threads: the world gives turns to goroutines. A failed assertion of the server ends its
// process, and not the simulation.
var serverSide = []seeded.Edit{
	seeded.Rewrite("start", seeded.Calls("newPort"), `sim.Open("server", $arg0)`),
	seeded.Entry("broken", `if sim.Asserts($p1) {
			return
		}`),
	seeded.After("startThreads", seeded.Calls("thread"), `sim.Rest()`),
	seeded.Instead("thread", seeded.Calls("lockThread"), ``),
	seeded.Instead("thread", seeded.Calls("unlockThread"), ``),
	seeded.Before("thread", seeded.Calls("attach"), `sim.Enter($arg0)`),
	seeded.Instead("thread", seeded.Calls("startAccepts"), `sim.Live($recv.@serverPort, func() {
			$it
			$call@workerRun
		})`),
	seeded.Instead("thread", seeded.Calls("workerRun"), ``),
}

// dummySide does the same for the fleet. A lock that is held while somebody waits for the workers must
// let virtual time pass. The processor time of a thread means nothing in virtual time.
var dummySide = []seeded.Edit{
	seeded.Rewrite("openPort", seeded.Calls("newPort"), `sim.Open("dummies", $arg0)`),
	seeded.FieldType("collecting", `sim.Lock`),
	seeded.FieldType("fleetMu", `sim.Lock`),
	seeded.Instead("dummyRun", seeded.Calls("lockThread"), ``),
	seeded.Rewrite("dummyReport", seeded.Calls("threadCPU"), `0 * $it`),
}
