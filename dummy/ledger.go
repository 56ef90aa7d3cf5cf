package dummy

import (
	"time"

	"dummyload/monitor"
)

// abandon closes the books of a connection that the dummy itself ends: what is unanswered is
// abandoned, but for what was overtaken, which is proved missing.
func (w *worker) abandon(d *dummy) {
	j := w.judgement(d)
	d.stream.Closing(j)
	d.stream.Settle(j)
	w.count.Ledger.Abandoned += w.writeOff(d)
}

// loseUnanswered closes the books of a connection that the server ended.
func (w *worker) loseUnanswered(d *dummy) {
	j := w.judgement(d)
	d.stream.Ended(j)
	d.stream.Settle(j)
	w.count.Ledger.Lost += w.writeOff(d)
}

// writeOff takes what is still owed on a connection out of its books.
func (w *worker) writeOff(d *dummy) uint64 {
	n := w.books.writeOff(d, func() []monitor.Owed {
		lines := w.linesOf(nil, d, w.now())
		for i := range lines {
			lines[i].Local = w.local(d)
		}
		return lines
	})
	w.maybeEmptied(d)
	return n
}

// maybeEmptied gives the ring of times back when nothing is outstanding that needs it, and
// notes when the whole worker has nothing left to wait for.
func (w *worker) maybeEmptied(d *dummy) {
	if d.wait == 0 && d.times != nil && (w.mode != echoing || w.load.OverSend == 1) {
		w.giveTimes(d)
	}
	w.empty(w.now())
}

// keepTime notes when the echo just assigned is due. One outstanding echo has its place in the
// dummy; more of them take a ring, which grows with the span of what is outstanding.
func (b *books) keepTime(d *dummy, at time.Duration, window int) {
	seq := d.assigned
	if d.wait == 0 && d.times == nil && window == 1 {
		d.time = at
		return
	}
	oldest := d.stream.Oldest(seq)
	span := int(seq - oldest + 1)
	if d.times == nil || span > len(d.times.at) {
		b.growTimes(d, oldest, max(span, window))
	}
	d.times.put(seq, at)
}

func (b *books) growTimes(d *dummy, oldest uint64, n int) {
	bigger := b.rings.take(n)
	if d.times != nil {
		bigger.copyFrom(d.times, oldest, d.assigned-1)
		b.rings.give(d.times)
	} else if d.wait == 1 {
		bigger.put(oldest, d.time)
	}
	d.times = bigger
}

func (b *books) giveTimes(d *dummy) {
	if d.times != nil {
		b.rings.give(d.times)
		d.times = nil
	}
}

// timeOf is when an outstanding echo was due.
func (d *dummy) timeOf(seq uint64) time.Duration {
	if d.times == nil {
		return d.time
	}
	return d.times.get(seq)
}
