// Package cluster is what the processes of one run say to each other. Today there are two: the run
// itself, the parent, and the bundled server in a process of its own, the child. They share two
// pipes and nothing else.
//
//	protocol.go  the words of both
//	child.go     the parent's side: a child, from its start to how it ended
//	link.go      the parent's end of the pipes
//	clock.go     the child's clock, as the parent sees it
//	serve.go     the child's side
//
// # The protocol
//
// The child's first line on its stdout says where it listens (Listening). After it both sides speak
// JSON, one value a line: orders on the child's stdin, words on its stdout.
//
//	order                         what the child says to it
//	{"What":"steps", "Peer":…}    {"Answer":{…}}: what its trace has of a peer around a time
//	{"What":"records"}            {"Answer":{…}}: all that its trace holds
//	{"What":"stop"}               its sessions may leave, then {"Server":{… "audited":true}}
//	the end of stdin              the same, and then it ends
//	none                          {"Server":{…}}: its figures, every 250 ms
//
// At most one question is out at a time, so that neither side ever waits for room in a pipe. A
// question that is not answered in time stays out: nothing more is asked before its answer came.
//
// # The states
//
// An arrow has what the parent does above it, or what happens to the child, and what the child says
// below it.
//
//	             start                   stop, a signal                  end of stdin
//	(no process) ─────────► serving ───────────────────────► audited ───────────────────────► ended
//	             Listening  figures, answers    audit        answers    exit code of the audit
//
// Nothing lasts for ever: a child that makes no audit, or does not end, in the time it has is killed.
// Whoever dies, the other one notices by the end of a pipe:
//
//	the parent dies   stdin ends. The child stops its server and ends: no child outlives a parent
//	the child dies    stdout ends. What it said last stays, and Collect says that it ended, and how
//	a word is wrong   the parent takes no more of them, and Collect says which it was. The child ends
//	                  with stdin
//	an order is wrong the child takes it for the end of stdin: this is no parent
package cluster
