package dummy

import (
	"time"

	"dummyload/monitor"
)

// endDraining ends the drain when Wait Echo Count is 0. It returns the deadline, after which
// giveUpDrain ends it.
func (f *Fleet) endDraining(all []status, now time.Duration) time.Duration {
	var wait, atStop int64
	var emptied time.Duration
	for i := range all {
		wait += all[i].wait
		atStop += all[i].atStop
		emptied = max(emptied, all[i].emptiedAt)
	}
	f.drain.AtStop = uint64(atStop)
	if wait > 0 {
		return f.since + f.cfg.DrainTimeout
	}
	f.drain.Elapsed = max(0, emptied-f.since)
	f.enter(monitor.Drained, now)
	f.event("drained in %v", f.drain.Elapsed.Round(10*time.Microsecond))
	return never
}

func (f *Fleet) drainIsOver() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.phase == monitor.Draining && f.clock() >= f.since+f.cfg.DrainTimeout
}

// giveUpDrain has every worker name what it is owed, and only then changes the phase: every
// snapshot from then on has all of it, also when none is taken before the fleet has ended.
func (f *Fleet) giveUpDrain() {
	f.collecting.Lock()
	defer f.collecting.Unlock()
	type left struct {
		owed    []monitor.Owed
		missing uint64
	}
	each := make(chan left, len(f.workers))
	asked := 0
	for _, w := range f.workers {
		if w.order(func(w *worker) {
			owed, missing := w.giveUpDrain()
			each <- left{owed, missing}
		}) {
			asked++
		}
	}
	var owed []monitor.Owed
	var missing uint64
	for range asked {
		l := <-each
		owed = append(owed, l.owed...)
		missing += l.missing
	}
	sortOwed(owed)
	f.totals.books.Owed = owed
	wait := 0
	for _, o := range owed {
		wait += o.Count
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase != monitor.Draining {
		return // closed meanwhile
	}
	now := f.clock()
	f.drain.Elapsed, f.drain.GaveUp, f.drain.Missing = now-f.since, true, missing
	f.drain.Owed = uint64(wait)
	phase := monitor.Undrained
	if wait == 0 {
		phase = monitor.Drained // what was left is proved missing: nothing is owed
	}
	f.enter(phase, now)
	f.event("GAVE UP the drain after %v: %s echoes are owed, %s are proved missing",
		f.cfg.DrainTimeout, monitor.Count(uint64(wait)), monitor.Count(missing))
}

// giveUpDrain ends a drain whose time is over. Echoes that were overtaken are proved missing. Each of
// the others counts as not drained and stays in Wait Echo Count. It returns all of those, however
// many there are, and how many were proved missing. From then on, until START, nothing but an answer
// lowers Wait Echo Count.
func (w *worker) giveUpDrain() (owed []monitor.Owed, missing uint64) {
	if w.mode != draining {
		return nil, 0
	}
	before := w.count.WaitUpDown
	w.ladder.noteBacklog()
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
