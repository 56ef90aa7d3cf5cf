package monitor

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// SummarySchema is the version of Summary's JSON. A key that was released stays.
const SummarySchema = 2

// Meta is what the summary and the report say of a run that no snapshot knows.
type Meta struct {
	Version  string
	Command  string // the command line that repeats the run, its seed included
	JSONFile string // where the summary goes; empty when nowhere

	Duration time.Duration // how long Echo was to be on; 0 where nobody said

	// Advice says where to look first, by the name of a fault or of a diagnosis, and is empty where
	// there is nothing to say. It may be nil.
	Advice func(name string) string
}

// Summary is a run in numbers: the JSON of --json. Keys, their nesting and their order are what
// scripts rely on. A key ends in its unit; lists are never null.
type Summary struct {
	Schema        int               `json:"schema"`
	Tool          string            `json:"tool"`
	Version       string            `json:"version"`
	Seed          uint64            `json:"seed,string"` // JSON readers round 64 bits
	Target        string            `json:"target"`
	Bundled       bool              `json:"bundled"`
	Verdict       string            `json:"verdict"`               // running: the run goes on
	ExitCode      EarnedCode        `json:"exit_code"`             // null while none is earned
	Running       bool              `json:"running,omitempty"`     // written before the run's end
	Interrupted   bool              `json:"interrupted,omitempty"` // a signal ended Echo
	Reasons       []string          `json:"reasons"`
	Diagnoses     []Diagnosis       `json:"diagnoses"`
	Drained       bool              `json:"drained"`
	WaitEchoCount uint64            `json:"wait_echo_count"`
	DrainMS       float64           `json:"drain_ms"`
	Clients       int               `json:"clients"`
	DurationMS    int64             `json:"duration_ms"`     // how long Echo was on
	Reset         *ResetSummary     `json:"reset,omitempty"` // the counters below count since
	Ledger        Ledger            `json:"ledger"`
	Faults        FaultCounts       `json:"faults"`
	Connections   Connections       `json:"connections"`
	Bytes         Bytes             `json:"bytes"`
	Rate          RateSummary       `json:"rate"`
	RTT           RTTSummary        `json:"rtt_us"`
	Connect       ConnectSummary    `json:"connect_us"`
	Fairness      Fairness          `json:"fairness"`
	Confidence    ConfidenceSummary `json:"confidence"`
	Generator     GeneratorSummary  `json:"generator"`
	Server        *ServerSummary    `json:"server"`            // null when the target is not the bundled one
	Hostile       *Hostile          `json:"hostile,omitempty"` // with --misbehave
	Thresholds    []ThresholdResult `json:"thresholds"`
	MaxRate       *MaxRateSummary   `json:"max_rate,omitempty"` // where one was searched for
	Evidence      []EvidenceSummary `json:"evidence"`
}

// EarnedCode is an exit code, or NoCode: null in JSON.
type EarnedCode int

// NoCode is for a run that goes on: it has earned no exit code yet.
const NoCode EarnedCode = -1

// MarshalJSON writes the number or null.
func (c EarnedCode) MarshalJSON() ([]byte, error) {
	if c == NoCode {
		return []byte("null"), nil
	}
	return json.Marshal(int(c))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *EarnedCode) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*c = NoCode
		return nil
	}
	return json.Unmarshal(data, (*int)(c))
}

// ResetSummary is what was counted before the counters were last reset. Verdict, exit code,
// reasons, diagnoses and the bundled server's audit are of the whole run, the other numbers since.
type ResetSummary struct {
	AtMS             float64     `json:"at_ms"` // of the last reset, since the fleet began
	Times            uint64      `json:"times"`
	Ledger           Ledger      `json:"ledger_before"`
	Faults           FaultCounts `json:"faults_before"`
	Connected        uint64      `json:"connected_before"`
	HostileConnected uint64      `json:"hostile_connected_before"`
}

// newResetSummary is nil when there was no reset.
func newResetSummary(b *Before) *ResetSummary {
	if b == nil {
		return nil
	}
	return &ResetSummary{AtMS: milliseconds3(b.Uptime), Times: b.Resets, Ledger: b.Ledger,
		Faults: b.Faults, Connected: b.Connections.Connected,
		HostileConnected: b.HostileConnected}
}

// FaultCounts is a number for every fault. Its JSON is an object with a key for each, in the
// order of the faults.
type FaultCounts [NumFaults]uint64

// MarshalJSON writes the object.
func (c FaultCounts) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for f, n := range c {
		fmt.Fprintf(&b, "%c%q:%d", "{,"[min(f, 1)], Fault(f), n)
	}
	return []byte(b.String() + "}"), nil
}

// UnmarshalJSON reads the object; a key that is no fault's is an error.
func (c *FaultCounts) UnmarshalJSON(data []byte) error {
	var counts map[string]uint64
	if err := json.Unmarshal(data, &counts); err != nil {
		return err
	}
	for name, n := range counts {
		f, ok := ParseFault(name)
		if !ok {
			return fmt.Errorf("no fault is called %q", name)
		}
		c[f] = n
	}
	return nil
}

// RateSummary is averages over the time that Echo was on.
type RateSummary struct {
	Echoes   float64 `json:"echoes_per_s"`
	Connects float64 `json:"connects_per_s"`
}

// RTTSummary is a Distribution with all its numbers.
type RTTSummary struct {
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

// ConnectSummary is a Distribution in short.
type ConnectSummary struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// ConfidenceSummary says what the number of faults is worth; see FaultRateUpper95.
type ConfidenceSummary struct {
	EchoesVerified   uint64  `json:"echoes_verified"`
	FaultRateUpper95 float64 `json:"fault_rate_upper_95"`
}

// GeneratorSummary is the tester's own health.
type GeneratorSummary struct {
	CPUShare     float64 `json:"cpu_share"`
	SendLagP99   float64 `json:"send_lag_p99_us"`
	HeldUpMS     float64 `json:"held_up_ms"`
	Saturated    bool    `json:"saturated"`
	DummyBackend string  `json:"dummy_backend"`
	DummyWorkers int     `json:"dummy_workers"`
	RSS          uint64  `json:"rss_bytes"`
}

// ServerSummary is the bundled server's release audit.
type ServerSummary struct {
	Backend        string            `json:"backend"`
	Workers        int               `json:"workers"`
	Accepted       uint64            `json:"accepted"`
	Released       uint64            `json:"released"`
	Live           uint64            `json:"live"`
	ReleasedTwice  uint64            `json:"released_twice"`
	Trace          string            `json:"trace"`
	Refused        uint64            `json:"refused,omitempty"`         // at the session limit
	AcceptFailures uint64            `json:"accept_failures,omitempty"` // EMFILE and the like
	Reasons        map[string]uint64 `json:"reasons,omitempty"`         // of disconnects
	AcceptsPending int64             `json:"accepts_pending,omitempty"`
	Unreleased     []Unreleased      `json:"unreleased,omitempty"`
	WorkersStuck   int               `json:"workers_stuck,omitempty"`
	Stuck          []Stuck           `json:"stuck,omitempty"`
	Failures       []string          `json:"failures,omitempty"`
	Ended          string            `json:"ended,omitempty"` // how, when there is no audit
}

// EvidenceSummary is one Evidence; want and got are hexadecimal.
type EvidenceSummary struct {
	Fault           string  `json:"fault"`
	Client          int     `json:"client"`
	Connection      uint32  `json:"connection"`
	Local           string  `json:"local"`
	Seq             uint64  `json:"seq"`
	Count           uint64  `json:"count,omitempty"` // echoes from seq on, when more than one
	Offset          int     `json:"offset"`
	Want            string  `json:"want"`
	Got             string  `json:"got"`
	OwnerClient     int     `json:"owner_client"`
	OwnerConnection uint32  `json:"owner_connection"`
	OwnerSeq        uint64  `json:"owner_seq"`
	AgeMS           float64 `json:"age_ms"`
	AtMS            float64 `json:"at_ms"`
	Note            string  `json:"note,omitempty"`

	Timeline     []StepSummary `json:"timeline,omitempty"` // of the first of each fault
	TimelineNote string        `json:"timeline_note,omitempty"`
}

// StepSummary is one Step.
type StepSummary struct {
	AtMS float64 `json:"at_ms"`
	By   string  `json:"by"`
	Of   string  `json:"of"`
	What string  `json:"what"`
}

// NewSummary sums up a run by its last snapshot, or by the newest while it goes on.
func NewSummary(final *Snapshot, v Verdict, meta Meta) Summary {
	verdict, code := v.soFar()
	return Summary{
		Schema: SummarySchema, Tool: "dummyload", Version: meta.Version,
		Seed: final.Seed, Target: Clean(final.Target), Bundled: final.Bundled,
		Verdict: verdict, ExitCode: code, Running: v.Running, Interrupted: v.Interrupted,
		Reasons: append([]string{}, v.Reasons...), Diagnoses: cleanDiagnoses(v.Diagnoses),
		Drained: drained(final) && !(v.Running && final.Phase < Drained), WaitEchoCount: final.WaitEchoCount(),
		DrainMS: milliseconds3(final.Drain.Elapsed),
		Clients: final.Clients, DurationMS: final.EchoOn.Milliseconds(),
		Reset: newResetSummary(final.Before), Ledger: final.Ledger, Faults: final.Faults,
		Connections: final.Connections, Bytes: final.Bytes,
		Rate: RateSummary{
			Echoes:   round3(final.EchoRate()),
			Connects: round3(perSecond(final.Connections.Connected, final.EchoOn)),
		},
		RTT: newRTTSummary(final.RTT), Connect: newConnectSummary(final.ConnectTime),
		Fairness: final.Fairness,
		Confidence: ConfidenceSummary{
			EchoesVerified:   final.Ledger.Echoed,
			FaultRateUpper95: FaultRateUpper95(final.Bad(), final.Ledger.Echoed),
		},
		Generator:  newGeneratorSummary(final.Generator),
		Server:     newServerSummary(final.Server),
		Hostile:    final.Hostile,
		Thresholds: append([]ThresholdResult{}, v.Thresholds...),
		MaxRate:    newMaxRateSummary(final.MaxRate),
		Evidence:   newEvidenceSummaries(final),
	}
}

// drained reports whether every drain ended in time with Wait Echo Count 0. An echo that came
// after a drain was given up was still not drained.
func drained(s *Snapshot) bool {
	return s.WaitEchoCount() == 0 && s.Faults[NotDrained] == 0 && !s.Drain.GaveUp
}

// WriteJSON writes what a script reads (a Summary, say), indented, with a newline at its end.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // thresholds contain < and >
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// newServerSummary sums up the bundled server, nil when there is none.
func newServerSummary(s *Server) *ServerSummary {
	if s == nil {
		return nil
	}
	return &ServerSummary{Backend: s.Backend, Workers: s.Workers, Accepted: s.Accepted,
		Released: s.Released, Live: s.Live, ReleasedTwice: s.ReleasedTwice, Trace: s.Trace,
		Refused: s.Refused, AcceptFailures: s.AcceptFailures, Reasons: s.Reasons,
		AcceptsPending: s.AcceptsPending, Unreleased: s.Unreleased, WorkersStuck: s.WorkersStuck,
		Stuck: s.Stuck, Failures: cleanAll(s.Failures), Ended: Clean(s.Ended)}
}

func cleanAll(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, Clean(text))
	}
	return out
}

func newRTTSummary(d Distribution) RTTSummary {
	return RTTSummary{Count: d.Count, Min: round3(d.Min), Mean: round3(d.Mean),
		P50: round3(d.P50), P90: round3(d.P90), P99: round3(d.P99),
		P999: round3(d.P999), P9999: round3(d.P9999), Max: round3(d.Max)}
}

func newConnectSummary(d Distribution) ConnectSummary {
	return ConnectSummary{d.Count, round3(d.P50), round3(d.P99), round3(d.Max)}
}

func newGeneratorSummary(g Generator) GeneratorSummary {
	return GeneratorSummary{CPUShare: round3(g.CPUShare), SendLagP99: round3(g.SendLag.P99),
		HeldUpMS:  round3(millis(g.HeldUp)),
		Saturated: g.Saturated, DummyBackend: g.Backend, DummyWorkers: g.Workers, RSS: g.RSS}
}

func cleanDiagnoses(ds []Diagnosis) []Diagnosis {
	out := make([]Diagnosis, len(ds))
	for i, d := range ds {
		out[i] = d
		out[i].Why = Clean(d.Why)
	}
	return out
}

// newEvidenceSummaries lists the evidence kept of each fault and then, whatever the limit of
// that, every echo still owed: the promise is to name them all.
func newEvidenceSummaries(s *Snapshot) []EvidenceSummary {
	out := []EvidenceSummary{}
	named := map[owedKey]bool{}
	for _, e := range s.Whole().Evidence {
		out = append(out, newEvidenceSummary(e))
		if e.Fault == NotDrained {
			named[owedKey{e.Client, e.Connection, e.Seq}] = true
		}
	}
	if s.WaitEchoCount() == 0 {
		return out
	}
	for _, o := range s.Owed {
		if named[owedKey{o.Client, o.Connection, o.First}] {
			continue
		}
		out = append(out, newEvidenceSummary(Evidence{Fault: NotDrained, Client: o.Client,
			Connection: o.Connection, Local: o.Local, Seq: o.First, Count: uint64(o.Count),
			Age: o.Age, At: s.Uptime}))
	}
	return out
}

// owedKey tells the lines of owed echoes apart.
type owedKey struct {
	client     int
	connection uint32
	seq        uint64
}

func newEvidenceSummary(e Evidence) EvidenceSummary {
	out := EvidenceSummary{Fault: e.Fault.String(), Client: e.Client,
		Connection: e.Connection, Local: Clean(e.Local), Seq: e.Seq, Offset: e.Offset,
		Want: hex.EncodeToString(e.Want), Got: hex.EncodeToString(e.Got),
		OwnerClient: e.OwnerClient, OwnerConnection: e.OwnerConnection, OwnerSeq: e.OwnerSeq,
		AgeMS: milliseconds3(e.Age), AtMS: milliseconds3(e.At), Note: Clean(e.Note)}
	if e.Count > 1 {
		out.Count = e.Count
	}
	out.TimelineNote = Clean(e.StepsNote)
	for _, s := range e.Steps {
		out.Timeline = append(out.Timeline, StepSummary{AtMS: milliseconds3(s.At),
			By: Clean(s.By), Of: Clean(s.Of), What: Clean(s.What)})
	}
	return out
}

func milliseconds3(d time.Duration) float64 { return round3(millis(d)) }

// round3 keeps three decimals: nanoseconds of what is in µs, microseconds of what is in ms.
func round3(f float64) float64 { return math.Round(f*1e3) / 1e3 }
