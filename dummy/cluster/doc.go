// Package cluster is what the two processes of one run say to each other: the run itself, the parent,
// and the bundled server in a process of its own, the child. They share two pipes and nothing else.
//
//	protocol.go  what both send
//	child.go     the parent's side: a child, from its start to how it ended
//	link.go      the parent's end of the pipes
//	clock.go     the child's clock, as the parent sees it
//	serve.go     the child's side
//
// # The protocol
//
// The child's first line on its stdout says where it listens (Listening). After it both sides send
// JSON, one value a line: requests on the child's stdin, messages on its stdout.
//
//	request                       the child's message
//	{"What":"steps", "Peer":…}    {"Answer":{…}}: what its trace has of a peer around a time
//	{"What":"records"}            {"Answer":{…}}: all that its trace holds
//	{"What":"stop"}               its sessions may leave, then {"Server":{… "audited":true}}
//	the end of stdin              the same, and then it ends
//	none                          {"Server":{…}}: its figures, every 250 ms
//
// At most one answer is owed at a time, so that neither side ever waits for room in a pipe. An answer
// that is not in time stays owed: the parent asks nothing more before it has come.
//
// # The states
//
// Above an arrow is what the parent does, or what happens to the child. Below it is what the child
// says.
//
//	             start                   stop, a signal                  end of stdin
//	(no process) ─────────► serving ───────────────────────► audited ───────────────────────► ended
//	             Listening  figures, answers    audit        answers    exit code of the audit
//
// Each wait has a limit: a child that makes no audit in its time, or does not end, is killed. When
// one side dies, the other sees the end of a pipe:
//
//	the parent dies     stdin ends. The child stops its server and ends: no child outlives a parent
//	the child dies      stdout ends. Its last figures stay, and Collect says that it ended, and how
//	a wrong message     the parent takes no more of them, and Collect says what was wrong. The child
//	                    ends with stdin
//	a wrong request     the child takes it for the end of stdin: who sends it is no parent
package cluster
