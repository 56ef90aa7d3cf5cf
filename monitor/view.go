package monitor

import (
	"fmt"
	"time"
)

// Phase is the state of the fleet. A verb changes it at once. The fleet changes it when all dummies are
// connected, and when all echoes have come or the drain timeout is over:
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
	Undrained // the drain timeout was over before Wait Echo Count was 0: the fault NotDrained
	Ended
)

// String names the phase as the screen shows it.
func (p Phase) String() string {
	return [...]string{"CONNECTING", "IDLE", "RUN", "DRAINING", "DRAINED", "NOT DRAINED",
		"ENDED"}[p]
}

// Run is the state of a run, its settings, and what is concluded from it. One source alone knows these,
// so they do not merge. No count is among them.
type Run struct {
	At     time.Time
	Uptime time.Duration // since the fleet began
	Phase  Phase
	Since  time.Time     // when Phase began
	EchoOn time.Duration // how long Echo has been on since the last Reset or Mark

	Leaving bool // the fleet closes its connections, and is Ended after that

	Ticket Ticket // of the last verb that these numbers have in them: see Confirms
	Mark   string // the name that Mark gave to the present part of the run

	Target  string
	Bundled bool
	Frame   Frame
	Seed    uint64

	// The settings in force. The verb Tune changes them.
	Clients  int
	OverSend int
	Rate     float64
	Churn    float64

	EchoTimeout time.Duration // an echo older than this counts as Late; 0 when it is not known

	MaxRate   *MaxRate // nil unless there is a search
	Diagnoses []Diagnosis
	Diagnosed []Diagnosis // what was diagnosed before the last Reset
	Events    []Event     // the last MaxEvents
}

// View is all that can be seen of a run at one instant. It is computed from a Tally. Its numbers are
// totals, so that a rate is the difference of two views, and a slow sink may skip some and lose nothing.
// Nobody changes a View after it was published: its lists share memory with those of later views.
type View struct {
	Run
	Counts

	RTT         Distribution
	RTTFreed    Distribution // without the time in which the tester was held up: see Generator.HeldUp
	RTTRecent   Distribution // since the view before
	RTTBuckets  Buckets      // of RTT, for the screen's histogram
	ConnectTime Distribution
	Fairness    Fairness
	Generator   Generator
	Server      *Server  // nil when the target is not bundled
	Hostile     *Hostile // nil when no dummy misbehaves
	Before      *Before  // nil unless there was a Reset
	Drain       Drain

	// Owed is filled while Draining: the oldest first, at most MaxOwed. Once Undrained it has all, and it
	// keeps them when Ended.
	Owed     []Owed
	Evidence []Evidence // the first MaxEvidence of each fault

	// Parts are the ended parts of the run since the last Reset. The view's own ledger and round trips
	// are those of the present part.
	Parts []Part
}

// NewView computes a view from a run and a tally. It keeps no histogram of the tally but those of Parts.
func NewView(run *Run, t *Tally) *View {
	v := &View{Run: *run, Counts: t.Counts,
		RTTRecent: t.Recent.Distribution(), ConnectTime: t.Connect.Distribution(),
		Fairness: t.fairness(), Generator: t.Generator, Server: t.Server, Hostile: t.Hostile,
		Before: t.Before, Drain: t.Drain, Owed: t.Owed, Evidence: t.Evidence, Parts: t.Parts}
	v.Generator.SendLag.Distribution = t.Lag.Distribution()
	if v.Before != nil {
		v.Before.Diagnoses = run.Diagnosed
	}
	if v.Phase == Draining {
		v.Owed = v.Owed[:min(len(v.Owed), MaxOwed)]
	}
	measured, freed := t.RTT, t.RTT
	if t.Held.Count() > 0 {
		measured, freed = sumOf(t.RTT, t.Held), sumOf(t.RTT, t.Freed)
		v.RTTFreed = freed.Distribution()
	}
	v.RTT, v.RTTBuckets = measured.Distribution(), measured.Buckets()
	if measured == freed {
		v.RTTFreed = v.RTT
	}
	return v
}

// fairness compares the clients.
func (t *Tally) fairness() Fairness {
	h := t.PerClient
	return Fairness{Min: uint64(h.Min()), Median: uint64(h.at(h.Count() / 2)), Max: uint64(h.Max()),
		Silent: t.Silent}
}

// Limits of what a View carries.
const (
	MaxEvidence = 100 // of each fault
	MaxOwed     = 100 // while Draining
	MaxEvents   = 1000
)

// check panics when an echo is unaccounted for. Then the tester has counted wrongly, and a verdict would
// mean nothing.
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

// WaitEchoCount is the number that must fall to 0 after STOP: Ledger.Wait. Once the fleet has ended, it is
// at least what was owed when the last drain was given up: what came after that came too late.
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

// FaultRate says how far the number of faults can be trusted.
func (s *View) FaultRate() FaultRate {
	return FaultRate{s.Ledger.Echoed, FaultRateUpper95(s.Bad(), s.Ledger.Echoed)}
}

// Bad is the number of faults that a right server never causes: all but those that are Watched.
func (s *View) Bad() uint64 { return s.Faults.bad() }

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

// GaveUp reports whether the last drain was given up, and there was no START since.
func (s *View) GaveUp() bool {
	return s.Phase == Undrained || s.Phase == Drained && s.Drain.GaveUp
}

// NeverCame is how many echoes did not come before the drain was given up, and have not come since.
func (s *View) NeverCame() uint64 { return s.WaitEchoCount() + s.Drain.Missing }

// Where is the phase in words for a progress line. A phase that may take long says how far it has come.
func (s *View) Where() string {
	switch s.Phase {
	case Connecting:
		ready := max(0, s.Clients-s.Settling)
		text := fmt.Sprintf("%v %s of %s", s.Phase, Count(uint64(ready)), Count(uint64(s.Clients)))
		// A dummy that is connected is not ready until its login packet has come.
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
