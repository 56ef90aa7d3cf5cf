package diagnose

import (
	"slices"

	"dummyload/monitor"
)

// row is a diagnosis, with what a reader should do about it.
type row struct {
	name   string
	advice string
	not    []string // what it excludes
	why    string   // … for this reason
	unless string   // … but not if this is diagnosed, too
}

// stuck are the causes for which single connections are stuck.
var stuck = []string{monitor.SendWakeupLost, monitor.SendFlagStuck, monitor.ReceiveNotRearmed}

// table has every diagnosis. One that excludes another stands above it (see exclude). What the
// bundled server's audit counts, and what the tester itself could not do, are facts of their own:
// they exclude nothing, and nothing excludes them. An exclusion never lets a run pass that would
// fail: if the excluded diagnosis fails a run, so does the other one, or no echo ever came back
// right.
var table = []row{
	{name: monitor.FrameMismatch,
		advice: "dummyload probe tries every frame on the server (dummyload frames lists them); nothing " +
			"else is concluded until one echo came back right",
		not: append([]string{monitor.NeverServed, monitor.WorkersLost, monitor.ServerStalled,
			monitor.Recovered, monitor.SessionReuse, monitor.CloseIgnored, monitor.IdleTimeout,
			monitor.SessionLimit, monitor.AgeLimit, monitor.ClosedHealthy, monitor.HalfCloseUnanswered,
			monitor.LimitIgnored, monitor.MemoryGrowth}, stuck...),
		why: "all else is concluded from a server that was right once"},
	{name: monitor.NeverServed,
		advice: "dummyload probe tries every frame on the server; if the frame is right, the server " +
			"accepts nobody, or reads nothing",
		not: append([]string{monitor.WorkersLost, monitor.ServerStalled, monitor.Recovered,
			monitor.CloseIgnored}, stuck...),
		why: "how long its answers take is not known"},
	{name: monitor.WorkersLost,
		advice: "a worker must not end on transferred 0, only on a nil Overlapped (rule R7)",
		not:    append([]string{monitor.ServerStalled, monitor.CloseIgnored}, stuck...),
		why:    "nobody is left to answer an echo, or a FIN"},
	{name: monitor.ServerStalled,
		advice: "look for what stops all workers at once: a lock, a full disk, a debugger",
		not:    stuck,
		why:    "that a poke lies unread says nothing of one who stands still",
		unless: monitor.Recovered},
	{name: monitor.SessionReuse,
		advice: "close the socket at release only, and check session ids (rules R11, R12)",
		not:    []string{monitor.ClosedHealthy},
		why:    "who uses a session too early closes another's connection"},
	{name: monitor.CloseIgnored, advice: "transferred 0 must end the connection (rule R6)",
		not: []string{monitor.IdleTimeout, monitor.SessionLimit, monitor.AgeLimit},
		why: "who does that has no such rule, and may close for another mistake"},
	{name: monitor.IdleTimeout,
		advice: "let the dummies send more often (--rate, --loop-delay), describe the heartbeat that the " +
			"server wants (heartbeat, in a --frame FILE), or give it a longer timeout; if such closes are " +
			"right, --allow closed_by_server",
		not: []string{monitor.SessionLimit, monitor.AgeLimit, monitor.ClosedHealthy},
		why: "all closes have this pattern"},
	{name: monitor.SessionLimit, advice: "fewer --clients, or a higher limit in the server",
		not: []string{monitor.ClosedHealthy},
		why: "all closes have this pattern"},
	{name: monitor.AgeLimit,
		advice: "describe the heartbeat that the server wants (heartbeat, in a --frame FILE); if such closes " +
			"are right, --allow closed_by_server",
		not: []string{monitor.ClosedHealthy},
		why: "all closes have this pattern"},
	{name: monitor.ClosedHealthy,
		advice: "IOCount may reach 0 too early: raise it before each post (rules R1, R2)"},

	{name: monitor.ServerGone, advice: "look for a crash of the server at the time of the first loss"},
	{name: monitor.Recovered},
	{name: monitor.AcceptStalled,
		advice: "the server stopped accepting: look at its accept loop and descriptors"},
	{name: monitor.SendWakeupLost,
		advice: "on a send completion clear SendFlag, then look at SendQ again (rule R5)"},
	{name: monitor.SendFlagStuck,
		advice: "SendFlag stays set after a send that failed: disconnect there (rule R14)"},
	{name: monitor.ReceiveNotRearmed,
		advice: "post the next receive on every way out of a receive completion"},
	{name: monitor.HalfCloseUnanswered},
	{name: monitor.LimitIgnored, advice: "refuse a frame whose header is above the limit"},
	{name: monitor.MemoryGrowth,
		advice: "bound SendQ: disconnect a session whose peer does not read (rule R15)"},

	{name: monitor.SessionLeak,
		advice: "an IOCount is not lowered on some way out (rule R2); the trace shows which"},
	{name: monitor.ReleasedTwice, advice: "only the decrement that reaches 0 may release (rule R3)"},
	{name: monitor.WorkersStuck,
		advice: "each worker needs an order to stop of its own (rule R7), and a handler that returns"},
	{name: monitor.AcceptsPending,
		advice: "a cancelled listener must complete every accept that is pending (C6)"},
	{name: monitor.ServerFailed, advice: "the completion port itself failed: what it said stands above"},
	{name: monitor.AuditMissing,
		advice: "the bundled server's process crashed or was ended: see what it wrote to stderr"},

	{name: monitor.LocalFDLimit,
		advice: "fewer --clients, or a higher descriptor limit for the tester (ulimit -n)"},
	{name: monitor.LocalPortExhausted, advice: "fewer --clients, or more addresses for --source"},
	{name: monitor.LocalCPUSaturated,
		advice: "lower --rate, or give the tester more --dummy-workers or a machine of its own"},
	{name: monitor.SendLag,
		advice: "run it again; if others use the tester's machine, give it one of its own, or set a " +
			"higher limit (--threshold)"},
}

// exclude leaves out the causes that another excludes, and those that are pending. A cause that is
// excluded excludes nothing.
func exclude(all []cause) []monitor.Diagnosis {
	index := func(name string) int {
		return slices.IndexFunc(all, func(c cause) bool { return c.Name == name })
	}
	for _, r := range table {
		if index(r.name) < 0 || r.unless != "" && index(r.unless) >= 0 {
			continue
		}
		all = slices.DeleteFunc(all, func(c cause) bool { return slices.Contains(r.not, c.Name) })
	}
	var left []monitor.Diagnosis
	for _, c := range all {
		if !c.pending {
			left = append(left, c.Diagnosis)
		}
	}
	return left
}
