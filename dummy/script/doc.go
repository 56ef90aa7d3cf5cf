// Package script plays verbs in time, and nothing else does. The run without a screen, the search
// for the highest rate, the gallery's loads and the screen's timer are scripts.
//
//	Script ──► Step, Step, Step … ──► Player ──► Fleet (dummy.Control)   verbs down
//	   ▲                                           │
//	   └──────── look ◄── the first View that confirms the last ticket   views up
//
// A Script is a sequence of steps that is made while it is played: the next step may depend on a
// look at the fleet. It is plain Go, a loop that yields steps; what decides in between is pure. A
// Step gives one verb, or waits for one thing: a time, a phase, something to be seen. Only steps
// wait. So every script can be tested in virtual time, on a fleet that only pretends.
//
// Play plays the steps and nothing else. Run is a whole run: if the script leaves Echo on, it is
// stopped and drained, and a quiet period follows. Then the fleet is closed.
package script
