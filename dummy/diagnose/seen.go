package diagnose

import (
	"math"
	"time"
)

// Times in this package count from when the fleet began, by its clock. 0 is no time.
const (
	// Never is a time that does not come.
	Never = time.Duration(math.MaxInt64)

	// ScanEvery is how often a worker walks over all of its dummies.
	ScanEvery = 50 * time.Millisecond

	// HeldUp: a worker that comes so late was held up, by its process or by the whole machine. That
	// time is the tester's and not the server's.
	HeldUp = 5 * ScanEvery
)

// Seen is what one worker has seen of the server as a whole. The zero value has seen nothing.
type Seen struct {
	Up uint64 // connections

	Lost         uint64 // connections ended by the server, not yet judged (Outages.JudgeLosses)
	LostOwed     uint64 // echoes that were unanswered on them
	LostSince    time.Duration
	Refused      bool   // a dial was refused since then
	LossesJudged uint64 // number of the last judgement of losses that the worker has taken

	EverHeard    bool // something was received at some time
	Unheard      bool // nothing was received for Silence's patience
	Starved      bool // … while echoes were outstanding on every connection
	StarvedSince time.Duration
}
