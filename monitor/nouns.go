package monitor

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"time"
)

// The nouns of a run: what is counted and measured of it. Each is one struct all the way, from where it
// is filled in to the JSON summary. The JSON keys stand on its fields, and a key ends in its unit. A
// counter that is a metric says so on its field (see fieldMetrics). That line and the place where it is
// counted are all that a new counter needs.

// Ledger accounts for every echo: Sent = Echoed + Wait + Abandoned + Lost, for each connection and in
// total, in every view.
type Ledger struct {
	Sent      uint64 `json:"sent"`
	Echoed    uint64 `json:"echoed"`
	Wait      uint64 `json:"wait"`      // Wait Echo Count; no timeout and no last close lowers it
	Abandoned uint64 `json:"abandoned"` // unanswered when the dummy itself closed
	Lost      uint64 `json:"lost"`      // unanswered when the server closed, or proved missing
}

// Balanced reports whether every echo is accounted for.
func (l Ledger) Balanced() bool { return l.Sent == l.Echoed+l.Wait+l.Abandoned+l.Lost }

// Connections counts connections since the start. Now is how many are up. Merged peaks are a sum: an
// upper limit of the true peak.
type Connections struct {
	Attempted      uint64 `json:"attempted" metric:"Connect Try; connections tried"`
	Connected      uint64 `json:"connected" metric:"Connect Success; connections made"`
	Failed         uint64 `json:"failed" metric:"Connect Fail; connections refused, unreachable or timed out"`
	ClosedByDummy  uint64 `json:"closed_by_dummy" metric:"Disconnect by dummy; connections closed by their dummy"`
	ClosedByServer uint64 `json:"closed_by_server" metric:"Disconnect from Server; closed or reset by the server"`
	Peak           uint64 `json:"peak" kind:"gauge" metric:"Connected peak; the most connections up at once"`
	// NeverAccepted is a part of ClosedByDummy: connections that the server's system reset before its
	// program had accepted them, since the backlog was full. Each was dialed anew.
	NeverAccepted uint64 `json:"never_accepted,omitempty" metric:"Never accepted; reset in a full backlog, dialed anew"`
	Now           uint64 `json:"-"`
}

// Bytes counts what went over the wire, headers included.
type Bytes struct {
	Sent     uint64 `json:"sent" unit:"bytes" metric:"Bytes sent; bytes sent, headers included"`
	Received uint64 `json:"received" unit:"bytes" metric:"Bytes recv; bytes received, headers included"`
}

// Frame is how packets travelled, and what was asked: what --frame was given, and the description that
// this meant, from which the run can be made again without any other file.
type Frame struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Packets counts those that are no echoes: what the description of the frame has besides. None of them is
// in the ledger.
type Packets struct {
	Session    uint64 `json:"session,omitempty" metric:"Session packets; steps of a session that dummies sent"`
	Heartbeats uint64 `json:"heartbeats,omitempty" metric:"Heartbeats; heartbeats that dummies sent"`
	Ignored    uint64 `json:"ignored,omitempty" metric:"Ignored packets; as the frame's description says"`
}

// Millis is a duration whose JSON is milliseconds, to the microsecond.
type Millis time.Duration

// String is the duration as Go writes it.
func (m Millis) String() string { return time.Duration(m).String() }

// MarshalJSON writes the number.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(round3(millis(m)))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Millis) UnmarshalJSON(data []byte) error {
	var ms float64
	err := json.Unmarshal(data, &ms)
	*m = Millis(math.Round(ms * 1e6))
	return err
}

// Hex is bytes whose JSON is a string with two hexadecimal digits for each byte.
type Hex []byte

// MarshalText writes the digits.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads them.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// round3 keeps three decimals: whole nanoseconds in µs, whole microseconds in ms.
func round3(f float64) float64 { return math.Round(f*1e3) / 1e3 }

// rounded rounds numbers to three decimals, in place.
func rounded(numbers ...*float64) {
	for _, n := range numbers {
		*n = round3(*n)
	}
}

// Distribution sums up one histogram of durations, in microseconds.
type Distribution struct {
	Count uint64  `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	P9999 float64 `json:"p99_99"`
	Max   float64 `json:"max"`
}

// MarshalJSON writes three decimals: whole nanoseconds.
func (d Distribution) MarshalJSON() ([]byte, error) {
	rounded(&d.Min, &d.Mean, &d.P50, &d.P90, &d.P99, &d.P999, &d.P9999, &d.Max)
	type plain Distribution
	return marshal(plain(d))
}

// Averages are rates over the time that Echo was on. Echoes that come in a drain do not count.
type Averages struct {
	Echoes   float64 `json:"echoes_per_s"`
	Connects float64 `json:"connects_per_s"`
}

// MarshalJSON writes three decimals.
func (a Averages) MarshalJSON() ([]byte, error) {
	rounded(&a.Echoes, &a.Connects)
	type plain Averages
	return marshal(plain(a))
}

// FaultRate says what the number of faults is worth; see FaultRateUpper95.
type FaultRate struct {
	Verified uint64  `json:"echoes_verified"`
	Upper95  float64 `json:"fault_rate_upper_95"`
}

// Fairness says how evenly the server treated its clients.
type Fairness struct {
	Min    uint64 `json:"echoes_per_client_min"`
	Median uint64 `json:"echoes_per_client_median"`
	Max    uint64 `json:"echoes_per_client_max"`
	Silent uint64 `json:"silent_clients"` // sent at least one echo and never got any back
}

// Generator is what the tester knows about itself.
type Generator struct {
	// CPUShare is the busiest dummy worker's share of one core, 0 to 1, since the view before. Once
	// the fleet has ended it is EchoCPUShare.
	CPUShare     float64 `json:"cpu_share" merge:"max"`
	EchoCPUShare float64 `json:"-" merge:"max"` // the mean over the time that Echo was on
	// SendLag is how late echoes of an open loop are sent. It counts from the due time, or from when
	// the window had room if that is later: an echo that waits for room waits for the server.
	SendLag Lag `json:"send_lag_p99_us" merge:"-"`

	// HeldUp is how long the tester wanted to run and could not: it was stopped, or others had the
	// processor. What came meanwhile was read late, and the server is not to blame for that. It is the
	// worst worker's, while Echo was on. HeldUpDraining is the same since STOP.
	HeldUp         Millis        `json:"held_up_ms" merge:"max"`
	HeldUpDraining time.Duration `json:"-" merge:"max"`

	Saturated bool `json:"saturated"` // its processor time limited what the run has measured

	// Starved is the worst worker's share of the time that Echo was on in which it neither ran nor
	// slept: others had the processor, or the tester was stopped.
	Starved float64 `json:"-" merge:"max"`

	// Behind is how far an open loop is behind its schedule, for whatever reason: full windows are the
	// server's doing. Once Echo is off, it is what it was at STOP.
	Behind time.Duration `json:"-" merge:"max"`

	Backend    string `json:"dummy_backend"`
	Workers    int    `json:"dummy_workers"`
	RSS        uint64 `json:"rss_bytes"` // of this process
	Goroutines int    `json:"-"`
}

// MarshalJSON writes three decimals.
func (g Generator) MarshalJSON() ([]byte, error) {
	rounded(&g.CPUShare)
	type plain Generator
	return marshal(plain(g))
}

// Lag is a Distribution whose JSON is one number, the p99.
type Lag struct{ Distribution }

// MarshalJSON writes the number.
func (l Lag) MarshalJSON() ([]byte, error) { return json.Marshal(round3(l.P99)) }

// UnmarshalJSON reads it.
func (l *Lag) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &l.P99) }

// Full reports whether the tester was saturated by its own work, and not because others had the
// processor.
func (g *Generator) Full() bool { return g.Saturated && g.EchoCPUShare >= g.Starved }

// Hostile counts what the hostile dummies did. None of it is in the ledger, the faults or the other
// counters.
type Hostile struct {
	Dummies        uint64 `json:"dummies" kind:"gauge" metric:"Hostile dummies; dummies that misbehave"`
	Connected      uint64 `json:"connected" metric:"Hostile connected; connections that hostile dummies made"`
	ClosedByServer uint64 `json:"closed_by_server" metric:"Hostile refused; of these closed or reset by the server"`
	BytesSent      uint64 `json:"bytes_sent" unit:"bytes" metric:"Hostile bytes sent; bytes that hostile dummies sent"`
	BytesReceived  uint64 `json:"bytes_received" unit:"bytes" metric:"Hostile bytes recv; bytes that they received"`
}

// Drain describes the last STOP.
type Drain struct {
	AtStop  uint64        // Wait Echo Count when STOP was given
	Elapsed time.Duration `merge:"max"` // from STOP until Wait Echo Count was 0, or until now
	Owed    uint64        // Wait Echo Count when the drain was given up; 0 for one that was not
	// GaveUp is set when the drain's time was over before all echoes had come. Then Missing of them
	// were proved missing, and are lost; the others are owed. Such a run is not drained, even if none
	// is owed.
	GaveUp  bool
	Missing uint64
}

// Owed names echoes of one connection that are not answered: Count of those from First to Last.
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
