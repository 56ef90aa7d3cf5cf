package dummy

import (
	"slices"
	"time"

	"dummyload/monitor"
)

// past is what the fleet knows of the time before the last Reset beside the workers' pasts.
type past struct {
	resets    uint64
	ticket    monitor.Ticket // of the last
	at        time.Duration  // of the last
	echoOn    time.Duration
	diagnoses []monitor.Diagnosis
}

// closeBooks keeps what is known of the time up to now. f.mu is held.
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
