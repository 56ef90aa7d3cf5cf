package dummy

import (
	"fmt"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// counters are a worker's own, published as a copy in each report. Wait Echo Count is kept
// twice: WaitUpDown is counted up and down, Ledger.Wait is the difference and filled in by balance.
type counters struct {
	monitor.Counts
	signs diagnose.Counts // of what the faults may add up to
}

// balance fills in Ledger.Wait and panics unless every echo is accounted for.
func (c *counters) balance() {
	l := &c.Ledger
	l.Wait = l.Sent - l.Echoed - l.Abandoned - l.Lost
	if int64(l.Wait) != c.WaitUpDown {
		panic(fmt.Sprintf("dummy: Wait Echo Count is %d by difference (%+v) and %d by counting",
			int64(l.Wait), *l, c.WaitUpDown))
	}
}

// countOff adds what has come since echo went off. It goes off with STOP and is off before START.
func (w *worker) countOff() {
	if w.mode != echoing {
		w.count.EchoedOff += w.count.Ledger.Echoed - w.offFrom
	}
	w.offFrom = w.count.Ledger.Echoed
}

// reset begins to count anew. Connections stay, and what is outstanding, echoes as well as
// connects, counts as begun since.
func (c *counters) reset(dialing int) {
	*c = counters{Counts: monitor.Counts{
		Ledger:     monitor.Ledger{Sent: uint64(c.WaitUpDown)},
		WaitUpDown: c.WaitUpDown,
		Connections: monitor.Connections{
			Attempted: uint64(dialing), Now: c.Connections.Now, Peak: c.Connections.Now,
		},
	}}
}

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

// writeOff lowers Wait Echo Count by what is still owed on the connection, and says how much.
// After a drain that failed nothing is lowered, until the next START: what was owed then stays
// owed, and neither the server's close nor the last disconnect makes Wait Echo Count look like 0.
func (w *worker) writeOff(d *dummy) uint64 {
	n := uint64(d.wait)
	if w.keepOwed && n > 0 {
		w.kept.echoes += n
		from := len(w.kept.lines)
		w.kept.lines = w.linesOf(w.kept.lines, d)
		for i := range w.kept.lines[from:] {
			w.kept.lines[from+i].Local = w.local(d)
		}
	}
	d.wait = 0
	d.gone += n
	if w.keepOwed {
		return 0
	}
	w.count.WaitUpDown -= int64(n)
	w.maybeEmptied(d)
	return n
}

// kept is what is owed of connections that have ended after a drain that failed.
type kept struct {
	echoes uint64
	lines  []monitor.Owed
}

// dropKept is for the next START: what is owed of connections that are no more was lost.
func (w *worker) dropKept() {
	w.keepOwed = false
	w.count.WaitUpDown -= int64(w.kept.echoes)
	w.count.Ledger.Lost += w.kept.echoes
	w.kept = kept{}
}

// maybeEmptied gives the ring of times back when nothing is outstanding that needs it, and
// notes when the whole worker has nothing left to wait for.
func (w *worker) maybeEmptied(d *dummy) {
	if d.wait == 0 && d.times != nil && (w.mode != echoing || w.load.OverSend == 1) {
		w.giveTimes(d)
	}
	if w.count.WaitUpDown == 0 {
		w.emptiedAt = w.now()
	}
}

// keepTime notes when the echo just assigned is due. One outstanding echo has its place in the
// dummy; more of them take a ring, which grows with the span of what is outstanding. The span
// is more than Over Send only where echoes were overtaken; where it gets too long, those are
// taken for missing.
func (w *worker) keepTime(d *dummy, at time.Duration) {
	seq := d.assigned
	if d.wait == 0 && d.times == nil && w.load.OverSend == 1 {
		d.time = at
		return
	}
	oldest := d.stream.Oldest(seq)
	if seq-oldest >= uint64(spanMost*w.load.OverSend) {
		d.stream.Settle(w.judgement(d))
		oldest = d.stream.Oldest(seq)
	}
	span := int(seq - oldest + 1)
	if d.times == nil || span > len(d.times.at) {
		w.growTimes(d, oldest, max(span, w.load.OverSend))
	}
	d.times.put(seq, at)
}

func (w *worker) growTimes(d *dummy, oldest uint64, n int) {
	bigger := w.rings.take(n)
	if d.times != nil {
		bigger.copyFrom(d.times, oldest, d.assigned-1)
		w.rings.give(d.times)
	} else if d.wait == 1 {
		bigger.put(oldest, d.time)
	}
	d.times = bigger
}

func (w *worker) giveTimes(d *dummy) {
	if d.times != nil {
		w.rings.give(d.times)
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
