package dummy

import (
	"time"

	"dummyload/monitor"
)

// Control is all that can be asked of a fleet. A key, a flag and a step of a script come down to
// these few verbs. Every method may be called from any goroutine
// and returns without waiting for the fleet. What it returns is a ticket: a view that confirms
// it has the verb in its numbers. A verb that is refused has none.
type Control interface {
	// Start is Echo START: from Idle, Drained or Undrained, on the connections there are. While
	// Connecting it takes effect, and its ticket is confirmed, once every dummy is connected or has
	// failed. STOP is to come after length, 0 being unknown: an open loop of rate R sends R*length
	// echoes then, however late STOP is.
	Start(length time.Duration) (monitor.Ticket, error)
	// Stop is Echo STOP: no new echoes, then Draining until Wait Echo Count is 0 or the drain
	// timeout is over.
	Stop() (monitor.Ticket, error)
	// Tune changes the load while it runs. The error names a knob that cannot be tuned or is out of
	// its limits; then nothing changes.
	Tune(Tuning) (monitor.Ticket, error)
	// Disconnect closes n connections, chosen by the seed; 0 means all. They reconnect.
	Disconnect(n int, how CloseKind) (monitor.Ticket, error)
	// Reset sets counters, histograms and faults back to zero; connections and what is
	// outstanding stay.
	Reset() (monitor.Ticket, error)
	// Mark begins a part of the run: echoes and their times are counted anew, connections and
	// faults go on. The name is for people.
	Mark(name string) (monitor.Ticket, error)
}

var _ monitor.Source = (*Fleet)(nil)
var _ Control = (*Fleet)(nil)
