// Package hostile is the dummies that misbehave. They come beside a run's right dummies, on an
// engine of their own (dummy/conn), and prove from outside that a server has no bounds:
//
//	kind.go    what they do wrong, and how it is named on the command line
//	crowd.go   all of them: they set out, stay, and leave
//	client.go  one of them: what it sends, and when
//	pace.go    how fast they are, all together
//	bounds.go  how much they send to find a server out, and why a right one is never convicted
//
// Nothing they do is in the ledger or counts as a fault, and that a server ends their connections
// is what they expect.
package hostile
