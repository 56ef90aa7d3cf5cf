package diagnose

import (
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// Facts are what was observed of a server: all that causes are found from. What is named Ever counts
// since the run began, everything else since the last Reset. The zero value is a run in which
// nothing happened.
type Facts struct {
	Counts
	Foreign bool   // it is not the bundled server
	Target  string // HOST:PORT, for words
	Format  *frame.Format
	Clients int
	Phase   monitor.Phase
	Uptime  time.Duration

	Faults        [monitor.NumFaults]uint64
	Sent, Echoed  uint64 // echoes
	Owed          uint64 // echoes
	Now           uint64 // connections that are up
	ClosedByDummy uint64 // connections

	EverSent, EverEchoed uint64 // echoes
	Peak                 uint64 // connections up at one time, at most

	Outages []monitor.Diagnosis // Outages.Found
	Steps   *monitor.Diagnosis  // Steps.Follow; nil when nothing was found
	Met     *Exchange           // of the first that brought something, or was closed; nil = none
	Lengths                     // since the run began
	// Evidence are the first faults of each kind.
	Evidence []monitor.Evidence
	Bounds   Bounds
}

// Counts are what each worker counts besides faults. Sums of them are exact.
type Counts struct {
	Descriptors uint64 // times this process had none left for a dummy
	Ports       uint64 // times there was no local port left
	FINsIgnored uint64 // the dummies' FINs that the server did not answer in time
	FINs        FINs
	Reused      uint64 // connections that brought another's echo after a close (Reuse)
	Ends        Ends
	Ladder      Ladder // of stuck connections
}

// Lengths are what a server's answers show of whether it sends whole payloads back.
type Lengths struct {
	Whole     bool   // an echo of more than 8 bytes came back right, or none is sent
	FirstOnly uint64 // echoes of more than 8 bytes of which the first 8 bytes came back, and no more
}

// Add adds another worker's.
func (l *Lengths) Add(o Lengths) {
	l.Whole = l.Whole || o.Whole
	l.FirstOnly += o.FirstOnly
}

// Note takes a fault.
func (l *Lengths) Note(ev *monitor.Evidence) {
	if ev.Fault == monitor.Truncated && ev.Offset == shortest && len(ev.Got) == shortest && len(ev.Want) > shortest {
		l.FirstOnly++
	}
}

// FINs counts the echoes that were owed when a dummy closed its connection by FIN.
type FINs struct {
	Answered    uint64 // echoes
	Dropped     uint64 // echoes still owed when the server closed
	Connections uint64 // on which some were dropped
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

// right reports whether no fault was found except late echoes, connects that failed, and the faults
// in but. A server that does anything else wrong may do these because of it.
func (f *Facts) right(but ...monitor.Fault) bool {
	but = append(but, monitor.Late, monitor.ConnectFailed)
	for fault, n := range f.Faults {
		if n > 0 && !slices.Contains(but, monitor.Fault(fault)) {
			return false
		}
	}
	return true
}

// standstill is the outage of a server that stands still now; nil if it does not. A server that
// answered a poke, or a FIN, does not stand still: it is stuck on each connection by itself.
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

// Reuse reports whether an echo that came on the wrong connection goes with a close by a dummy: one
// of the two connections was opened after another was closed, and so the server has used something
// again too early. If no dummy has closed any, the server has closed one itself by mistake and used
// that again: this is another cause (closed_healthy). here is the number of the connection that the
// echo came on. of is the number of the connection that it belongs to, and now that of its owner's
// present connection. A client's first connection has number 1.
func Reuse(here, of, now uint32, dummiesClose bool) bool {
	return dummiesClose && (here > 1 || of != now)
}

// cause is a diagnosis that may be told. A pending one excludes others already, but is not told
// itself.
type cause struct {
	monitor.Diagnosis
	pending bool
}

// add adds a cause that was seen on so many connections, and nothing if there are none.
func add(dst []cause, name string, connections uint64, why string, args ...any) []cause {
	if connections == 0 {
		return dst
	}
	return append(dst, cause{Diagnosis: monitor.Diagnosis{
		Name: name, Connections: int(connections), Why: fmt.Sprintf(why, args...)}})
}

// Causes are what the facts add up to, the most important first.
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
	if f.Echoed > 0 { // otherwise the server may speak other frames
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

// leastFINs is how many echoes must have been owed when dummies sent FINs, before a server is named
// that answers fewer than three in four of them. A right one answers all but a few, for which it had
// no time.
const leastFINs = 20

// counted adds the causes that follow from counters alone. A foreign server may have timeouts and
// limits of its own; the bundled server has those that the run gave it.
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
