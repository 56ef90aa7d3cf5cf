package diagnose

import (
	"math"
	"time"
)

// Times here count from when the fleet began, on its clock. Zero is none.
const (
	// Never is a time that does not come.
	Never = time.Duration(math.MaxInt64)

	// ScanEvery is how often a worker walks over all of its dummies.
	ScanEvery = 50 * time.Millisecond

	// HeldUp is how late a worker comes that stood still, or its process, or the whole machine. That
	// is not the server's time.
	HeldUp = 5 * ScanEvery
)

// Seen is what one worker has seen of the server as a whole. The zero value has seen nothing.
type Seen struct {
	Up uint64 // connections

	Lost         uint64 // connections ended by the server, not yet judged (Outages.JudgeLosses)
	LostOwed     uint64 // echoes that were unanswered on them
	LostSince    time.Duration
	Refused      bool   // whether a dial was, since then
	LossesJudged uint64 // the last judgement of losses that was taken

	EverHeard    bool // anything was ever received
	Unheard      bool // nothing was, for as long as Silence has patience
	Starved      bool // … while echoes were outstanding on every connection
	StarvedSince time.Duration
}
