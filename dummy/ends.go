package dummy

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Servers close connections for reasons of their own, which are no mistake of theirs: a client that
// was silent for too long, or one too many. Such closes have a pattern, and where all have it, that
// is told in place of closed_healthy, which is about connections closed by mistake.
const (
	idleLeast = time.Second // shorter timeouts are none
	// idleSpread is how far apart the idle times of one timeout may lie, as a share of the longest;
	// and as a server looks at its clock now and then, a second always may.
	idleSpread = 0.1
	crossing   = 100 * time.Millisecond // an echo so young has crossed the server's close
	youngMost  = time.Second            // who is closed for being one too many is closed soon
	limitLeast = 3                      // closes that make a limit
)

// ends are the connections that the server has closed, by what they had in common.
type ends struct {
	idle     uint64 // closed with nothing outstanding, after being idle
	shortest time.Duration
	longest  time.Duration
	young    uint64 // closed soon after they were made, of dummies that never got an answer
	others   uint64 // that were up then, at the least
}

func (e *ends) add(o *ends) {
	if o.idle > 0 {
		if e.idle == 0 || o.shortest < e.shortest {
			e.shortest = o.shortest
		}
		e.longest = max(e.longest, o.longest)
	}
	e.idle += o.idle
	e.young += o.young
	e.others += o.others
}

// noteEnd takes a connection that the server has just closed. It reports true where that is no
// fault: nothing was ever asked of the server, and a connection that was idle for a while is gone,
// which is dialed again.
func (w *worker) noteEnd(d *dummy) (forgiven bool) {
	e := &w.count.ends
	idle := w.now - max(d.heardAt, d.since)
	if d.wait == 0 {
		idle = min(idle, w.now-d.sentAt)
	}
	switch {
	case idle >= idleLeast && (d.wait == 0 || w.now-d.timeOf(d.stream.oldest(d.assigned)) < crossing):
		if w.count.ledger.Sent == 0 && w.past.ledger.Sent == 0 {
			w.tell.idled++
			return true
		}
		if e.idle == 0 || idle < e.shortest {
			e.shortest = idle
		}
		e.longest = max(e.longest, idle)
		e.idle++
	case d.answered == 0 && w.now-d.since < youngMost && w.count.conns.Now > 1:
		if others := w.count.conns.Now - 1; e.young == 0 || others < e.others {
			e.others = others
		}
		e.young++
	}
	return false
}

// tellIdled puts into the log what was closed before anything was asked. f.mu is held.
func (f *Fleet) tellIdled(all []tidings) {
	var n uint64
	for i := range all {
		n += all[i].idled
	}
	if n > f.idled {
		f.event("closed by the server while nothing was asked of it, and dialed again: %s connections",
			monitor.Count(n-f.idled))
		f.idled = n
	}
}

// explain says what n closes by the server have in common, where closes are all that it did wrong.
func (e *ends) explain(dst []monitor.Diagnosis, n uint64, otherwiseRight bool) []monitor.Diagnosis {
	name, why := monitor.ClosedHealthy, fmt.Sprintf(
		"%d connections were closed or reset by the server, on which no dummy did anything wrong", n)
	spread := max(time.Second, time.Duration(idleSpread*float64(e.longest)))
	switch {
	case !otherwiseRight:
	case e.idle >= n && e.longest-e.shortest <= spread:
		name, why = monitor.IdleTimeout, fmt.Sprintf(
			"%d connections were closed by the server after about %v without a byte and with nothing "+
				"outstanding: an idle timeout of its own?", n, e.longest.Round(time.Second))
	case e.young >= n && n >= limitLeast:
		name, why = monitor.SessionLimit, fmt.Sprintf(
			"%d connections were closed by the server as soon as they were made, with %d others up: "+
				"a limit of sessions?", n, e.others)
	}
	return append(dst, monitor.Diagnosis{Name: name, Connections: int(n), Why: why})
}
