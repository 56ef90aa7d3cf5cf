package gallery

import (
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// wrongLifetimes are the specimens with a rule replaced.
func wrongLifetimes() []Exhibit {
	all := append(wrongCounts(), wrongSends()...)
	all = append(all, wrongEnds()...)
	return append(all, wrongReuse()...)
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
	closed      = monitor.ClosedByServer.String()
	reset       = monitor.ResetByServer.String()
	notDrained  = monitor.NotDrained.String()
)

// leak is what is left of a session that is never released.
var leak = []string{monitor.SessionLeak}

// churning is a load with many closes, where other clients get the slots that are left. Several clients
// are away at a time: a single one would get its own slot again, and its echoes would be stale, not
// crossed. It is a load that a server serves on a busy machine with its bug's window open: a server
// that is behind releases a session long after its client has left, and nobody is mixed up then.
func churning(how string) Load {
	return with(func(l *Load) {
		l.Clients, l.OverSend, l.Churn, l.Close = 24, 8, 200, how
		l.ReconnectDelay = 20 * time.Millisecond
	})
}

// single is churning with one echo on its way at a time, all of one size: what completes for another
// session, too, is one whole echo, and what goes astray is not torn besides.
func single(how string) Load {
	l := churning(how)
	l.OverSend, l.SizeMin = 1, l.SizeMax
	return l
}

// wrongCounts get IOCount wrong.
func wrongCounts() []Exhibit {
	early := []string{closed, reset, monitor.ClosedHealthy, monitor.ReleasedTwice}
	others := []string{crossed, stale} // the slot's next session's, now and then
	push := habits{pushing: true}
	alone := with(func(l *Load) { l.OverSend = 1 })
	return []Exhibit{
		{
			Name: "count-after-send", Does: "raises IOCount after WSASend (R1)",
			Want: early, Also: others, Load: alone, specimen: of(countAfterSend, habits{}), adapt: mixedUp,
		},
		{
			Name: "down-before-post", Does: "lowers IOCount before the receive is posted again (R2)",
			Want: early, Also: others, Load: alone, specimen: of(downBeforePost, habits{}), adapt: mixedUp,
		},
		{
			Name: "failed-post-counts", Does: "does not lower IOCount when a post fails (R2)",
			Want: leak, Load: leaving("rst"),
			specimen: of(failedPostCounts, push),
		},
		{
			Name: "zero-counts", Does: "does not lower IOCount on transferred 0 (R2)",
			Want: leak, Load: leaving("fin"), specimen: of(zeroCounts, habits{}),
		},
		{
			Name: "drop-failures", Does: "does not handle a completion that failed (R8)",
			Want: leak, Load: leaving("rst"), specimen: of(dropFailures, habits{}),
		},
	}
}

// leaving is a load under which connections come and go, and echo has an end.
func leaving(how string) Load {
	return with(func(l *Load) { l.Churn, l.Close, l.Duration = 200, how, time.Second })
}

// wrongSends get SendFlag or SendQ wrong.
func wrongSends() []Exhibit {
	rawLoad := with(func(l *Load) { l.Frame = frame.Builtin("raw") })
	short := habits{shortSends: true}
	return []Exhibit{
		{
			Name: "test-then-set", Does: "tests SendFlag, and then sets it (R4)",
			Want: []string{duplicate}, Also: []string{missing, truncated, unsolicited}, Load: usual(),
			specimen: of(testThenSet, habits{}), adapt: torn,
		},
		{
			Name: "no-recheck", Does: "does not look at SendQ again on a send completion (R5)",
			Want: []string{notDrained, monitor.SendWakeupLost}, Load: stuckLoad(2),
			specimen: of(noRecheck, habits{}),
		},
		{
			Name: "clear-after-check", Does: "looks at SendQ again, and then clears SendFlag (R5)",
			Want: []string{notDrained, monitor.SendWakeupLost}, Load: stuckLoad(2),
			specimen: of(clearAfterCheck, habits{}),
		},
		{
			Name: "clear-before-consume", Does: "clears SendFlag before SendQ is consumed (R5)",
			Want: []string{duplicate}, Also: []string{missing, truncated, unsolicited}, Load: usual(),
			specimen: of(clearBeforeConsume, habits{}), adapt: torn,
		},
		{
			Name: "consume-asked", Does: "consumes what was asked, not what was transferred (R5)",
			Want: []string{corrupt, missing}, Load: rawLoad, adapt: framed,
			specimen: of(consumeAsked, short),
		},
		{
			Name: "unlocked-sendq", Does: "changes SendQ without its lock (R9)",
			Want: []string{corrupt, duplicate}, Also: []string{reordered, unsolicited, missing}, Load: rawLoad,
			adapt:    framed,
			specimen: of(unlockedSendQ, short),
		},
		{
			Name: "post-before-queue", Does: "posts the next receive before the data is in SendQ (R9)",
			Want: []string{reordered}, Also: []string{missing}, Load: usual(),
			specimen: of(postBeforeQueue, habits{}),
		},
	}
}

// wrongEnds leave a connection and do nothing for it any more.
func wrongEnds() []Exhibit {
	return []Exhibit{
		{
			Name: "failed-post-stays", Does: "does not disconnect when a send could not be posted (R14)",
			Want:     []string{notDrained, monitor.SendFlagStuck},
			Load:     stuckLoad(4),
			specimen: of(failedPostStays, habits{failSends: true}), adapt: unanswered,
		},
		{
			Name: "not-rearmed", Does: "forgets to post the next receive, now and then",
			Want: []string{notDrained}, WantSeen: []string{monitor.ReceiveNotRearmed},
			WantLast: leak, Also: []string{monitor.CloseIgnored},
			Load:     stuckLoad(4),
			specimen: of(notRearmed, habits{}), adapt: unanswered,
		},
		{
			Name: "ignore-zero", Does: "ignores transferred 0 (R6)",
			Want: []string{monitor.CloseIgnored}, WantLast: leak,
			Load:     with(func(l *Load) { l.Churn = 10 }),
			specimen: of(ignoreZero, habits{}),
		},
		{
			Name: "exit-on-zero", Does: "takes transferred 0 for a worker's order to stop (R7)",
			Want:     []string{monitor.WorkersLost},
			WantLast: leak,
			Load:     with(func(l *Load) { l.Clients, l.Churn = 32, 1.5 }),
			specimen: of(exitOnZero, habits{laborious: true}),
		},
	}
}

// wrongReuse use again too early what belongs to a session that is not over.
func wrongReuse() []Exhibit {
	one := func(name, does string, b bug, want []string, also ...string) Exhibit {
		return Exhibit{
			Name: name, Does: does, Want: append([]string{crossed, monitor.SessionReuse}, want...), Also: also,
			Load: single("rst"), specimen: of(b, habits{pushing: true}), adapt: mixedUp,
		}
	}
	second := one("second-read", "reads a second time whether IOCount is 0 (R3)", secondRead,
		[]string{monitor.ReleasedTwice}, closed, reset, monitor.CloseIgnored)
	second.WantLast = leak // two sessions share what was released twice
	return []Exhibit{
		second,
		one("release-on-zero", "releases on transferred 0 (R6)", releaseOnZero,
			[]string{monitor.ReleasedTwice, closed}, reset, stale),
		one("close-on-zero", "calls closesocket on transferred 0 (R11)", closeOnZero,
			[]string{closed}, reset, stale),
		one("unheld", "takes no reference in SendPacket (R12)", unheld,
			[]string{monitor.ReleasedTwice}, closed, reset, stale),
		one("resurrect", "lets SendPacket climb back from IOCount 0 (R12)", resurrect,
			[]string{monitor.ReleasedTwice}, closed, reset, stale),
		one("no-id-check", "does not check the session's id in SendPacket (R12)", noIDCheck, nil, stale),
	}
}

// rightSpecimens are the naive form without a bug.
func rightSpecimens() []Exhibit {
	load := churning("mixed")
	load.Duration, load.DrainTimeout = time.Second, rightDrain
	return []Exhibit{
		{
			Name: "right-specimen", Does: "the specimen with every rule kept", Load: load,
			specimen: of(none, habits{shortSends: true}),
		},
		{
			Name: "right-pushing", Does: "the same, answering from other goroutines", Load: load,
			specimen: of(none, habits{pushing: true, shortSends: true}),
		},
	}
}
