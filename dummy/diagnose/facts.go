package diagnose

import (
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// Facts are what was observed of a server, as far as causes are drawn from it. Counts are since the
// last Reset, but for those that were Ever. The zero value is of a run in which nothing happened.
type Facts struct {
	Counts
	Foreign bool // it is not the bundled server
	Format  frame.Format
	Clients int
	Phase   monitor.Phase
	Uptime  time.Duration

	Faults        [monitor.NumFaults]uint64
	Sent, Echoed  uint64 // echoes
	Owed          uint64 // echoes
	Now           uint64 // connections
	ClosedByDummy uint64 // connections

	EverSent, EverEchoed uint64 // echoes
	Peak                 uint64 // connections

	Outages []monitor.Diagnosis // Outages.Found
	Steps   *monitor.Diagnosis  // Steps.Follow; nil when nothing was found
	Met     *Exchange           // the first that came, or was closed; nil when there was none
	Bounds  Bounds
}

// Counts are what each worker counts besides faults. They sum up exactly.
type Counts struct {
	Descriptors uint64 // times this process had none left for a dummy
	Ports       uint64 // times there was no local port left
	FINsIgnored uint64 // own FINs that the server did not answer in time
	FINs        FINs
	Reused      uint64 // connections with another's echo after a close (Reuse)
	Ends        Ends
	Ladder      Ladder // of stuck connections
}

// FINs are echoes that were owed on connections whose dummies closed them by FIN.
type FINs struct {
	Answered    uint64
	Dropped     uint64 // still owed as the server closed
	Connections uint64 // on which some were
}

// Add adds another worker's.
func (c *Counts) Add(o *Counts) {
	c.Descriptors += o.Descriptors
	c.Ports += o.Ports
	c.FINsIgnored += o.FINsIgnored
	c.FINs.Answered += o.FINs.Answered
	c.FINs.Dropped += o.FINs.Dropped
	c.FINs.Connections += o.FINs.Connections
	c.Reused += o.Reused
	c.Ends.Add(&o.Ends)
	c.Ladder.Add(&o.Ladder)
}

// right reports whether no fault was found but late echoes, connects that failed and those that are
// named. A server that does anything else wrong may do these for that.
func (f *Facts) right(but ...monitor.Fault) bool {
	but = append(but, monitor.Late, monitor.ConnectFailed)
	for fault, n := range f.Faults {
		if n > 0 && !slices.Contains(but, monitor.Fault(fault)) {
			return false
		}
	}
	return true
}

// standstill is a server that stands still now, nil where none does. One that answered a poke, or a
// FIN, does not: it has merely got stuck on every single connection.
func (f *Facts) standstill() *monitor.Diagnosis {
	var found *monitor.Diagnosis
	for i := range f.Outages {
		switch f.Outages[i].Name {
		case monitor.ServerStalled:
			found = &f.Outages[i]
		case monitor.Recovered:
			return nil
		}
	}
	if f.Ladder.answers() {
		return nil
	}
	return found
}

// Reuse reports whether an echo of another connection goes with closes by the dummies: one of the two
// belongs to a connection that was opened after another's close, so that the server has used something
// again too early. Where no dummy has closed any, the server has used what it had closed itself, by
// mistake, and that is the cause (closed_healthy). here is the number of the connection that it came
// on, of the owner's that it belongs to, and now of the owner's present one; a client's first has
// number 1.
func Reuse(here, of, now uint32, dummiesClose bool) bool {
	return dummiesClose && (here > 1 || of != now)
}

// cause is a diagnosis that may be told. One that is pending excludes what it would exclude, and is
// not told itself.
type cause struct {
	monitor.Diagnosis
	pending bool
}

// add adds a cause that was seen on some connections; none without them.
func add(dst []cause, name string, connections uint64, why string, args ...any) []cause {
	if connections == 0 {
		return dst
	}
	return append(dst, cause{Diagnosis: monitor.Diagnosis{
		Name: name, Connections: int(connections), Why: fmt.Sprintf(why, args...)}})
}

// Causes are what the facts add up to, the one that goes before all others first.
func Causes(f *Facts) []monitor.Diagnosis {
	all := f.neverRight(nil)
	for _, d := range f.Outages {
		again := slices.ContainsFunc(all, func(c cause) bool { return c.Name == d.Name })
		stuck := d.Name == monitor.ServerStalled && f.Ladder.answers() && !f.recovered()
		if !again && !stuck {
			all = append(all, cause{Diagnosis: d})
		}
	}
	all = f.counted(all)
	all = f.Ladder.causes(all)
	if f.Echoed > 0 { // or else it may not even speak these frames
		all = f.Bounds.causes(all)
	}
	if f.Steps != nil {
		all = append(all, cause{Diagnosis: *f.Steps})
	}
	return exclude(all)
}

func (f *Facts) recovered() bool {
	return slices.ContainsFunc(f.Outages, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.Recovered
	})
}

// leastFINs is how many echoes must have been owed at dummies' FINs before anything is said of a
// server that answers fewer than three in four of them. A right one answers all, but for a few that it had
// not the time for.
const leastFINs = 20

// counted are the causes that counters add up to by themselves. A server that is foreign may have
// timeouts and limits of its own; those of the bundled one are the run's.
func (f *Facts) counted(dst []cause) []cause {
	dst = add(dst, monitor.LocalFDLimit, f.Descriptors,
		"%d times this process had no descriptor left for a dummy", f.Descriptors)
	dst = add(dst, monitor.LocalPortExhausted, f.Ports,
		"%d times this machine had no local port left for a dummy", f.Ports)
	dst = add(dst, monitor.CloseIgnored, f.FINsIgnored,
		"%d connections that a dummy had closed by FIN were not closed by the server within "+
			"the time they have for it", f.FINsIgnored)
	dst = f.closes(dst)
	if n := f.FINs.Answered + f.FINs.Dropped; n >= leastFINs && f.FINs.Answered < n*3/4 && f.right() {
		dst = add(dst, monitor.HalfCloseUnanswered, f.FINs.Connections,
			"after our own FIN the server answered %d of %d echoes that it had been "+
				"sent before: the others are abandoned, and no fault. TCP lets a server answer then; "+
				"whether it must is a matter of the protocol", f.FINs.Answered, n)
	}
	return add(dst, monitor.SessionReuse, f.Reused,
		"%d connections brought echoes of others, and a close lay in between: what belonged to "+
			"a closed session was used again too early", f.Reused)
}
