package dummy

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Losses are held back for as long as it takes to tell a server that closes connections from a
// server that is gone: goneWithin gathers them, and when they are more than half of all
// connections, redialWithin is the time for a redial to tell.
const (
	goneWithin   = 100 * time.Millisecond
	redialWithin = time.Second
)

// weigh decides what held losses are: faults one by one, or a server that is gone. It returns
// when it must look again. At the end of the run it decides by what is known.
func (f *Fleet) weigh(all []tidings, now time.Duration, atEnd bool) time.Duration {
	var lost, up uint64
	var refused, served bool
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
			refused, served = refused || t.refused, served || t.served
		}
	}
	if lost == 0 {
		return never
	}
	if now < since+goneWithin && !atEnd {
		return since + goneWithin
	}
	most := 2*lost > lost+up
	if most && !refused && !served && !atEnd && now < since+redialWithin {
		return since + redialWithin
	}
	gone := most && refused
	f.weighed++
	number := f.weighed
	f.orderAll(func(w *worker) { w.countHeld(gone); w.tell.weighed = number })
	if gone {
		f.mu.Lock()
		defer f.mu.Unlock()
		why := fmt.Sprintf("%d of %d connections lost within %v, and a redial refused",
			lost, lost+up, goneWithin)
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
