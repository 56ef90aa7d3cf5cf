// Package dummy is the load: a fleet of dummy clients that connect to an echo server, send
// it echoes, verify every byte that comes back, and account for every echo that does not.
//
// # One echo's way
//
// A Fleet has a few workers. Each is one thread with a completion port (dummy/conn: the engine)
// of its own, and the sole owner of its dummies: nothing on an echo's way is shared, so nothing
// is locked. Dummy i belongs to worker i mod W.
//
//	serve    a dummy that may send waits in its worker's ready queue; its turn comes when
//	         its window (Over Send) has room, and in an open loop when the next echo is due
//	assign   the echo gets its sequence and its time; Sent and Wait Echo Count go up (books.go)
//	write    what is assigned is made into frames in a buffer of the worker's, coalesced, and
//	         posted; one send of a dummy is in flight at a time (echo.go)
//	received what arrives is checked by recomputation in the port's memory (package verify),
//	         which says of every echo whose it is; no copy of a payload is ever kept
//	echoed   the answer that is right lowers Wait Echo Count, and the dummy is ready again
//
// The clock is read once for each batch of completions. What a clock must find (late echoes,
// connects that hang, a server that takes nothing) is found by the scan, a walk over all
// dummies every 50 ms in small steps: a server that says nothing at all is found out too.
//
// # The ledger
//
// Sent = Echoed + Wait + Abandoned + Lost, for each connection and in total, at every
// snapshot. Wait Echo Count is kept twice, counted up and down and as the difference. Only four
// things lower it: a verified echo, the dummy's own close (Abandoned), the server's close and a
// proved gap (Lost). No timeout does.
//
// # Those that misbehave
//
// Hostile dummies (package dummy/hostile) have a thread and a port to themselves: they are beside
// the fleet, not in it, and so not in its ledger either.
//
// # What faults add up to
//
// The workers and the fleet observe: they count, keep the times and post the poke (poke.go). What that
// means is said by package diagnose, which is pure; diagnose.go hands the facts over.
//
// # Verbs
//
// Control is the few verbs that all comes down to. Each is numbered by its ticket and mailed to every
// worker (verbs.go); a view says which tickets are in its numbers. When they are given is
// not this package's: package script plays them in time, and looks for the highest rate.
// health.go says when the tester itself was the bottleneck. What of a Config is a number is a line of
// knobs.go, whether a flag sets it or Tune.
//
// # Phases
//
// monitor.Phase draws them. Control's verbs change the phase at once; what must be waited for
// (all connected, all echoed) the workers tell the conductor, one goroutine that is asleep
// otherwise (conductor.go).
package dummy
