package dummy

import (
	"slices"
	"time"

	"dummyload/monitor"
)

// past is what a worker counted before the last Reset. The verdict is over the whole run, and a
// fault does not end with the page that it was counted on.
type past struct {
	counters
	evidence []monitor.Evidence // not told yet at a Reset: the first of each fault
}

// close adds a page that ends. What is outstanding counts as sent on the next one.
func (p *past) close(c counters, evidence []monitor.Evidence) {
	c.ledger.Sent -= uint64(c.wait)
	c.ledger.Wait, c.wait = 0, 0
	c.conns.Now, c.conns.Peak = 0, 0
	p.add(&c)
	p.evidence = firstOfEach(p.evidence, evidence)
}

// firstOfEach is a list with at most one line for each fault, the first; it shares no memory that
// either list may yet be appended to.
func firstOfEach(lists ...[]monitor.Evidence) []monitor.Evidence {
	var kept [monitor.NumFaults]bool
	var all []monitor.Evidence
	for _, e := range slices.Concat(lists...) {
		if !kept[e.Fault] {
			kept[e.Fault] = true
			all = append(all, e)
		}
	}
	return all
}

// earlier is what the fleet knows of the time before the last Reset beside the workers' pasts.
type earlier struct {
	resets    uint64
	ticket    monitor.Ticket // of the last
	at        time.Duration  // of the last
	echoOn    time.Duration
	diagnoses []monitor.Diagnosis
}

// before fills in what came before the last Reset, nil when there was none. f.mu is held.
func (f *Fleet) before(s *monitor.View) {
	e := &f.earlier
	if e.resets == 0 {
		return
	}
	s.Before = &monitor.Before{At: f.began.Add(e.at), Uptime: monitor.Millis(e.at), Resets: e.resets,
		EchoOn: e.echoOn, Diagnoses: f.totals.diagnosed, Evidence: f.totals.first}
	s.Before.HostileConnected = f.crowd.before.Connected
}

// addPast adds one worker's.
func addPast(b *monitor.Before, p *past) {
	if b == nil {
		return
	}
	b.Ledger.Add(p.ledger)
	for f, n := range p.faults {
		b.Faults[f] += n
	}
	b.Connections.Add(p.conns)
	b.Evidence = firstOfEach(b.Evidence, p.evidence)
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
