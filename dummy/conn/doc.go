// Package conn is one engine that makes, keeps and ends connections: a thread with a completion
// port of its own, and the connections that it owns. The right dummies stand on it and the hostile
// ones, and neither makes, closes or times a socket itself.
//
//	engine.go   the thread: Get, the completions, the mail, the timers, the owner's turn
//	conn.go     a connection and its states
//	dial.go     connecting: the queue, the pause after a failure, a connect that hangs
//	end.go      ending: FIN or RST, what is in flight completes, the handle is closed
//	mailbox.go  how other goroutines have the thread do something
//	queue.go    slots in a queue, timers in a heap
//
// The Owner decides what is sent, what an answer is worth, and when to send and to close. The
// engine keeps three rules of the completion port for it. An operation is counted before it is
// posted, and counted down at the bottom of its completion (R1, R2). The handle is closed when that
// count is 0 and not before (R11). One send of a connection is in flight at a time (R4).
package conn
