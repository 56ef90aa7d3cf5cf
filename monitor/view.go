package monitor

import (
	"fmt"
	"time"
)

// Phase is where the fleet stands. STOP is a state, not a dance:
//
//	Connecting ──► Idle ──START──► Echoing ──STOP──► Draining ──► Drained
//	                ▲                 ▲                  │           │
//	                │                 └──────START───────┼───────────┤
//	                │                                    ▼           │
//	                │                               Undrained ───────┘ (START works from it too)
//	                └── a Tune that adds dummies to Idle or Drained goes through Connecting again
//
// Ended is reached from every state once all connections are closed.
type Phase uint8

// The phases.
const (
	Connecting Phase = iota
	Idle
	Echoing
	Draining
	Drained
	Undrained // the drain timeout was over before Wait Echo Count was 0; the fault is NotDrained
	Ended
)

// String names the phase as the screen shows it.
func (p Phase) String() string {
	return [...]string{"CONNECTING", "IDLE", "RUN", "DRAINING", "DRAINED", "NOT DRAINED",
		"ENDED"}[p]
}

// View is all that can be seen of a run at one instant: absolute and cumulative, so that
// a rate is the difference of two and a slow watcher may skip some and lose nothing.
// The sampler sets At, its sources the rest.
// A View is not changed after it was published; slices share their memory with later ones.
type View struct {
	At     time.Time
	Uptime time.Duration // since the fleet began
	Phase  Phase
	Since  time.Time     // when Phase began
	EchoOn time.Duration // how long Echo has been on, summed over every START

	Settling int  // while Connecting: dummies that are not ready yet, and have not failed
	Leaving  bool // the fleet closes its connections, on its way to Ended

	Ticket Ticket // of the last verb that is in these numbers with all before it: see Confirms
	Mark   string // the name that Control.Mark gave to this part of the run

	Target  string
	Bundled bool
	Seed    uint64

	// The settings in force (Control.Tune changes them).
	Clients  int
	OverSend int
	Rate     float64
	Churn    float64

	EchoTimeout time.Duration // an echo older than this counts as Late; 0 when it is not known

	Ledger      Ledger
	EchoedOff   uint64 // of Ledger.Echoed, those that came while Echo was off: in drains
	WaitUpDown  int64  // Wait Echo Count kept the other way: counted up and down
	Faults      FaultCounts
	Connections Connections
	Bytes       Bytes
	RTT         Distribution
	RTTFreed    Distribution // without the time in which the tester was held up, see Generator
	RTTRecent   Distribution // since the previous snapshot
	RTTBuckets  Buckets      // of RTT, for the screen's histogram
	ConnectTime Distribution
	Fairness    Fairness
	Generator   Generator
	Server      *Server  // nil when the target is not bundled
	Hostile     *Hostile // nil when no dummy misbehaves
	Before      *Before  // nil unless there was a Reset
	Drain       Drain
	MaxRate     *MaxRate // nil unless one is searched for

	// Owed is filled while Draining (the oldest first, at most 100), in full once Undrained, and
	// kept when Ended.
	Owed      []Owed
	Evidence  []Evidence // the first MaxEvidence of each fault
	Diagnoses []Diagnosis
	Events    []Event // the last MaxEvents
}

// Limits of what a View carries.
const (
	MaxEvidence = 100 // of each fault
	MaxEvents   = 1000
)

// check panics when an echo is unaccounted for: whoever counted is wrong, and no verdict drawn
// from such a snapshot would mean anything.
func (s *View) check() {
	if !s.Ledger.Balanced() {
		l := s.Ledger
		panic(fmt.Sprintf("monitor: ledger: sent %d is not "+
			"echoed %d + wait %d + abandoned %d + lost %d",
			l.Sent, l.Echoed, l.Wait, l.Abandoned, l.Lost))
	}
	if s.WaitUpDown != int64(s.Ledger.Wait) {
		panic(fmt.Sprintf("monitor: Wait Echo Count is %d by difference, "+
			"%d by counting up and down", s.Ledger.Wait, s.WaitUpDown))
	}
}

// WaitEchoCount is the number that must fall to 0 after STOP: Ledger.Wait. Once the fleet has ended
// it is no less than what was owed as the last drain was given up: what came after that came too
// late.
func (s *View) WaitEchoCount() uint64 {
	if s.Phase == Ended {
		return max(s.Ledger.Wait, s.Drain.Owed)
	}
	return s.Ledger.Wait
}

// Averages are the rates over the time that Echo was on.
func (s *View) Averages() Averages {
	return Averages{
		Echoes:   perSecond(s.Ledger.Echoed-s.EchoedOff, s.EchoOn),
		Connects: perSecond(s.Connections.Connected, s.EchoOn),
	}
}

// FaultRate is what the number of faults is worth.
func (s *View) FaultRate() FaultRate {
	return FaultRate{s.Ledger.Echoed, FaultRateUpper95(s.Bad(), s.Ledger.Echoed)}
}

// Bad is the number of faults that a right server never causes: all but those that are Watched.
func (s *View) Bad() uint64 {
	var n uint64
	for f, c := range s.Faults {
		if !Fault(f).Watched() {
			n += c
		}
	}
	return n
}

// LaterThan says for a number of late echoes what late means: "later than 500ms".
func (s *View) LaterThan() string {
	if s.EchoTimeout <= 0 {
		return "late"
	}
	return "later than " + Micros(micros(s.EchoTimeout))
}

// LateShare is the share of the echoes sent that were late, 0 to 1.
func (s *View) LateShare() float64 {
	return min(1, float64(s.Faults[Late])/float64(max(s.Ledger.Sent, 1)))
}

// GaveUp reports whether the last drain was given up, and nothing was begun since.
func (s *View) GaveUp() bool {
	return s.Phase == Undrained || s.Phase == Drained && s.Drain.GaveUp
}

// NeverCame is how many echoes the drain that was given up is still without.
func (s *View) NeverCame() uint64 { return s.WaitEchoCount() + s.Drain.Missing }

// Where is the phase as a progress line tells it: one that may get stuck says how far it has come.
func (s *View) Where() string {
	switch s.Phase {
	case Connecting:
		ready := max(0, s.Clients-s.Settling)
		text := fmt.Sprintf("%v %s of %s", s.Phase, Count(uint64(ready)), Count(uint64(s.Clients)))
		// Connected, and yet not ready: that is what a dummy is until its login packet has come.
		if more := int(s.Connections.Now) - ready; more > 0 && s.Settling > 0 {
			text += fmt.Sprintf(", %s without login", Count(uint64(more)))
		}
		return text
	case Draining:
		return fmt.Sprintf("%v %s owed", s.Phase, Count(s.WaitEchoCount()))
	}
	if s.GaveUp() {
		return "GAVE UP"
	}
	if s.Leaving && s.Phase != Ended {
		return fmt.Sprintf("%v, closing %s", s.Phase, plural(s.Connections.Now, "connection"))
	}
	return s.Phase.String()
}
