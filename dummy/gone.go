package dummy

import (
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
)

// Losses are held back for as long as it takes to tell a server that closes connections from a
// server that is gone: more than half of all connections are lost, and a redial was refused. A
// system takes its time to end a process with thousands of sockets, and closes them in any order:
// a redial may still be taken by a listener that nobody listens on any more. So the losses are
// gathered for goneWithin, and judged to be single ones only when redialWithin is over.
const (
	goneWithin   = 100 * time.Millisecond
	redialWithin = time.Second
)

// weigh decides what held losses are: faults one by one, or a server that is gone. It returns
// when it must look again. At the end of the run it decides by what is known.
func (f *Fleet) weigh(all []tidings, now time.Duration, atEnd bool) time.Duration {
	var lost, up, owed uint64
	var refused bool
	since := never
	for i := range all {
		t := &all[i]
		if t.weighed != f.weighed {
			return never // the last judgement is still on its way, and what it is about still told
		}
		up += t.up
		if t.lost > 0 {
			lost += t.lost
			owed += t.lostOwed
			since = min(since, t.lostSince)
			refused = refused || t.refused
		}
	}
	if lost == 0 {
		return never
	}
	gone := 2*lost > lost+up && refused || f.isGone()
	switch {
	case atEnd:
	case now < since+goneWithin:
		f.weighAt = since + goneWithin
		return f.weighAt
	case !gone && now < since+redialWithin:
		f.weighAt = min(now+goneWithin, since+redialWithin) // nobody kicks for one more loss
		return f.weighAt
	case !gone && f.weighAt > 0 && now-f.weighAt > heldUp:
		f.weighAt = now + goneWithin // it was not the server's time: nobody has redialed yet
		return f.weighAt
	}
	f.weighed, f.weighAt = f.weighed+1, 0
	number := f.weighed
	f.orderAll(func(w *worker) { w.countHeld(gone); w.tell.weighed = number })
	if gone {
		f.mu.Lock()
		defer f.mu.Unlock()
		why := fmt.Sprintf("%d of %d connections lost within %v, and a redial refused",
			lost, lost+up, max(now-since, goneWithin).Round(time.Millisecond))
		f.event("server gone: %s", why)
		f.noteGone(why, lost, owed, lost+up, since)
	}
	return never
}

// gone is a server that is gone.
type gone struct {
	on         bool
	since      time.Duration
	before     uint64 // connections until then
	lost, owed uint64 // connections and echoes, of every time that it was
}

// noteGone names a server that is gone. What it took along is counted in the ledger and among the
// connections, but not as faults one by one, and that is said. f.mu is held.
func (f *Fleet) noteGone(why string, lost, owed, before uint64, since time.Duration) {
	f.dropRecovered() // not any more
	g := &f.gone
	if !g.on {
		g.on, g.since, g.before = true, since, before
	}
	g.lost += lost
	g.owed += owed
	d := &f.diagnoses[f.diagnosis(monitor.ServerGone)]
	d.Connections = int(g.lost)
	d.Why = fmt.Sprintf("%s (%s connections with %s unanswered echoes, lost with the server: not "+
		"counted as faults one by one)", why, monitor.Count(g.lost), monitor.Count(g.owed))
}

// isGone reports whether a server is gone and not back: what is lost meanwhile was taken by a listener
// that nobody listened on any more.
func (f *Fleet) isGone() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gone.on
}

// watchReturn tells when a server that was gone is back: most of the connections of then are up
// again. It returns when it must look again: nobody kicks for one more connection. f.mu is held.
func (f *Fleet) watchReturn(all []tidings, now time.Duration) time.Duration {
	if !f.gone.on {
		return never
	}
	again := now + goneWithin
	var up uint64
	for i := range all {
		up += all[i].up
		if all[i].weighed != f.weighed {
			return again
		}
	}
	if 2*up < f.gone.before || up == 0 {
		return again
	}
	f.gone.on = false
	took := (now - f.gone.since).Round(10 * time.Millisecond)
	f.event("server is back after %v: %s connections are up", took, monitor.Count(up))
	d := &f.diagnoses[f.diagnosis(monitor.Recovered)]
	d.Connections = max(d.Connections, int(up))
	d.Why = fmt.Sprintf("a server that was gone came back after %v", took)
	return never
}

// dropRecovered takes back that all is well again. f.mu is held.
func (f *Fleet) dropRecovered() {
	f.diagnoses = slices.DeleteFunc(f.diagnoses, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.Recovered
	})
}

// diagnosis is the place of a diagnosis in the list, which has one of each name. f.mu is held.
func (f *Fleet) diagnosis(name string) int {
	for i := range f.diagnoses {
		if f.diagnoses[i].Name == name {
			return i
		}
	}
	f.diagnoses = append(f.diagnoses, monitor.Diagnosis{Name: name})
	return len(f.diagnoses) - 1
}
