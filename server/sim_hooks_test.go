package server

import (
	"testing"

	"dummyload/server/seeded"
)

// hooks are where the simulation of this package alone looks, and takes the clock's place.
var hooks = []seeded.Edit{
	seeded.Before("release", seeded.Calls("left"), `present.Released($p1, $arg2)`),
	seeded.Entry("note", `present.Noted($p0, $p3)`),
	seeded.Entry("poll", `if present != nil {
			return present.Poll($p0, $p1)
		}`),
	seeded.Entry("broken", `if present != nil {
			present.Broken($p0, $p1)
		}`),
	seeded.Rewrite("stopThreads", seeded.Calls("timeAfter"), `make(chan time.Time, 1)`),
	seeded.Before("stopThreads", seeded.Receives("threads"),
		`present.Await($recv.@threads, $out0@timeAfter)`),
	seeded.Decl("sendFlag", `func init() { simInstrumented = true }`),
}

// simInstrumented says that this binary was built from the edited sources.
var simInstrumented bool

// edits are all that the simulation of this package alone is built with.
var edits = [][]seeded.Edit{seeded.Sizes, hooks, seeded.Points, seeded.AllBugs()}

// instrument builds this package's test binary from the edited sources.
func instrument(t *testing.T) string {
	t.Helper()
	return seeded.Build(t, edits...)
}

// TestOtherNamesSameRuns: an edit names no file, receiver, parameter or local of the product, so
// that sources in which all of these are renamed make the same runs.
func TestOtherNamesSameRuns(t *testing.T) {
	var jobs []job
	for _, b := range seeded.Bugs {
		jobs = append(jobs, job{Variant: b.Number, From: 1, Runs: 2000})
	}
	jobs = append(jobs, job{From: 1, Runs: 2000})
	as := simulate(t, instrument(t), jobs...)
	renamed := simulate(t, seeded.BuildRenamed(t, edits...), jobs...)
	for i := range jobs {
		a, b := as[i], renamed[i]
		if a.Digest != b.Digest || a.Runs != b.Runs || a.Broken != b.Broken {
			t.Errorf("M%02d: %d runs, digest %x, %q; renamed: %d, %x, %q", jobs[i].Variant,
				a.Runs, a.Digest, a.Broken, b.Runs, b.Digest, b.Broken)
		}
	}
}
