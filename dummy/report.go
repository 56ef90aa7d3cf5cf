package dummy

import (
	"cmp"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// histograms are a worker's own. With each report it hands them over whole and goes on with
// empty ones.
type histograms struct {
	rtt, connect, lag *monitor.Histogram

	// The round trips in which the worker was held up are not in rtt but in these two: as they
	// were measured, and without that time. Both are nil until there is one.
	held, freed *monitor.Histogram
}

func newHistograms() *histograms {
	return &histograms{
		rtt: monitor.NewHistogram(), connect: monitor.NewHistogram(), lag: monitor.NewHistogram(),
	}
}

func (h *histograms) reset() {
	h.connect.Reset()
	h.resetEchoes()
}

func (h *histograms) resetEchoes() {
	h.rtt.Reset()
	h.lag.Reset()
	if h.held != nil {
		h.held.Reset()
		h.freed.Reset()
	}
}

// recordHeld takes a round trip in which the worker was held up.
func (h *histograms) recordHeld(measured, freed time.Duration) {
	if h.held == nil {
		h.held, h.freed = monitor.NewHistogram(), monitor.NewHistogram()
	}
	h.held.Record(measured)
	h.freed.Record(freed)
}

// heldUp reports whether the worker was held up in any round trip.
func (h *histograms) heldUp() bool { return h.held != nil && h.held.Count() > 0 }

// wanted is what a report is to contain besides the counters.
type wanted struct {
	owed     int  // at most so many lines of what is owed; -1 = all
	fairness bool // echoes by client
}

// report is all that a worker knows at the end of one batch, so that it is consistent.
type report struct {
	count     counters
	past      past // before the last Reset
	hists     *histograms
	evidence  []monitor.Evidence // new ones
	owed      []monitor.Owed
	listed    bool     // owed is all that was asked for: the worker drains, or has drained
	answered  []uint64 // echoes of each client
	silent    uint64
	meeting   meeting
	pending   int           // dummies that are not up yet, see status
	cpu, at   time.Duration // the thread's processor time, and when it was read
	idle      time.Duration // see awake
	behind    time.Duration // see behindNow
	held      time.Duration // while Echo was on
	heldDrain time.Duration // since STOP
}

// report hands over what the worker has; it goes on with the empty histograms given.
func (w *worker) report(empty *histograms, want wanted) *report {
	w.count.balance()
	w.countOff()
	r := &report{
		count: w.count, past: w.past, hists: w.hists, evidence: w.findings.evidence,
		cpu: iocp.ThreadCPU(), at: w.fleet.clock(), idle: w.idle,
		behind: w.behindNow(w.now()), pending: w.status.unsettled,
		held: w.held.echo, heldDrain: w.held.drain, meeting: w.meeting,
	}
	w.slowest = max(w.slowest, w.hists.rtt.Max())
	w.tellSlowest()
	w.hists, w.findings.evidence = empty, nil
	if w.mode == draining {
		r.owed, r.listed = w.owedLines(want.owed), true
	}
	if want.fairness {
		r.answered, r.silent = w.fairness()
	}
	return r
}

// owedLines names what is owed, a line for each row of sequences, the oldest first; all of it with
// most < 0.
func (w *worker) owedLines(most int) []monitor.Owed {
	switch {
	case most == 0:
		return nil
	case most < 0 && w.list.of == w.count.ledger && w.now()-w.list.at < listFresh:
		return w.list.lines
	}
	lines := slices.Clone(w.kept.lines)
	for slot := range w.slots() {
		if d := w.at(slot); d.wait > 0 {
			lines = w.linesOf(lines, d)
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
		w.list = owedList{w.count.ledger, w.now(), lines}
	}
	return lines
}

// owedList is the whole list of what is owed. It is long where a server has got stuck, and is asked
// for with each snapshot: it is made again when an echo is accounted for, and for the ages once in
// a while.
type owedList struct {
	of    monitor.Ledger
	at    time.Duration
	lines []monitor.Owed // not changed
}

const listFresh = time.Second

// linesOf adds what one connection is owed.
func (w *worker) linesOf(lines []monitor.Owed, d *dummy) []monitor.Owed {
	w.spans = d.stream.Owed(w.spans[:0], d.assigned)
	for _, s := range w.spans {
		lines = append(lines, monitor.Owed{
			Client: int(d.Client), Connection: d.Number,
			First: s.First, Last: s.Last, Count: int(s.Last - s.First + 1),
			Age: w.now() - d.timeOf(s.First),
		})
	}
	return lines
}

// sortOwed puts the oldest first.
func sortOwed(lines []monitor.Owed) {
	slices.SortStableFunc(lines, func(a, b monitor.Owed) int { return cmp.Compare(b.Age, a.Age) })
}

func (w *worker) fairness() (answered []uint64, silent uint64) {
	answered = make([]uint64, w.wanted)
	for slot := range answered {
		d := w.at(slot)
		answered[slot] = d.answered
		if d.answered == 0 && d.is(everSent) {
			silent++
		}
	}
	return answered, silent
}
