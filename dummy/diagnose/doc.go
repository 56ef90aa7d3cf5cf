// Package diagnose says what faults add up to: it makes named causes of facts (facts.go). table.go
// says which cause excludes which, and has the advice for each. The package knows the rules of
// package server, R1 to R15, by their numbers.
//
// It is pure: no clock, no socket and no lock is in it. Package dummy observes: it counts, keeps the
// times, and hands both in.
package diagnose
