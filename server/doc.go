// Package server is the echo server that dummyload is named for: the completion-port server of
// the lecture, in Go. Its names are the lecture's and Win32's.
//
// Begin with worker.go: the loop of a worker thread, on one screen. Around it:
//
//	worker.go      run: GQCS, then by what was dequeued   recvDone, sendDone
//	accept.go      Accepts, and what to do when they fail
//	receive.go     a chunk cut into frames, and these taken apart for the Handler
//	answering.go   the Handler that answers as the frame's description says
//	sendpacket.go  SendPacket, from a handler or from anywhere
//	post.go        RecvPost, SendPost, Cancel, IOCount-- and Release
//	session.go     a session; its parts in iocount.go, sendflag.go, table.go, package sendq
//	process.go     what a process needs that does nothing but serve
//	limits.go      who is disconnected because all hold too much, or because its time is over (R15)
//	server.go      Start and Stop; threads in run.go, the clock in sweep.go, the audit in audit.go
//
// # The words
//
// Each has this one meaning, here and in the packages below.
//
//	session          one connection, from accept to release
//	slot             a session's place in the table; used again after its release
//	SessionID        index of the slot and generation; after the release it is never valid again
//	IOCount          a session's references: one for each pending receive and send, one for each hold
//	hold             a reference that no I/O has: an accept's, a SendPacket's, a Disconnect's (R12, R13)
//	release          give back all of a session when IOCount is 0, and closesocket; once, and last
//	SendQ            bytes that wait for the send in flight; the lecture has a ring buffer
//	SendFlag         set while a send is in flight
//	SendPacket       put one packet into SendQ, then SendPost
//	RecvPost         raise IOCount, then WSARecv
//	SendPost         set SendFlag, raise IOCount, then WSASend
//	post             begin an operation; it is pending (in flight) until its completion is dequeued
//	completion port  the queue of operations that have ended (CreateIoCompletionPort)
//	backend          one way to make a port: iocp, uring, epoll, net
//	Overlapped       the state of one operation (OVERLAPPED)
//	Entry            one completion, as dequeued (OVERLAPPED_ENTRY)
//	GQCS             dequeue: Worker.Get (GetQueuedCompletionStatusEx); a batch is what one Get returns
//	PQCS             queue a completion by hand: Port.Post (PostQueuedCompletionStatus)
//	order to stop    a PQCS without an Overlapped; it ends one worker (R7)
//	transferred      bytes that an operation moved (dwNumberOfBytesTransferred); 0 is the end
//	worker           a thread that dequeues completions and handles them
//	actor            whoever works on sessions: a worker, or the one for all other goroutines
//	cancel           end a connection's I/O and keep its handle (shutdown, CancelIoEx)
//	reason           why a session ended: the first cause, and the only one that is kept
//	handle           the number of a socket (SOCKET; on Linux a descriptor)
//	peer             the program at the other end of a connection
//	chunk            the bytes that one receive brought
//	frame            one packet on the wire, with all that its description puts around it
//	packet           what a handler receives and sends: the fields of the frame that differ from packet
//	                 to packet, and then the body; with most formats the body alone
//	block            pooled memory for bytes in SendQ, or for a frame that is not whole
//	budget           the memory of all blocks, and the limit for it (R15)
//	footprint        one event of the trace: what was done to a session, and where
//	trace            the last footprints of each actor, in memory (R10)
//	audit            what Stop returns: the counts, and whatever is left that should have ended
//
// # The rules
//
// R1 to R10 are the lecture's. R11 to R15 are what its notes leave open; each has a
// counter-example without it. Beside each rule is the place that keeps it.
//
//   - R1  IOCount is raised before WSARecv or WSASend is called: the completion may be handled
//     before the call returns. (actor.recvPost, actor.sendPost)
//   - R2  It is lowered at the bottom of the worker, after any re-post, and where a post failed
//     at once. (worker.run, actor.postFailed)
//   - R3  Whoever's decrement makes it 0 releases. The decrement's own result says so, never a
//     second read. (actor.ioDown)
//   - R4  One send is in flight at most: SendFlag. (actor.sendPost, sendFlag)
//   - R5  A send completion consumes what was transferred, clears the flag, and looks at SendQ
//     again: what was queued while the flag was set had nobody to send it. (worker.sendDone)
//   - R6  Transferred 0 ends the connection, whichever operation it was, and never releases.
//     A peer that closes its sending side only is gone, too: what SendQ still holds for it is
//     dropped. (worker.run, actor.cancel)
//   - R7  A nil Overlapped ends this worker; Stop posts one for each. (worker.stop,
//     Server.stopThreads)
//   - R8  Whether GQCS succeeded is not asked. The error names a reason for the audit and
//     decides nothing. (reasonOf)
//   - R9  SendPacket may be called by any goroutine for any session: into SendQ, then SendPost.
//     (actor.SendPacket)
//   - R10 Debugging goes to memory: each post, completion, change of IOCount or SendFlag, and
//     release leaves a footprint that says where it happened. (actor.note, package trace)
//   - R11 Ending a connection does not close its handle. The value would be handed out again
//     while another thread is about to post on it, and echoes would land on a stranger's
//     connection. The handle is closed at release. (actor.cancel, actor.release)
//   - R12 SendPacket takes a reference of its own and then checks the session's id. Release begins
//     with a compare-and-swap of the same word, from 0 to RELEASE: after it nobody can take a
//     reference. (actor.hold, ioCount, SessionID)
//   - R13 Accept holds a reference of its own until the first receive is posted. (worker.admit)
//   - R14 A post that fails also disconnects: it may fail on a connection that is healthy
//     otherwise, and then no completion would ever come. (actor.postFailed)
//   - R15 What a session holds is bounded, and so is what all hold together. A session whose peer
//     does not read is disconnected, for a reason with a name. (sendq.Queue.Push, SendQFull)
//     When all together hold too much, the sessions that hold the most are disconnected by the
//     actor that notices it, which holds each for that (R12). What is in SendQ and not in flight is
//     given back at once. (actor.relieve, sendq.Budget, MemoryFull) A frame must be whole in time,
//     and a session may not be idle for ever. These two need a clock, which is outside of the core.
//     (Server.sweep, FrameTimeout, IdleTimeout)
//
// # On Windows and on Linux
//
// The code of this package is the same everywhere. A rule that needs the system relies on a clause
// of the port's contract (C1 to C11 in package iocp), which each backend keeps in its own way:
//
//	rule      Windows (iocp_windows.go …)           Linux (uring_*.go, epoll_*.go)
//	R1, C1    the packet is queued by WSARecv or    a completion queue entry, or a result that
//	          WSASend itself, also at once          the post had at once and Get hands out
//	R6, R11   Cancel: shutdown(SD_SEND), CancelIoEx, shutdown(SHUT_RDWR): what is pending
//	          and a mark against posts that race    completes, and what is posted later
//	                                                ends at once
//	R7, C7    PostQueuedCompletionStatus(NULL)      a queue and a semaphore eventfd
//	R8, C4    ERROR_* in OVERLAPPED.Internal; what  cqe.res < 0; errno of recv(2), send(2)
//	          GQCS returned is not looked at
//	R11, C6   closesocket, by Close only            close(2), by Close only
//	R13       AcceptEx, SO_UPDATE_ACCEPT_CONTEXT    IORING_OP_ACCEPT; accept4(2)
//	C10       WSARecv of zero bytes, then a receive a ring of provided buffers; recv(2) when
//	          that does not wait                    readable
//
// # The life of a session
//
//	take slot, new id           every post: IOCount++            IOCount-- made it 0
//	      │                            │                                 │
//	  Accepted ── RecvPost ──► receiving and sending ── transferred 0, ──► released: SendQ
//	  (R13: one reference)        in any order          Disconnect, a      given back, handle
//	                                                    failed post …      closed, slot free
//	                                                    = Cancel
//
// What ends a session does not release it. The last one who gives up a reference does: a completion,
// or a SendPacket.
//
// # How it is shown to be right
//
// TestSimulation runs this code on a port where every order of events is a choice (package
// server/iocp/sim), in millions of schedules: at random, by priorities, and in small cases all that
// there are. Each rule above has seeded bugs that break it (M01 to M23 in package server/seeded), and
// each of them is found. The failure prints the command that shows the schedule again, event by event:
//
//	go test ./server -run TestReplay -v -seed 111 -mutant M04
//
// cmd/dummyload/whole does the same with the dummies at the other end, in virtual time: connections
// are reset, posts fail, connects are refused, workers are held up. Then all is well again, and STOP
// must lead to Wait Echo Count 0. There the dummies are tested, too: they must name each seeded bug,
// and say of a right server only what was done to it.
package server
