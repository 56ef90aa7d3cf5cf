package dummy

import (
	"dummyload/monitor"
)

// Control is all that can be asked of a fleet. A key, a flag, a script line and a message
// to a remote agent come down to these few verbs. Every method may be called from any goroutine
// and returns without waiting for the fleet; what it led to is seen in the snapshots.
type Control interface {
	// Start is Echo START: from Idle, Drained or Undrained, on the connections there are. While
	// Connecting it takes effect once every dummy is connected or has failed.
	Start() error
	// Stop is Echo STOP: no new echoes, then Draining until Wait Echo Count is 0 or the drain
	// timeout is over.
	Stop() error
	// Tune changes the load while it runs. The error names a knob that cannot be tuned or is out of
	// its limits; then nothing changes.
	Tune(Tuning) error
	// Disconnect closes n connections, chosen by the seed; 0 means all. They reconnect.
	Disconnect(n int, how CloseKind) error
	// Reset sets counters, histograms and faults back to zero; connections and what is
	// outstanding stay.
	Reset() error
}

var _ monitor.Source = (*Fleet)(nil)
var _ Control = (*Fleet)(nil)
