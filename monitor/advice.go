package monitor

import "slices"

// advice says for each fault where to look first. The rules are those of package server.
var advice = [NumFaults]string{
	Corrupt: "compare want and got: a server that sends a buffer again from its start after " +
		"a short send, or changes it while the send is in flight, does this",
	Truncated: "look at how the server cuts frames: one receive may hold part of a frame or " +
		"several",
	Crossed: "look for a session slot or socket value that is used again while an operation " +
		"of its earlier connection is in flight (rules R11, R12)",
	Stale: "look for queued sends that outlive their connection: session ids need a " +
		"generation (rule R12)",
	Reordered: "look for two sends of one session in flight, or a receive posted again before " +
		"its data is queued (rule R4)",
	Duplicate: "look for a SendQ entry that is sent again: consume it before SendFlag is " +
		"cleared (rule R5)",
	Missing: "look for packets dropped between receive and SendQ, or consumed without being " +
		"sent",
	Unsolicited: "look for echoes sent twice or made up, and sends left over from an earlier " +
		"connection",
	LoginMissing: "the server must send the login packet on accept; if it has none, leave out " +
		"--login",
	LoginDuplicate: "the server sends the login packet more than once for a connection",
	ClosedByServer: "look in the server's log for the local address above, and why it closed",
	ResetByServer: "look in the server's log for the local address above; a close with unread " +
		"data resets",
	ConnectFailed: "is the server listening, and its backlog long enough? --connect-rate " +
		"slows down",
	NotReading: "the server stopped posting receives, or waits for its own sends (rule R2)",
	NotDrained: "look in the server's log for the local addresses above: has it read these echoes, " +
		"has it sent them? One that is slow needs a longer --drain-timeout",
}

// adviceOn says the same for diagnoses, which know more than the faults they are drawn from.
var adviceOn = map[string]string{
	ServerGone:    "look for a crash of the server at the time of the first loss",
	ServerStalled: "look for what stops all workers at once: a lock, a full disk, a debugger",
	AcceptStalled: "the server stopped accepting: look at its accept loop and descriptors",
	NeverServed: "try another --frame (dummyload help run lists them); where the frame is right, the " +
		"server accepts nobody, or reads nothing",
	FrameMismatch: "try another --frame (dummyload help run lists them), with or without --login, or " +
		"--size 8; nothing else is concluded until one echo came back right",
	IdleTimeout: "give the dummies less to wait for (--rate, --loop-delay), or the server a longer " +
		"timeout; --allow closed_by_server where that is as it should be",
	SessionLimit:      "fewer --clients, or a higher limit in the server",
	SendWakeupLost:    "on a send completion clear SendFlag, then look at SendQ again (rule R5)",
	SendFlagStuck:     "SendFlag stays set after a send that failed: disconnect there (rule R14)",
	ReceiveNotRearmed: "post the next receive on every way out of a receive completion",
	WorkersLost:       "a worker must not end on transferred 0, only on a nil Overlapped (rule R7)",
	ClosedHealthy:     "IOCount may reach 0 too early: raise it before each post (rules R1, R2)",
	SessionReuse:      "close the socket at release only, and check session ids (rules R11, R12)",
	CloseIgnored:      "transferred 0 must end the connection (rule R6)",
	SessionLeak:       "an IOCount is not lowered on some way out (rule R2); the trace shows which",
	ReleasedTwice:     "only the decrement that reaches 0 may release (rule R3)",
	WorkersStuck: "each worker needs an order to stop of its own (rule R7), and a handler that " +
		"returns",
	AcceptsPending: "a cancelled listener must complete every accept that is pending (C6)",
	ServerFailed:   "the completion port itself failed: what it said stands above",
	AuditMissing:   "the bundled server's process crashed or was ended: see what it wrote to stderr",
	MemoryGrowth:   "bound SendQ: disconnect a session whose peer does not read (rule R15)",
	LimitIgnored:   "refuse a frame whose header is above the limit",

	LocalFDLimit:       "fewer --clients, or a higher descriptor limit for the tester (ulimit -n)",
	LocalPortExhausted: "fewer --clients, or more addresses for --source",
	SendLag: "run it again; where others use the tester's machine as well, give it one of its own, " +
		"or claim less",
	LocalCPUSaturated: "lower --rate, or give the tester more --dummy-workers or a machine of " +
		"its own",
}

// maxSteps is how many pieces of advice a report gives: the first ones are the likeliest.
const maxSteps = 3

// explained reports whether a diagnosis says why echoes are owed.
func explained(ds []Diagnosis) bool {
	return slices.ContainsFunc(ds, func(d Diagnosis) bool {
		switch d.Name {
		case AcceptStalled, NeverServed, SendWakeupLost, SendFlagStuck, ReceiveNotRearmed:
			return true
		}
		return false
	})
}

// unanswered reports whether no echo ever came back right: what faults are a sign of otherwise, they
// are not then.
func unanswered(d Diagnosis) bool { return d.Name == FrameMismatch || d.Name == NeverServed }

// nextSteps is what a reader should do about a verdict other than pass: what the diagnoses say,
// then what the failed faults say, or what the verdict itself does.
func nextSteps(s *Snapshot, v Verdict) []string {
	var steps []string
	add := func(step string) {
		if step != "" && !slices.Contains(steps, step) && len(steps) < maxSteps {
			steps = append(steps, step)
		}
	}
	if v.ExitCode == ExitFault || v.ExitCode == ExitInconclusive {
		for _, d := range v.Diagnoses {
			add(adviceOn[d.Name])
		}
	}
	if slices.ContainsFunc(v.Diagnoses, unanswered) {
		return steps
	}
	for _, f := range v.Failed {
		if f == NotDrained && explained(v.Diagnoses) {
			continue // why is known, and it is no lost wake-up
		}
		add(advice[f])
	}
	switch {
	case v.ExitCode == ExitThreshold:
		add("is it the server? compare the tester's CPU and send lag above, then repeat")
	case v.ExitCode == ExitInconclusive && s.Ledger.Echoed == 0:
		add("check that the server echoes in the chosen --frame, and give it a longer --duration")
	}
	return steps
}
