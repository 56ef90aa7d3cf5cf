package dummy

import (
	"fmt"
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
	var lost, up uint64
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
			since = min(since, t.lostSince)
			refused = refused || t.refused
		}
	}
	if lost == 0 {
		return never
	}
	gone := 2*lost > lost+up && refused
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
		d := &f.diagnoses[f.diagnosis("server_gone")]
		d.Connections += int(lost)
		d.Why = why
		f.event("server gone: %s", why)
	}
	return never
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
