package dummy

import "dummyload/monitor"

// giveUpDrain is the end of a drain whose time is over: echoes that were overtaken are proved
// missing; each of the others counts as not drained, stays in Wait Echo Count, and is named. All
// of them are returned, however many there are, and how many were proved missing. From then on, until
// START, nothing but an answer lowers Wait Echo Count.
func (w *worker) giveUpDrain() (owed []monitor.Owed, missing uint64) {
	if w.mode != draining {
		return nil, 0
	}
	before := w.count.wait
	w.noteBacklog()
	w.tellSlowest()
	for slot := range w.slots() {
		d := w.at(slot)
		if d.wait == 0 {
			continue
		}
		w.current = d
		d.stream.settle(w.verifier, d.ident())
		d.stream.drainOver(w.verifier, d.ident(), d.assigned)
		w.spans = d.stream.owed(w.spans[:0], d.assigned)
		for _, s := range w.spans {
			w.blame(d, monitor.NotDrained, monitor.Evidence{
				Seq: s.first, Count: s.last - s.first + 1, Age: monitor.Millis(w.now - d.timeOf(s.first)),
			})
		}
	}
	w.keepOwed = w.count.wait > 0
	return w.owedLines(-1), uint64(before - w.count.wait)
}
