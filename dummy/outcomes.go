package dummy

import (
	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/monitor"
)

// outcomes enters what the verifier finds out into a worker's books. The books of a poked connection
// are closed (see climb).
type outcomes struct{ w *worker }

var _ verify.Outcome = outcomes{}

// judged is the dummy that an outcome is about.
func (o outcomes) judged(id verify.Ident) *dummy {
	return o.w.at(int(id.Client / uint32(o.w.fleet.cfg.Workers)))
}

// Echoed takes n right echoes.
func (o outcomes) Echoed(id verify.Ident, first, n uint64) {
	w := o.w
	d := o.judged(id)
	if d.is(poked) {
		w.ladder.came(d, first, n)
		return
	}
	for seq, end := first, first+n; seq < end; {
		at, same := d.timeOf(seq), seq+1
		for same < end && d.timeOf(same) == at { // those of one window were mostly due at once
			same++
		}
		took := w.roundTrips(at, same-seq)
		for ; took > w.fleet.cfg.EchoTimeout && seq < same; seq++ {
			if seq > d.lateUpTo {
				w.late(d, seq)
			}
		}
		seq = same
	}
	if d.State() == conn.Closing {
		w.count.signs.FINs.Answered += n
	}
	for seq := first; !w.lengths.Whole && seq < first+n; seq++ {
		w.lengths.Whole = w.fleet.pattern.AnswerSize(id, seq) > verify.MinSize
	}
	w.books.echoed(d, n)
	w.maybeEmptied(d)
}

// Lost takes n echoes that will not come any more.
func (o outcomes) Lost(id verify.Ident, _, n uint64) {
	w := o.w
	d := o.judged(id)
	if d.is(poked) {
		return
	}
	w.books.missed(d, n)
	w.maybeEmptied(d)
}

// Recovered takes an echo that was counted lost and came after all.
func (o outcomes) Recovered(id verify.Ident, _ uint64) {
	w := o.w
	if d := o.judged(id); !d.is(poked) {
		w.recovered(d)
	}
}

// Fault takes a fault that the verifier has found in a stream.
func (o outcomes) Fault(id verify.Ident, ev *monitor.Evidence) {
	w := o.w
	d := o.judged(id)
	if d.is(poked) {
		return // its books are closed: what is owed was counted, and the poke is not of the run
	}
	if d.is(lost) && ev.Fault == monitor.Truncated {
		w.noteLostFault(d, ev.Fault, *ev) // a server that is gone may have been in mid-frame
		return
	}
	w.lengths.Note(ev)
	w.blame(d, ev.Fault, *ev)
}

// Ignored takes a packet that the description of the frame ignores: it was to be expected.
func (o outcomes) Ignored(id verify.Ident) {
	o.w.count.Packets.Ignored++
	o.judged(id).junk = 0
}

// Broken notes that the connection must be closed; that is done when Feed has returned.
func (o outcomes) Broken(id verify.Ident) { o.judged(id).set(hopeless) }
