package monitor

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Before is what was counted before the last Reset, over all Resets together. A View's other
// numbers count since then; the verdict is over both. In the summary verdict, exit code, reasons,
// diagnoses and the bundled server's audit are of the whole run.
type Before struct {
	At     time.Time     `json:"-"`                 // of the last Reset
	Uptime Millis        `json:"at_ms" merge:"max"` // the same, since the fleet began
	Resets uint64        `json:"times" merge:"max"`
	EchoOn time.Duration `json:"-" merge:"max"`

	Ledger           Ledger      `json:"ledger_before"` // Wait is 0: what was outstanding counts as sent since
	Faults           FaultCounts `json:"faults_before"`
	Connections      Made        `json:"connected_before"` // Peak and Now are 0
	HostileConnected uint64      `json:"hostile_connected_before"`
	Diagnoses        []Diagnosis `json:"-" merge:"-"`     // the View's: see Run
	Evidence         []Evidence  `json:"-" merge:"first"` // the first of each fault

	// Server is the bundled server's figures as they stood at the Reset, nil without one. The
	// server knows of no Reset; the sampler keeps them.
	Server *Server `json:"-" merge:"-"`
}

// Made is Connections whose JSON is how many were made.
type Made struct{ Connections }

// MarshalJSON writes the number.
func (m Made) MarshalJSON() ([]byte, error) { return json.Marshal(m.Connected) }

// UnmarshalJSON reads it.
func (m *Made) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &m.Connected) }

// Bad is the number of faults before the Reset that a right server never causes.
func (b *Before) Bad() uint64 { return b.Faults.bad() }

// share says how many of a fault are from before the Reset, empty for none.
func (b *Before) share(f Fault) string {
	if b == nil || b.Faults[f] == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s before the reset at %s)", Count(b.Faults[f]), b.At.Format(time.TimeOnly))
}

// Whole is the run since its beginning as far as that can be added up: ledger, faults,
// connections, the time that Echo was on, diagnoses, and the first evidence of each fault.
// Without a Reset it is the snapshot itself.
func (s *View) Whole() *View {
	b := s.Before
	if b == nil {
		return s
	}
	w := *s
	w.Before = nil
	w.EchoOn += b.EchoOn
	w.Counts.Add(&Counts{Ledger: b.Ledger, Faults: b.Faults, Connections: b.Connections.Connections})
	w.Evidence = slices.Concat(b.Evidence, s.Evidence)
	w.Diagnoses = slices.Clone(s.Diagnoses)
	for _, d := range b.Diagnoses {
		if !slices.ContainsFunc(s.Diagnoses, func(o Diagnosis) bool { return o.Name == d.Name }) {
			w.Diagnoses = append(w.Diagnoses, d)
		}
	}
	return &w
}

// Connects is how many connections were made, by dummies of both kinds: what a server that serves
// nobody else must have accepted.
func (s *View) Connects() uint64 {
	if s.Hostile != nil {
		return s.Connections.Connected + s.Hostile.Connected
	}
	return s.Connections.Connected
}

// ServerSince is the bundled server's figures since the last Reset, nil without such a server. Its
// audit is of the whole run: View.Server has that.
func (s *View) ServerSince() *Server {
	if s.Server == nil || s.Before == nil || s.Before.Server == nil {
		return s.Server
	}
	since, b := *s.Server, s.Before.Server
	// Not as many as it had accepted: what was connected and not yet accepted at the Reset is no
	// connection since, and the two totals stay equal.
	since.Accepted = minus(since.Accepted,
		s.Before.Connections.Connected+s.Before.HostileConnected)
	since.Released = minus(since.Released, b.Released)
	since.Refused = minus(since.Refused, b.Refused)
	since.AcceptFailures = minus(since.AcceptFailures, b.AcceptFailures)
	since.RecvPackets = minus(since.RecvPackets, b.RecvPackets)
	since.SendPackets = minus(since.SendPackets, b.SendPackets)
	return &since
}

func minus(n, by uint64) uint64 { return n - min(n, by) }

// keepServer has a snapshot know the server's figures at the last Reset: those of the first snapshot
// after it.
func (s *Sampler) keepServer(snap *View) {
	if snap.Before == nil {
		return
	}
	if snap.Before.Resets != s.resets {
		s.resets, s.atReset = snap.Before.Resets, snap.Server
	}
	snap.Before.Server = s.atReset
}
