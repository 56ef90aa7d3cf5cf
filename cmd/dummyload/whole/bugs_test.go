package whole

import (
	"slices"
	"testing"

	"dummyload/monitor"
	"dummyload/server/seeded"
)

// sentence is what the dummies, and the server's audit, must and may say of a seeded bug. The server's
// own assertions are off (sim.Careless): a user's server has none.
type sentence struct {
	want []string // each must be said on some seed
	also []string // may be said on any
	// hangs is for a server that may loop for ever in its own data: the run does not end.
	hangs bool
	// slow has runs in which the workers set the pace.
	slow bool
}

// Names of faults, for short.
var (
	corrupt     = monitor.Corrupt.String()
	truncated   = monitor.Truncated.String()
	crossed     = monitor.Crossed.String()
	stale       = monitor.Stale.String()
	reordered   = monitor.Reordered.String()
	duplicate   = monitor.Duplicate.String()
	missing     = monitor.Missing.String()
	unsolicited = monitor.Unsolicited.String()
	late        = monitor.Late.String()
	notDrained  = monitor.NotDrained.String()
	noLogin     = monitor.LoginMissing.String()
	twoLogins   = monitor.LoginDuplicate.String()
	closed      = monitor.ClosedByServer.String()
	reset       = monitor.ResetByServer.String()
	refused     = monitor.ConnectFailed.String()
)

var (
	// healthy is a session released while it is alive.
	healthy = []string{closed, monitor.ClosedHealthy}
	// stuck is what may be said of echoes that get no answer, or of a missing login packet.
	stuck = []string{late, notDrained, noLogin, monitor.ServerStalled, monitor.Recovered,
		monitor.NeverServed}
	// content is what may be said of a stream whose bytes are mixed up.
	content = slices.Concat(stuck, []string{corrupt, truncated, reordered, duplicate, missing,
		unsolicited, twoLogins, crossed, monitor.SendFlagStuck, monitor.SendWakeupLost})
	// ends is what may be said of sessions that are released, or used, when they must not be. When most
	// go at once, while the network refuses a redial, the server looks gone.
	ends = slices.Concat(content, healthy, []string{stale, reset, monitor.SessionReuse,
		monitor.ReleasedTwice, monitor.SessionLeak, monitor.CloseIgnored, monitor.ServerGone})
	// dies is what may be said of a server whose process ended: SendQ's own checks, which stay on,
	// end it in some runs.
	dies = []string{monitor.ServerGone, refused, reset, monitor.ClosedHealthy, truncated}

	reuse = []string{crossed, monitor.SessionReuse}
	leaks = []string{monitor.SessionLeak}
)

// sentences say how each bug shows from outside, by its number. M01 does not show. M19 shows only on a
// network that answers before the worker that accepted goes on: it closes healthy connections.
var sentences = map[int]sentence{
	1:  {},
	2:  {want: healthy, also: ends},
	3:  {want: []string{notDrained, monitor.SendWakeupLost}, also: stuck},
	4:  {want: []string{notDrained, monitor.SendWakeupLost}, also: stuck},
	5:  {want: reuse, also: ends},
	6:  {want: reuse, also: ends},
	7:  {want: leaks},
	8:  {want: []string{corrupt}, also: content},
	9:  {want: []string{duplicate}, also: content},
	10: {want: reuse, also: ends},
	11: {want: reuse, also: ends},
	12: {want: []string{monitor.WorkersLost}, slow: true,
		also: append([]string{monitor.SessionLeak, monitor.AcceptsPending, monitor.CloseIgnored}, stuck...)},
	13: {want: healthy, also: ends},
	// A stranger's echo that a close cuts has no owner, but it is none of the dummy's own.
	14: {want: reuse, also: []string{stale, corrupt, noLogin}},
	// The product's SendQ is a list, in which a push that overwrites another's loses it, or brings
	// back what was sent: bytes are not mixed as in the lecture's ring.
	15: {want: []string{notDrained}, also: ends, hangs: true},
	16: {want: []string{reordered}, also: slices.Concat(content, healthy)},
	17: {want: leaks, also: healthy}, // those left over fill the table
	18: {want: []string{notDrained, monitor.SendFlagStuck},
		also: append([]string{monitor.ReleasedTwice}, stuck...)},
	19: {also: append([]string{monitor.ReleasedTwice}, healthy...)},
	20: {want: reuse, also: ends},
	21: {want: []string{monitor.CloseIgnored}, also: slices.Concat(stuck, healthy,
		[]string{monitor.SendWakeupLost, monitor.SendFlagStuck})}, // busy with nothing, it is slow
	22: {want: []string{monitor.WorkersStuck}},
	23: {want: []string{duplicate}, also: content},
}

// rounds and share bound how many seeds a bug is given to show itself.
const (
	rounds = 20
	share  = 30
)

// bugsAreNamed gives each bug some seeds, and more until all that must be said was said. A short test
// only checks that nothing else was said.
func bugsAreNamed(t *testing.T, binary string) {
	lacking := map[int][]string{}
	for n, s := range sentences {
		lacking[n] = slices.Clone(s.want)
	}
	runs := 0
	for round := range rounds {
		jobs := theirJobs(round, lacking)
		if len(jobs) == 0 {
			break
		}
		for i, all := range simulate(t, binary, jobs...) {
			n := jobs[i].Variant
			runs += len(all)
			for _, f := range all {
				lacking[n] = slices.DeleteFunc(lacking[n], func(name string) bool {
					return slices.Contains(f.Accused, name)
				})
				sentences[n].check(t, n, f)
			}
		}
		if testing.Short() {
			return
		}
	}
	for n, names := range lacking {
		if len(names) > 0 {
			t.Errorf("M%02d never earned %v on %d seeds", n, names, rounds*share)
		}
	}
	t.Logf("%d runs of %d bugs", runs, len(sentences))
}

// theirJobs are the jobs of a round: all bugs in the first, later those that lack something.
func theirJobs(round int, lacking map[int][]string) []job {
	var jobs []job
	for _, b := range seeded.Bugs {
		s, known := sentences[b.Number]
		if !known || round > 0 && len(lacking[b.Number]) == 0 {
			continue
		}
		from, runs := 1+uint64(round*share), share
		if testing.Short() {
			runs = share / 3
		}
		jobs = append(jobs, job{Variant: b.Number, From: from, Runs: runs})
		if s.slow {
			jobs = append(jobs, job{Variant: b.Number, Slow: true, From: from, Runs: 3})
		}
	}
	return jobs
}

// check looks for what a bug cannot cause.
func (s sentence) check(t *testing.T, n int, f found) {
	t.Helper()
	if f.Broken != "" && !s.hangs {
		t.Errorf("M%02d, seed %d: %s\n%s", n, f.Seed, f.Broken, f.replay())
	}
	for _, name := range f.Accused {
		if !slices.Contains(s.want, name) && !slices.Contains(s.also, name) &&
			(f.Died == "" || !slices.Contains(dies, name)) {
			t.Errorf("M%02d, seed %d, is accused of %s: %v\n%s", n, f.Seed, name, f.Accused,
				f.replay())
		}
	}
}

// TestEveryBugHasASentence: no bug is forgotten.
func TestEveryBugHasASentence(t *testing.T) {
	for _, b := range seeded.Bugs {
		if _, ok := sentences[b.Number]; !ok && b.Number != seeded.ClosesLocked {
			t.Errorf("M%02d %s has no sentence", b.Number, b.What)
		}
	}
}
