package dummy

import (
	"fmt"
	"slices"

	"dummyload/monitor"
)

// noteReuse looks at an echo of another connection that came on d's: where one of the two
// belongs to a connection that was opened after another's close, it goes with closes, and the
// server has used something again too early. Each connection counts once.
func (w *worker) noteReuse(d *dummy, ev *monitor.Evidence) {
	if ev.OwnerConnection == 0 || d.is(reused) {
		return
	}
	now, _ := w.fleet.current(uint32(ev.OwnerClient))
	if d.conn > 1 || ev.OwnerConnection != now {
		d.set(reused)
		w.count.reused++
	}
}

// leastFins is how many echoes must have been owed at dummies' FINs before anything is said of a
// server that answers fewer than three in four of them. A right one answers all, but for a few that it had
// not the time for.
const leastFins = 20

// right reports whether no fault was found but late echoes, connects that failed and those that are
// named. A server that does anything else wrong may do these for that.
func (c *counters) right(but ...monitor.Fault) bool {
	but = append(but, monitor.Late, monitor.ConnectFailed)
	for f, n := range c.faults {
		if n > 0 && !slices.Contains(but, monitor.Fault(f)) {
			return false
		}
	}
	return true
}

// signs are the diagnoses that the counters themselves add up to. A server that is foreign may have
// timeouts and limits of its own; those of the bundled one are the run's.
func (c *counters) signs(dst []monitor.Diagnosis, foreign bool) []monitor.Diagnosis {
	add := func(name string, connections uint64, why string) {
		if connections > 0 {
			dst = append(dst, monitor.Diagnosis{
				Name: name, Connections: int(connections), Why: fmt.Sprintf(why, connections),
			})
		}
	}
	add(monitor.LocalFDLimit, c.fds, "%d times this process had no descriptor left for a dummy")
	add(monitor.LocalPortExhausted, c.ports, "%d times this machine had no local port left for a dummy")
	add(monitor.CloseIgnored, c.closes,
		"%d connections that a dummy had closed by FIN were not closed by the server within "+
			"the time they have for it")
	if n := c.faults[monitor.ClosedByServer] + c.faults[monitor.ResetByServer]; n > 0 {
		dst = c.ends.explain(dst, n, foreign && c.closes == 0 &&
			c.right(monitor.ClosedByServer, monitor.ResetByServer, monitor.NotDrained))
	}
	if n := c.fins.answered + c.fins.dropped; n >= leastFins && c.fins.answered < n*3/4 && c.right() {
		dst = append(dst, monitor.Diagnosis{
			Name: monitor.HalfCloseUnanswered, Connections: int(c.fins.connections),
			Why: fmt.Sprintf("after our own FIN the server answered %d of %d echoes that it had been "+
				"sent before: the others are abandoned, and no fault. TCP lets a server answer then; "+
				"whether it must is a matter of the protocol", c.fins.answered, n),
		})
	}
	add(monitor.SessionReuse, c.reused,
		"%d connections brought echoes of others, and a close lay in between: what belonged to "+
			"a closed session was used again too early")
	return dst
}
