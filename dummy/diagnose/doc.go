// Package diagnose says what faults add up to: from facts to named causes, with what excludes what
// and the advice beside them. It knows the rules of package server, R1 to R15, by their numbers.
//
// It is pure: no clock, no socket and no lock is in it. Whoever observes (package dummy) counts,
// keeps the times, and hands both in.
package diagnose
