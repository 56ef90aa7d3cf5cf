package dummy

import (
	"cmp"
	"slices"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
	"dummyload/server/iocp"
)

// request is what a report is to contain besides the counters.
type request struct {
	owed     int  // at most so many lines of what is owed; -1 = all
	fairness bool // echoes by client
}

// report is all that a worker knows at the end of one batch, so that it is consistent. Its histograms
// and its evidence are what came since the report before; PerClient is nil where nobody asked.
type report struct {
	monitor.Tally
	signs   diagnose.Counts
	listed  bool // Owed is all that was asked for: the worker drains, or has drained
	first   firstBytes
	lengths diagnose.Lengths
	cpu, at time.Duration // the thread's processor time, and when it was read
	slept   time.Duration // see woke
}

// report hands over what the worker has; it goes on with the empty histograms given.
func (w *worker) report(empty *monitor.Tally, want request) *report {
	w.count.balance()
	w.countOff(w.mode == echoing)
	r := &report{Tally: *w.hists, signs: w.count.signs, first: w.first, lengths: w.lengths,
		cpu: iocp.ThreadCPU(), at: w.fleet.clock(), slept: w.slept}
	r.Counts, r.Before, r.Evidence = w.count.Counts, w.past, w.findings.evidence
	r.Parts, w.endedParts = w.endedParts, nil
	r.Settling = w.status.unsettled
	r.Generator = monitor.Generator{Workers: 1, Behind: w.behindNow(w.now()),
		HeldUp: monitor.Millis(w.held.echo), HeldUpDraining: w.held.drain}
	w.slowest = w.slowestYet()
	w.tellSlowest()
	w.hists, w.findings.evidence = empty, nil
	if w.mode == draining {
		r.Owed, r.listed = w.owedLines(want.owed), true
	}
	if want.fairness {
		r.PerClient, r.Silent = w.fairness()
	}
	return r
}

// owedLines names what is owed, a line for each row of sequences, the oldest first; all of it with
// most < 0.
func (w *worker) owedLines(most int) []monitor.Owed {
	switch {
	case most == 0:
		return nil
	case most < 0 && w.owedList.of == w.count.Ledger && w.now()-w.owedList.at < listFresh:
		return w.owedList.lines
	}
	lines := slices.Clone(w.stillOwed.lines)
	for slot := range w.slots() {
		if d := w.at(slot); d.wait > 0 {
			lines = w.linesOf(lines, d, w.now())
		}
	}
	sortOwed(lines)
	if most > 0 && len(lines) > most {
		lines = lines[:most]
	}
	for i := range lines {
		if l := &lines[i]; l.Local == "" {
			l.Local = w.local(w.at(l.Client / w.fleet.cfg.Workers))
		}
	}
	if most < 0 {
		w.owedList = owedList{w.count.Ledger, w.now(), lines}
	}
	return lines
}

// owedList is the whole list of what is owed. It is long where a server is stuck, and each snapshot
// asks for it. So it is made again only when an echo was accounted for, or after listFresh, since the
// ages grow.
type owedList struct {
	of    monitor.Ledger
	at    time.Duration
	lines []monitor.Owed // not changed
}

const listFresh = time.Second

// linesOf adds what one connection is owed.
func (b *books) linesOf(lines []monitor.Owed, d *dummy, now time.Duration) []monitor.Owed {
	b.spans = d.stream.Owed(b.spans[:0], d.assigned)
	for _, s := range b.spans {
		lines = append(lines, monitor.Owed{
			Client: int(d.Client), Connection: d.Number,
			First: s.First, Last: s.Last, Count: int(s.Last - s.First + 1),
			Age: now - d.timeOf(s.First),
		})
	}
	return lines
}

// sortOwed puts the oldest first.
func sortOwed(lines []monitor.Owed) {
	slices.SortStableFunc(lines, func(a, b monitor.Owed) int { return cmp.Compare(b.Age, a.Age) })
}

// fairness is how many echoes each client got, and how many got none although they had asked.
func (w *worker) fairness() (echoes *monitor.Histogram, silent uint64) {
	echoes = monitor.NewHistogram()
	for slot := range w.wanted {
		d := w.at(slot)
		echoes.Record(time.Duration(d.answered))
		if d.answered == 0 && d.is(everSent) {
			silent++
		}
	}
	return echoes, silent
}
