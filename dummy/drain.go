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
	before := w.count.WaitUpDown
	w.noteBacklog()
	w.tellSlowest()
	for slot := range w.slots() {
		d := w.at(slot)
		if d.wait == 0 {
			continue
		}
		j := w.judgement(d)
		d.stream.Settle(j)
		d.stream.DrainOver(j)
		w.spans = d.stream.Owed(w.spans[:0], d.assigned)
		for _, s := range w.spans {
			w.blame(d, monitor.NotDrained, monitor.Evidence{
				Seq: s.First, Count: s.Last - s.First + 1, Age: monitor.Millis(w.now() - d.timeOf(s.First)),
			})
		}
	}
	w.keepOwed = w.count.WaitUpDown > 0
	return w.owedLines(-1), uint64(before - w.count.WaitUpDown)
}
