// Package iocptest checks a completion port against its contract, as testing/slogtest does
// for log handlers: Run takes a backend through cases that each name the clause they check
// and say in one sentence what a backend that fails gets wrong. They use the public Port
// alone, with package net as the far side, so that they hold for every backend.
package iocptest

import (
	"runtime"
	"testing"
	"time"

	"dummyload/server/iocp"
)

// Case is one check of the contract.
type Case struct {
	Name   string
	Clause string // of package iocp's contract, "C5" for one
	Why    string // printed when the case fails

	cfg    iocp.Config
	served bool          // its workers are serve's, not the case's goroutine
	limit  time.Duration // 0 means caseLimit
	os     string        // the only GOOS that it can be brought about on; empty for all
	run    func(r *rig)
}

// caseLimit is how long a case may take. It ends a hang and measures nothing.
var caseLimit = time.Minute

// Run checks the backend that newPort opens; newPort fails the test when it cannot. Each case
// opens a port of its own, and ends with the check that nothing of it is left: completions,
// goroutines and, where the system counts exactly, descriptors.
func Run(t *testing.T, newPort func(t *testing.T, cfg iocp.Config) iocp.Port) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("%s: %s", c.Clause, c.Why)
				}
			}()
			r := newRig(t, c, newPort)
			defer r.finish()
			c.run(r)
		})
	}
}

// Cases lists the checks that can be brought about on this system.
func Cases() []Case {
	var here []Case
	for _, list := range [][]Case{
		postCases, transferCases, endCases, cancelCases, acceptCases, connectCases,
		memoryCases, echoCases, systemCases,
	} {
		for _, c := range list {
			if c.os == "" || c.os == runtime.GOOS {
				here = append(here, c)
			}
		}
	}
	return here
}
