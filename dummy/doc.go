// Package dummy is the load: a fleet of dummies that connect to an echo server, send it echoes,
// verify every byte that comes back, and account for every echo that does not.
//
// # One echo's way
//
// A Fleet has a few workers. Each is one thread with a completion port of its own, and the sole
// owner of its dummies. Nothing on an echo's way is shared, so nothing is locked. Dummy i belongs to
// worker i mod W. A worker is three things that know nothing of each other: an engine, which makes,
// keeps and ends its connections (package conn), a schedule, which says who sends when (schedule.go),
// and books, which count what came of it (books.go). The worker brings them together:
//
//	serve     a dummy that may send waits in the schedule's ready queue; its turn comes when its
//	          window has room, and in an open loop when the next echo is due (schedule.go, pacer.go)
//	assign    the echo gets its sequence and its due time; in the books Sent and Wait Echo Count go
//	          up (echo.go, books.sent)
//	write     all that a dummy was assigned in a batch is made into frames (verify.Pattern), and one
//	          send is posted; one send of a dummy is in flight at a time (engine.Send)
//	Received  what arrives is compared in the port's memory with what the echo must be, and no copy
//	          of a payload is kept; package verify says of each answer whose it is (Stream.Feed)
//	Echoed    verify has found n right answers: their round trips are measured, Wait Echo Count goes
//	          down (books.measure, books.echoed), and the dummy is ready again
//
// The clock is read once for each batch of completions. Some things only a clock can find: late
// echoes, connects that hang, a server that takes nothing. The scan finds them, a walk over all
// dummies every 50 ms in small steps (scan.go). So a server that says nothing at all is found, too.
//
// # One key's way
//
// A key, a flag and a step of a script come down to the verbs of Control. Package
// script gives verbs in time, and looks for the highest rate. A press of START:
//
//	Fleet.Start  checks the phase, gives the verb the next ticket, and mails it to every worker
//	             (verbs.go, conn.Engine.Mail)
//	worker       takes its mail at the end of a batch: worker.start, and the schedule begins
//	             (worker_verbs.go, schedule.start)
//	Collect      every worker reports at the end of a batch, and the fleet merges the reports into
//	             one tally (tally.go, report.go); a view of it confirms the ticket
//
// A verb changes the phase at once; monitor.Phase draws the phases. What takes time (all connected,
// all echoed) the workers write on their boards, and wake the conductor: one goroutine that changes
// the phase then and sleeps otherwise (conductor.go). A number of a Config is a knob: one line of
// knobs.go, whether a flag sets it or Tune.
//
// # One fault's way
//
//	verify          finds a wrong answer, and calls outcomes.Fault with the evidence
//	worker.blame    counts the fault, and keeps the first evidence of each kind (evidence.go)
//	Collect         brings both to the fleet (tally.go)
//	diagnose        says what the faults add up to: diagnose.go hands it the facts, and package
//	                diagnose, which is pure, makes causes of them
//
// Faults that no answer shows come from the scan, from the ends of connections (close.go, dial.go),
// and from the end of a drain, which names every echo that is still owed (drain.go). On connections
// that are stuck then, the poke finds out why (poke.go). health.go says when the tester itself was
// the bottleneck.
//
// # The ledger
//
// Sent = Echoed + Wait + Abandoned + Lost, for each connection and in total, at every snapshot.
// Wait Echo Count is kept twice: counted up and down, and as the difference. Only four things lower
// it: a verified echo, the dummy's own close (Abandoned), the server's close and a proved gap (both
// Lost). No timeout does.
//
// # What is no echo
//
// A description of a frame may have a session, heartbeats, and packets that are ignored (package frame).
// session.go sends the steps and the heartbeats with the echoes, and package verify knows what comes.
//
// Hostile dummies (package hostile) have a thread and a port of their own. They are beside the fleet
// and not in it, and so not in its ledger.
//
// # The words
//
// Each has this one meaning, here and in the packages below. Win32's words and those of a session
// stand in package server.
//
//	dummy           one client of the fleet, from the fleet's beginning to its end
//	client          a dummy's number in the whole run, from 0
//	fleet           all the dummies of a run, but for the hostile ones
//	worker          one thread of the fleet, with its share of the dummies
//	slot            a dummy's place among those of its worker
//	connection      one TCP connection of a dummy; the dummy counts them from 1
//	sequence        the number of an echo on its connection, from 1
//	echo            one payload that a dummy sends, and its answer, which is to be the same
//	payload         what an echo carries: the identity in the first 8 bytes, then the pattern
//	identity        {run, client, connection, sequence}, packed and scrambled
//	pattern         the bytes that the seed and the identity give; made again to check an answer
//	seed            the number from which all that looks random is made; it repeats a run
//	owner           the dummy, connection and sequence that an answer really belongs to
//	stream          what a connection has received, judged in order
//	outcome         what the verifier tells of a stream: echoed, lost, recovered, a fault, broken
//	session         what comes before the first echo of a connection, in steps: of the dummy, and of
//	                the server; the login packet of the lecture is one step; greeting: it is waited for
//	heartbeat       a packet that a dummy sends every so often, whatever else it does
//	ignored         a packet of the server that the description of the frame ignores
//
//	ledger          the account of all echoes: sent, echoed, wait, abandoned, lost
//	sent            assigned to a dummy; it counts before it is written
//	echoed          answered rightly
//	owed            sent, and not yet echoed, abandoned or lost; also: outstanding
//	Wait Echo Count how many echoes are owed (wait)
//	abandoned       owed when the dummy itself ended the connection
//	lost            owed, and then answered wrongly, proved missing, or cut off by the server's close
//	recovered       counted lost, and echoed after all
//	settle          take echoes that later ones overtook for missing, as nothing more will come
//	books           a worker's counters, histograms and findings
//
//	Over Send       how many echoes a dummy may be owed: its window; room is what is left of it
//	closed loop     a dummy sends as soon as its window has room
//	open loop       echoes are due by a rate, whatever the server does
//	due             when an echo is to be sent; its round trip counts from then
//	schedule        who sends next and when; in an open loop all due times
//	pacer           the due times of one rate, those of one worker
//	batch           the completions that a worker takes at once, and what it does about them
//	held up         kept from working by its thread, its process or the machine; a hold is one such time
//	lag             how late the worker sent an echo although the window had room
//	behind          how far the schedule is ahead of what was sent, for whatever reason
//	starved         a worker without processor time; in package diagnose, one without answers
//	churn           connections closed and opened again at a rate (Disconnect Test)
//	storm           one Disconnect, until all its connections are back
//	close           end a connection by FIN or by RST
//
//	verb            one thing that a fleet can be asked to do: the methods of Control
//	ticket          the number of a verb; a view that confirms it has the verb in its numbers
//	order           have all workers take a verb, by mail
//	phase           where the fleet stands: Connecting, Idle, Echoing, Draining …
//	drain           from STOP until Wait Echo Count is 0, or its time is over
//	quiet period    after a drain that succeeded: every byte that comes is a fault
//	mark            the verb that begins a part of the run; the echoes of a part are counted apart
//	reset           begins all counts anew
//	knob            one number of a Config, with its name, limits and help
//	tuning          new values of knobs while a fleet runs
//	script          steps made one after the other: each gives a verb, or waits for one thing
//	step            one of a script's; a try of the rate search is a START, a STOP and a drain
//	conductor       the goroutine that changes the phase when something that takes time is done
//	status, board   what a worker tells the conductor, and where
//	report          all that a worker knows at the end of a batch; a request says what to put in
//	tally, view     what was counted, which merges exactly; what is computed from it (monitor)
//	snapshot        a tally of the whole fleet at one time
//
//	fault           one thing that a right server never does
//	evidence        one fault as it was seen: whose, where, what was expected, what came
//	losses          connections that the server ended, while nobody knows whether it is gone
//	findings        the evidence that no report has taken yet, and the losses
//	late            an echo older than the echo timeout; it stays owed
//	judge           decide what a frame, a loss or the tester's health is
//	walk            one look at every dummy of a worker; the scan is the walk that never ends
//	stuck           a connection whose owed echoes do not come
//	poke            one more echo on a stuck connection, to see what comes then
//	ladder          what a poke may show, and the cause that this proves; a climb is one connection's
//	exchange        the first bytes of a connection both ways, while no echo was ever right
//	facts           what was observed of a server
//	cause           what facts add up to; a diagnosis is a cause that is told
//	outage          the whole server stands still (silence) or is gone
//	excused         a reset that was the full backlog's doing
//
//	hostile dummy   one that misbehaves, beside the fleet
//	kind            what it does wrong
//	crowd           all hostile dummies of a run
//	feed            the bytes that one kind sends
//	fill            send more than a server with bounds takes
//	conviction      a proof that a server has no bounds
package dummy
