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

// Ledger accounts for every echo: Sent = Echoed + Wait + Abandoned + Lost, per connection and
// in total, at every snapshot.
type Ledger struct {
	Sent      uint64 `json:"sent"`
	Echoed    uint64 `json:"echoed"`
	Wait      uint64 `json:"wait"`      // Wait Echo Count; no timeout and no last close lowers it
	Abandoned uint64 `json:"abandoned"` // unanswered when the dummy itself closed
	Lost      uint64 `json:"lost"`      // unanswered when the server closed, or proved missing
}

// Add adds what another ledger counts.
func (l *Ledger) Add(o Ledger) {
	l.Sent += o.Sent
	l.Echoed += o.Echoed
	l.Wait += o.Wait
	l.Abandoned += o.Abandoned
	l.Lost += o.Lost
}

// Balanced reports whether nothing is unaccounted for.
func (l Ledger) Balanced() bool { return l.Sent == l.Echoed+l.Wait+l.Abandoned+l.Lost }

// Connections counts connections since the start; Now is how many are up.
type Connections struct {
	Attempted      uint64 `json:"attempted"`
	Connected      uint64 `json:"connected"`
	Failed         uint64 `json:"failed"`
	ClosedByDummy  uint64 `json:"closed_by_dummy"`
	ClosedByServer uint64 `json:"closed_by_server"`
	Peak           uint64 `json:"peak"`
	// NeverAccepted is, of those closed by the dummy, connections that the server's system reset
	// before its program had accepted them: its backlog was full. Each was dialed anew.
	NeverAccepted uint64 `json:"never_accepted,omitempty"`
	Now           uint64 `json:"-"`
}

// Add adds what others count. Peaks add up to what there was at most.
func (c *Connections) Add(o Connections) {
	c.Attempted += o.Attempted
	c.Connected += o.Connected
	c.Failed += o.Failed
	c.ClosedByDummy += o.ClosedByDummy
	c.ClosedByServer += o.ClosedByServer
	c.NeverAccepted += o.NeverAccepted
	c.Peak += o.Peak
	c.Now += o.Now
}

// Bytes counts what went over the wire, headers included.
type Bytes struct {
	Sent     uint64 `json:"sent"`
	Received uint64 `json:"received"`
}

// Distribution sums up one histogram of durations, in microseconds.
type Distribution struct {
	Count                                      uint64
	Min, Mean, P50, P90, P99, P999, P9999, Max float64
}

// Fairness tells how evenly the server treated its clients.
type Fairness struct {
	Min    uint64 `json:"echoes_per_client_min"`
	Median uint64 `json:"echoes_per_client_median"`
	Max    uint64 `json:"echoes_per_client_max"`
	Silent uint64 `json:"silent_clients"` // sent at least one echo and never got any back
}

// Generator is what the tester knows about itself.
type Generator struct {
	// CPUShare is the busiest dummy worker's share of one core, 0 to 1, since the previous
	// snapshot; once the fleet has ended, the mean over the time that Echo was on.
	CPUShare     float64
	EchoCPUShare float64 // the same, as the mean over the time that Echo was on
	// SendLag is, in an open loop, how late an echo was sent that was due and had room: since
	// the later of its due time and when a window was open. What waits for a window waits for the
	// server.
	SendLag   Distribution
	Saturated bool // its processor time was the limit of what the run has measured

	// Starved is the share of the time that Echo was on in which a worker, the worst one, neither
	// ran nor slept: others had the processor, or the tester was stopped.
	Starved float64

	// HeldUp is how long the tester did nothing although it wanted to: stopped, or the processor
	// was somebody else's. What came meanwhile was not read, and the server is not to blame for
	// it. It is the worst worker's, while Echo was on; HeldUpDraining is the same since STOP.
	HeldUp         time.Duration
	HeldUpDraining time.Duration

	// Behind is, in an open loop, how far the schedule was ahead of what was sent, for whatever
	// reason: full windows are the server's. Once Echo is off, as it was at STOP.
	Behind time.Duration

	Backend    string
	Workers    int
	RSS        uint64 // bytes, of this process
	Goroutines int
}

// Full reports whether the tester was saturated by what it did itself, and not for want of a
// processor.
func (g *Generator) Full() bool { return g.Saturated && g.EchoCPUShare >= g.Starved }

// Hostile counts what the dummies did that misbehave. None of it is in the ledger, the faults or
// the other counters.
type Hostile struct {
	Dummies        uint64 `json:"dummies"`
	Connected      uint64 `json:"connected"`        // connections made
	ClosedByServer uint64 `json:"closed_by_server"` // of them, by FIN or RST
	BytesSent      uint64 `json:"bytes_sent"`
	BytesReceived  uint64 `json:"bytes_received"`
}

// Drain describes the last STOP.
type Drain struct {
	AtStop  uint64        // Wait Echo Count when STOP was given
	Elapsed time.Duration // from STOP until Wait Echo Count was 0, or until now
	Owed    uint64        // Wait Echo Count as a drain was given up; 0 for one that was not
	// GaveUp is set when the drain's time was over before all echoes had come. Missing of them were
	// proved missing then, and are lost; the others are owed. It is no drain, even with none owed.
	GaveUp  bool
	Missing uint64
}

// Owed names echoes of one connection that are not answered: sequences First to Last.
type Owed struct {
	Client      int
	Connection  uint32
	Local       string // the dummy's address, to find it in the server's own log
	First, Last uint64
	Count       int
	Age         time.Duration // of the oldest
}

// Event is one line of the log: a reconnect storm, START, STOP, a server lost.
type Event struct {
	At   time.Time
	Text string
}

// Snapshot is all that can be seen of a run at one instant: absolute and cumulative, so that
// a rate is the difference of two and a slow watcher may skip some and lose nothing.
// The sampler sets At, its sources the rest.
// A Snapshot is not changed after it was published; slices share their memory with later ones.
type Snapshot struct {
	At     time.Time
	Uptime time.Duration // since the fleet began
	Phase  Phase
	Since  time.Time     // when Phase began
	EchoOn time.Duration // how long Echo has been on, summed over every START

	Settling int  // while Connecting: dummies that are not ready yet, and have not failed
	Leaving  bool // the fleet closes its connections, on its way to Ended

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

// Limits of what a Snapshot carries.
const (
	MaxEvidence = 100 // of each fault
	MaxEvents   = 1000
)

// check panics when an echo is unaccounted for: whoever counted is wrong, and no verdict drawn
// from such a snapshot would mean anything.
func (s *Snapshot) check() {
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
func (s *Snapshot) WaitEchoCount() uint64 {
	if s.Phase == Ended {
		return max(s.Ledger.Wait, s.Drain.Owed)
	}
	return s.Ledger.Wait
}

// EchoRate is the verified echoes per second while Echo was on: what a drain brings is no part of
// it, as its time is none.
func (s *Snapshot) EchoRate() float64 {
	return perSecond(s.Ledger.Echoed-s.EchoedOff, s.EchoOn)
}

// Bad is the number of faults that a right server never causes: all but those that are Watched.
func (s *Snapshot) Bad() uint64 {
	var n uint64
	for f, c := range s.Faults {
		if !Fault(f).Watched() {
			n += c
		}
	}
	return n
}

// LaterThan says for a number of late echoes what late means: "later than 500ms".
func (s *Snapshot) LaterThan() string {
	if s.EchoTimeout <= 0 {
		return "late"
	}
	return "later than " + Micros(micros(s.EchoTimeout))
}

// LateShare is the share of the echoes sent that were late, 0 to 1.
func (s *Snapshot) LateShare() float64 {
	return min(1, float64(s.Faults[Late])/float64(max(s.Ledger.Sent, 1)))
}

// GaveUp reports whether the last drain was given up, and nothing was begun since.
func (s *Snapshot) GaveUp() bool {
	return s.Phase == Undrained || s.Phase == Drained && s.Drain.GaveUp
}

// NeverCame is how many echoes the drain that was given up is still without.
func (s *Snapshot) NeverCame() uint64 { return s.WaitEchoCount() + s.Drain.Missing }

// Where is the phase as a progress line tells it: one that may get stuck says how far it has come.
func (s *Snapshot) Where() string {
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
