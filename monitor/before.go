package monitor

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Before is what was counted before the last Reset, over all Resets together. A View's other numbers
// count since that Reset. The verdict is about both: in the summary, the verdict, the exit code, the
// reasons, the diagnoses and the bundled server's audit are of the whole run.
type Before struct {
	At     time.Time     `json:"-"`                 // of the last Reset
	Uptime Millis        `json:"at_ms" merge:"max"` // the same, since the fleet began
	Resets uint64        `json:"times" merge:"max"`
	EchoOn time.Duration `json:"-" merge:"max"`

	Ledger           Ledger      `json:"ledger_before"` // Wait is 0: what was outstanding counts as sent since
	Faults           FaultCounts `json:"faults_before"`
	Connections      Made        `json:"connected_before"` // Peak and Now are 0
	HostileConnected uint64      `json:"hostile_connected_before"`
	Diagnoses        []Diagnosis `json:"-" merge:"-"`     // NewView takes them from Run.Diagnosed
	Evidence         []Evidence  `json:"-" merge:"first"` // the first of each fault

	// Server is the bundled server's figures at the Reset, nil without such a server. The server
	// knows of no Reset: the Sampler keeps them.
	Server *Server `json:"-" merge:"-"`
}

// Made is Connections whose JSON is one number: how many were made.
type Made struct{ Connections }

// MarshalJSON writes the number.
func (m Made) MarshalJSON() ([]byte, error) { return json.Marshal(m.Connected) }

// UnmarshalJSON reads it.
func (m *Made) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &m.Connected) }

// Bad is the number of faults before the Reset that a right server never causes.
func (b *Before) Bad() uint64 { return b.Faults.bad() }

// share says how many times a fault was counted before the Reset. It is empty for none.
func (b *Before) share(f Fault) string {
	if b == nil || b.Faults[f] == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s before the reset at %s)", Count(b.Faults[f]), b.At.Format(time.TimeOnly))
}

// Whole is the run since its beginning. What can be added up is: the ledger, faults, connections,
// the time that Echo was on, diagnoses, and the first evidence of each fault. The rest counts since the
// Reset. Without a Reset it is the view itself.
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

// Connects is how many connections were made, by right dummies and by hostile ones. A server that
// serves nobody else has accepted as many.
func (s *View) Connects() uint64 {
	if s.Hostile != nil {
		return s.Connections.Connected + s.Hostile.Connected
	}
	return s.Connections.Connected
}

// ServerSince is the bundled server's figures since the last Reset, nil without such a server. The
// audit is of the whole run, and stands in View.Server.
func (s *View) ServerSince() *Server {
	if s.Server == nil || s.Before == nil || s.Before.Server == nil {
		return s.Server
	}
	since, b := *s.Server, s.Before.Server
	// What counts is what was connected before the Reset, and not what the server had accepted by then:
	// a connection that it accepts later was made before, too. So the totals of both ends stay equal.
	since.Accepted = minus(since.Accepted,
		s.Before.Connections.Connected+s.Before.HostileConnected)
	since.Released = minus(since.Released, b.Released)
	since.Refused = minus(since.Refused, b.Refused)
	since.AcceptFailures = minus(since.AcceptFailures, b.AcceptFailures)
	since.RecvPackets = minus(since.RecvPackets, b.RecvPackets)
	since.SendPackets = minus(since.SendPackets, b.SendPackets)
	return &since
}

// minus is 0 where the result would be below.
func minus(n, by uint64) uint64 { return n - min(n, by) }

// keepServer gives a view the server's figures at the last Reset: those of the first view after it.
func (s *Sampler) keepServer(v *View) {
	if v.Before == nil {
		return
	}
	if v.Before.Resets != s.resets {
		s.resets, s.atReset = v.Before.Resets, v.Server
	}
	v.Before.Server = s.atReset
}
