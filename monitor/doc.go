// Package monitor is what can be seen of a run, and what it is worth. Sources count into a Tally, which
// merges exactly. A View is computed from a tally, and everything else reads views:
//
//	fleet, server, Joiner ──Collect──► Tally ──NewView──► View ──Observe──► terminal, progress line
//	                                                       │
//	                                                       └─ the last one ──► Judge ──► Verdict
//	                                                                           └► Summary (JSON), report
//
// Begin with tally.go and view.go. Around them:
//
//	nouns.go       what is counted and measured: one struct for each noun, with its JSON keys
//	fault.go       the faults; evidence.go: what is kept of each; diagnosis.go: what they add up to
//	histogram.go   durations with three digits; merge.go: how any field merges
//	part.go        a part of a run; before.go: what was counted before a Reset
//	sampler.go     sources, sinks, and the loop between them; progress.go: a sink
//	metrics.go     the table of metrics; metrics_fields.go: those that are fields of nouns
//	verdict.go     Judge; claims.go: what a late tester spoils; threshold.go, confidence.go
//	summary.go     the JSON of a run; report.go: the text, with advice.go; maxrate.go: the search's
//	join.go        the Joiner; timeline.go: what it reads for one piece of evidence
//	server.go      the bundled server's figures and its release audit
//	text.go        numbers for people, and text that is safe to show
//
// Metrics is one table of all numbers. A metric has there its name, its label, its unit, its key in the
// JSON summary, and how to read it from a view. Thresholds, the report and the screen's list of all
// numbers go by it. The main page of the screen puts two or three of them on one line.
//
// Only Histogram is used on the data path. It has one writer and no lock.
//
// # The words
//
// Each has this one meaning in this package. The server's words are in package server.
//
//	tally        what was counted and measured; it merges exactly, in any order
//	view         what is seen of a run at one instant; nobody changes it
//	source       who adds to a tally: the fleet, the bundled server, the joiner
//	sampler      asks the sources at an interval, and shows the view to the sinks
//	sink         who is shown every view: the terminal, the progress line
//	phase        the state of the fleet: IDLE, RUN, DRAINING …
//	mark         a verb that ends a part of the run and begins another
//	part         the run between two marks, with histograms of its own
//	Reset        a verb that counts all anew; what was before stays in Before, and in the verdict
//	noun         a struct of what belongs together: Ledger, Connections, Bytes
//	gauge        a number that also goes down; a counter only goes up, until Reset or mark
//	gauge rule   how a gauge merges, as its field's tag says: it adds up, or the higher one counts
//	metric       one number with a name, read from a view
//	threshold    a limit on a metric; the run must keep it
//	fault        one kind of wrong that the dummies count; a watched one fails no run by itself
//	evidence     one fault, with what is needed to find it in the server's own log
//	timeline     what both ends did on a connection around a fault
//	footprint    one event of a timeline, from a trace
//	joiner       reads the traces, and joins evidence with its timeline
//	diagnosis    what faults add up to, with the evidence in words
//	verdict      what a run has earned: a name, an exit code and its reasons
//	advice       what the reader should do next
//	step         one rate that the search for the highest rate tries (MaxRate)
//	owed         sent and not answered: Wait Echo Count is how many
//	held up      the tester wanted to run and could not; its times are as measured, or freed of that
//	send lag     how late an echo of an open loop was sent
//	late         no answer within the echo timeout; the tester is late when it sends late
package monitor
