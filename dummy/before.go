package dummy

import (
	"slices"
	"time"

	"dummyload/monitor"
)

// past is what the fleet itself knows of the time before the last Reset. The rest is in its workers'
// books.
type past struct {
	resets    uint64
	ticket    monitor.Ticket // of the last Reset
	at        time.Duration  // of the last Reset
	echoOn    time.Duration  // in all before it
	diagnoses []monitor.Diagnosis
}

// closeBooks keeps what the fleet knows of the time up to now, for a Reset. f.mu is held.
func (f *Fleet) closeBooks() {
	p := &f.past
	p.resets, p.at = p.resets+1, f.clock()
	p.echoOn += f.echoOn
	if f.phase == monitor.Echoing {
		p.echoOn += p.at - f.since
	}
	p.diagnoses = lastOfEach(p.diagnoses, f.outages.Found())
}

// before is what the fleet knows of the time before the last Reset, nil when there was none. f.mu is
// held.
func (f *Fleet) before() *monitor.Before {
	p := &f.past
	if p.resets == 0 {
		return nil
	}
	return &monitor.Before{At: f.began.Add(p.at), Uptime: monitor.Millis(p.at), Resets: p.resets,
		EchoOn: p.echoOn, Evidence: f.totals.first, HostileConnected: f.crowd.before.Connected}
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
