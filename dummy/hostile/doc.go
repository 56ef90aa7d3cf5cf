// Package hostile is the dummies that misbehave. They run beside the right dummies, on an engine of
// their own (dummy/conn). From outside, they prove that a server has no bounds:
//
//	kind.go    what they do wrong, and the names of that on the command line
//	crowd.go   all of them: they set out, stay, and leave
//	client.go  one of them: what it sends, and when
//	pace.go    how fast they are, all together
//	proof.go   how much they send to convict a server, and why a right one is never convicted
//
// Nothing they do is in the ledger, and nothing counts as a fault. They expect the server to end
// their connections.
package hostile
