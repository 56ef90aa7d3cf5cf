package monitor

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Fault is one kind of wrong that the dummies count.
type Fault uint8

// The faults, in the order of the summary.
const (
	Corrupt Fault = iota
	Truncated
	Crossed
	Stale
	Reordered
	Duplicate
	Missing
	Unsolicited
	LoginMissing
	LoginDuplicate
	ClosedByServer
	ResetByServer
	ConnectFailed
	Late
	NotReading
	NotDrained
	NumFaults
)

// faults names each Fault: for scripts, for the screen, and in one sentence.
var faults = [NumFaults]struct{ name, label, help string }{
	Corrupt: {"corrupt", "Packet Error (corrupt)",
		"wrong bytes, in the payload or in a field beside it"},
	Truncated: {"truncated", "Packet Error (length)",
		"the frame's length is not the one sent, or the stream ended inside a frame"},
	Crossed: {"crossed", "Packet Error (other client's)",
		"a valid echo that belongs to another dummy"},
	Stale: {"stale", "Packet Error (earlier connection's)",
		"a valid echo of this dummy's previous connection"},
	Reordered: {"reordered", "Order",
		"a valid echo of this connection that arrived after one sent later"},
	Duplicate: {"duplicate", "Duplicate",
		"an echo already answered"},
	Missing: {"missing", "Missing",
		"a later echo came, and this one never did"},
	Unsolicited: {"unsolicited", "Unsolicited",
		"bytes that answer nothing: while nothing was outstanding, after the drain, or no echo's"},
	LoginMissing: {"login_missing", "LoginPacket Not Recv",
		"no login packet before the first echo, or none in time"},
	LoginDuplicate: {"login_duplicate", "LoginPacket Duplication",
		"a second login packet on one connection"},
	ClosedByServer: {"closed_by_server", "Disconnect from Server",
		"FIN that the dummy did not ask for"},
	ResetByServer: {"reset_by_server", "Disconnect from Server (RST)",
		"RST that the dummy did not ask for"},
	ConnectFailed: {"connect_failed", "Connect Fail",
		"refused, unreachable or timed out"},
	Late: {"late", "Echo Not Recv (500ms)",
		"no answer within --echo-timeout"},
	NotReading: {"not_reading", "Server not reading",
		"the server took no byte for --drain-timeout while the dummy had bytes to send"},
	NotDrained: {"not_drained", "Wait Echo Count ≠ 0",
		"still owed at the end of the drain"},
}

// String is the fault's name in the summary, in thresholds and in --allow.
func (f Fault) String() string { return faults[f].name }

// MarshalText writes the name.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads it.
func (f *Fault) UnmarshalText(text []byte) error {
	known, ok := ParseFault(string(text))
	if !ok {
		return fmt.Errorf("no fault is called %q", text)
	}
	*f = known
	return nil
}

// Label is the fault's name on the screen, in words that its users know.
func (f Fault) Label() string { return faults[f].label }

// Help says in one sentence what the fault means.
func (f Fault) Help() string { return faults[f].help }

// Watched reports whether the fault is counted and shown, but fails no run by itself. It stands in a
// group of its own, apart from what must be 0.
func (f Fault) Watched() bool { return f == Late }

// ParseFault finds a fault by its name.
func ParseFault(name string) (Fault, bool) {
	for f := range NumFaults {
		if faults[f].name == name {
			return f, true
		}
	}
	return 0, false
}

// FaultCounts is a number for every fault. Its JSON is an object with a key for each, in the
// order of the faults.
type FaultCounts [NumFaults]uint64

// bad is how many there are, without those that are watched.
func (c *FaultCounts) bad() uint64 {
	var n uint64
	for f, count := range c {
		if !Fault(f).Watched() {
			n += count
		}
	}
	return n
}

// MarshalJSON writes the object.
func (c FaultCounts) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for f, n := range c {
		fmt.Fprintf(&b, "%c%q:%d", "{,"[min(f, 1)], Fault(f), n)
	}
	return []byte(b.String() + "}"), nil
}

// UnmarshalJSON reads the object. A key that is no fault's name is an error.
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
