// Package hostile is the dummies that misbehave. They run beside the right dummies, on an engine of
// their own (dummy/conn). From outside, they prove that a server has no bounds:
//
//	kind.go     what they do wrong, and the names of that on the command line
//	crowd.go    all of them: they set out, stay, and leave
//	session.go  how one of them logs in, and what it makes of what comes
//	client.go   one of them that is logged in: what it sends, and when
//	feed.go     the bytes that it sends; package frame makes those that are wrong
//	inbox.go    how what comes is cut into frames, in bounded memory
//	pace.go     how fast they are, all together
//	proof.go    how much they send to convict a server, and why a right one is never convicted
//
// Where the run's format has a session they log in like right dummies, with client numbers from the
// top of the field down, which no right dummy has. They never send a heartbeat, and an idle one sends
// nothing at all once it is logged in: what a server does about that is its own affair.
//
// Nothing they do is in the ledger, and nothing counts as a fault. They expect the server to end
// their connections.
package hostile
