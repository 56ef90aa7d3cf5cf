package dummy

import (
	"slices"
	"time"

	"dummyload/monitor"
)

// closeBooks adds what the worker has counted since the last Reset to what it counted before, as
// another Reset comes: the verdict is over the whole run, and a fault does not end with the books that
// it was counted in. What is outstanding counts as sent since, and evidence is told at once but for
// that which no report has taken yet.
func (w *worker) closeBooks() {
	w.count.balance()
	c := w.count.Counts
	c.Ledger.Sent -= c.Ledger.Wait
	c.Ledger.Wait, c.Connections.Now, c.Connections.Peak = 0, 0, 0
	var all monitor.Tally // made anew: a report may still have the old one
	all.Merge(&monitor.Tally{Before: w.past})
	all.Merge(&monitor.Tally{Before: &monitor.Before{Ledger: c.Ledger, Faults: c.Faults,
		Connections: monitor.Made{Connections: c.Connections}, Evidence: w.findings.evidence}})
	w.past = all.Before
}

// everAsked reports whether anything was ever sent.
func (w *worker) everAsked() bool {
	return w.count.Ledger.Sent > 0 || w.past != nil && w.past.Ledger.Sent > 0
}

// earlier is what the fleet knows of the time before the last Reset beside the workers' pasts.
type earlier struct {
	resets    uint64
	ticket    monitor.Ticket // of the last
	at        time.Duration  // of the last
	echoOn    time.Duration
	diagnoses []monitor.Diagnosis
}

// before is what the fleet knows of the time before the last Reset, nil when there was none. f.mu is
// held.
func (f *Fleet) before() *monitor.Before {
	e := &f.earlier
	if e.resets == 0 {
		return nil
	}
	return &monitor.Before{At: f.began.Add(e.at), Uptime: monitor.Millis(e.at), Resets: e.resets,
		EchoOn: e.echoOn, Evidence: f.totals.first, HostileConnected: f.crowd.before.Connected}
}

// lastOfEach is a list with one diagnosis of each name, the last.
func lastOfEach(lists ...[]monitor.Diagnosis) []monitor.Diagnosis {
	var all []monitor.Diagnosis
	for _, d := range slices.Concat(lists...) {
		all = slices.DeleteFunc(all, func(o monitor.Diagnosis) bool { return o.Name == d.Name })
		all = append(all, d)
	}
	return all
}
