package monitor

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

// SummarySchema is the version of Summary's JSON. A released key is never removed.
const SummarySchema = 2

// Meta is what the summary and the report say of a run and no view knows.
type Meta struct {
	Version  string
	Command  string // the command line that repeats the run, its seed included
	JSONFile string // where the summary goes; empty when nowhere

	Duration time.Duration // how long Echo was to be on; 0 when no time was set

	// Advice says where to look first, for the name of a fault or of a diagnosis. It returns an empty
	// text when there is no advice. It may be nil.
	Advice func(name string) string
}

// Summary is a run in numbers: the JSON of --json. Scripts rely on its keys, their nesting and their
// order. A key ends in its unit. Lists are never null.
type Summary struct {
	Schema        int               `json:"schema"`
	Tool          string            `json:"tool"`
	Version       string            `json:"version"`
	Seed          uint64            `json:"seed,string"` // many JSON readers round 64-bit numbers
	Target        string            `json:"target"`
	Bundled       bool              `json:"bundled"`
	Frame         Frame             `json:"frame"`
	Verdict       string            `json:"verdict"`               // running: the run goes on
	ExitCode      EarnedCode        `json:"exit_code"`             // null while none is earned
	Running       bool              `json:"running,omitempty"`     // written before the run's end
	Interrupted   bool              `json:"interrupted,omitempty"` // a signal ended Echo
	Reasons       []string          `json:"reasons"`
	Diagnoses     []Diagnosis       `json:"diagnoses"`
	Drained       bool              `json:"drained"`
	WaitEchoCount uint64            `json:"wait_echo_count"`
	DrainMS       Millis            `json:"drain_ms"`
	Clients       int               `json:"clients"`
	DurationMS    int64             `json:"duration_ms"`     // how long Echo was on
	Reset         *Before           `json:"reset,omitempty"` // the counters below count since
	Ledger        Ledger            `json:"ledger"`
	Faults        FaultCounts       `json:"faults"`
	Connections   Connections       `json:"connections"`
	Bytes         Bytes             `json:"bytes"`
	Packets       Packets           `json:"packets,omitzero"` // what is no echo, where the frame has such
	Rate          Averages          `json:"rate"`
	RTT           Distribution      `json:"rtt_us"`
	Connect       Distribution      `json:"connect_us"`
	Fairness      Fairness          `json:"fairness"`
	Confidence    FaultRate         `json:"confidence"`
	Generator     Generator         `json:"generator"`
	Server        *Server           `json:"server"`            // null when the target is not the bundled one
	Hostile       *Hostile          `json:"hostile,omitempty"` // with --misbehave
	Thresholds    []ThresholdResult `json:"thresholds"`
	MaxRate       *MaxRate          `json:"max_rate,omitempty"` // with --max-rate
	Evidence      []Evidence        `json:"evidence"`
}

// EarnedCode is an exit code, or NoCode: null in JSON.
type EarnedCode int

// NoCode is the code of a run that goes on: it has not earned one yet.
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

// NewSummary sums up a run by its last view, or by the newest while it goes on.
func NewSummary(final *View, v Verdict, meta Meta) Summary {
	verdict, code := v.soFar()
	return Summary{
		Schema: SummarySchema, Tool: "dummyload", Version: meta.Version,
		Seed: final.Seed, Target: Clean(final.Target), Bundled: final.Bundled, Frame: final.Frame,
		Verdict: verdict, ExitCode: code, Running: v.Running, Interrupted: v.Interrupted,
		Reasons: append([]string{}, v.Reasons...), Diagnoses: cleanDiagnoses(v.Diagnoses),
		Drained: drained(final) && !(v.Running && final.Phase < Drained), WaitEchoCount: final.WaitEchoCount(),
		DrainMS: Millis(final.Drain.Elapsed),
		Clients: final.Clients, DurationMS: final.EchoOn.Milliseconds(),
		Reset: final.Before, Ledger: final.Ledger, Faults: final.Faults,
		Connections: final.Connections, Bytes: final.Bytes, Packets: final.Packets,
		Rate: final.Averages(), RTT: final.RTT, Connect: final.ConnectTime,
		Fairness: final.Fairness, Confidence: final.FaultRate(),
		Generator: final.Generator, Server: final.Server, Hostile: final.Hostile,
		Thresholds: append([]ThresholdResult{}, v.Thresholds...),
		MaxRate:    final.MaxRate,
		Evidence:   named(final),
	}
}

// drained reports whether every drain ended in time with Wait Echo Count 0. An echo that comes after its
// drain was given up does not change that.
func drained(s *View) bool {
	return s.WaitEchoCount() == 0 && s.Faults[NotDrained] == 0 && !s.Drain.GaveUp
}

// marshal is json.Marshal, but it leaves < and > as they are: thresholds have them.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

// WriteJSON writes JSON for scripts, a Summary for example: indented, with a newline at its end. The error
// is the writer's, or that of a value that JSON cannot hold.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // thresholds contain < and >
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func cleanDiagnoses(ds []Diagnosis) []Diagnosis {
	out := make([]Diagnosis, len(ds))
	for i, d := range ds {
		out[i] = d
		out[i].Why = Clean(d.Why)
	}
	return out
}

// named is the evidence that was kept, and after it every echo still owed. The limit on evidence does not
// hold for owed echoes: the summary names them all.
func named(s *View) []Evidence {
	out := append([]Evidence{}, s.Whole().Evidence...)
	if s.WaitEchoCount() == 0 {
		return out
	}
	kept := map[owedKey]bool{}
	for _, e := range out {
		if e.Fault == NotDrained {
			kept[owedKey{e.Client, e.Connection, e.Seq}] = true
		}
	}
	for _, o := range s.Owed {
		if kept[owedKey{o.Client, o.Connection, o.First}] {
			continue
		}
		out = append(out, Evidence{Fault: NotDrained, Client: o.Client,
			Connection: o.Connection, Local: o.Local, Seq: o.First, Count: uint64(o.Count),
			Age: Millis(o.Age), At: Millis(s.Uptime)})
	}
	return out
}

// owedKey tells the lines of owed echoes apart.
type owedKey struct {
	client     int
	connection uint32
	seq        uint64
}
