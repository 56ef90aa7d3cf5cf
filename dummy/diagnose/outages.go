package diagnose

import (
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
)

// Outages follows the server as a whole. The zero value has seen nothing.
//
//	up ──► silent on all connections at once ──► answers again ──► up, recovered
//	   ──► most connections lost, redial refused ──► most are up again ──► up, recovered
//
// Its methods take what each worker has seen, and the time. They return when they must be called
// again even if nothing changes.
type Outages struct {
	silent  silence
	gone    gone
	judged  uint64        // number of the last judgement of losses
	judgeAt time.Duration // when losses are looked at again; 0 when none are held
	found   []monitor.Diagnosis
	events  []string
}

// Found is what was diagnosed since Reset, one of each name.
func (o *Outages) Found() []monitor.Diagnosis { return slices.Clone(o.found) }

// Events are what has happened since the last call, a line each.
func (o *Outages) Events() []string {
	events := o.events
	o.events = nil
	return events
}

// Reset forgets what was diagnosed. An outage that goes on is told again.
func (o *Outages) Reset() {
	o.silent, o.gone, o.found = silence{}, gone{}, nil
}

func (o *Outages) event(format string, args ...any) {
	o.events = append(o.events, fmt.Sprintf(format, args...))
}

// of is the diagnosis with a name; it is added if there is none yet.
func (o *Outages) of(name string) *monitor.Diagnosis {
	for i := range o.found {
		if o.found[i].Name == name {
			return &o.found[i]
		}
	}
	o.found = append(o.found, monitor.Diagnosis{Name: name})
	return &o.found[len(o.found)-1]
}

// drop takes a diagnosis back.
func (o *Outages) drop(name string) {
	o.found = slices.DeleteFunc(o.found, func(d monitor.Diagnosis) bool { return d.Name == name })
}

// recovered names so many connections that are well again.
func (o *Outages) recovered(up uint64, why string, took time.Duration) {
	d := o.of(monitor.Recovered)
	d.Connections = max(d.Connections, int(up))
	d.Why = fmt.Sprintf("%s after %v", why, took)
}

// silence is about a server that says nothing on any connection.
type silence struct {
	on    bool
	since time.Duration
	name  string
	new   bool // nothing was ever heard before
}

// Listen names a server that has fallen silent on all connections at once, or never said anything.
// It also finds out when the server answers again.
func (o *Outages) Listen(all []Seen, now time.Duration) {
	starved, silent, ever := true, true, false
	since := Never
	var up uint64
	for i := range all {
		s := &all[i]
		up += s.Up
		ever = ever || s.EverHeard
		silent = silent && s.Unheard
		if s.Starved {
			since = min(since, s.StarvedSince)
		}
		starved = starved && (s.Starved || s.Up == 0)
	}
	took := (now - o.silent.since).Round(10 * time.Millisecond)
	switch {
	case o.silent.on && !silent && o.silent.new:
		// It may just be slow: nobody knows how fast it is when all is well.
		o.silent.on = false
		o.drop(o.silent.name)
		o.event("server answers, the first time after %v", took)
	case o.silent.on && !silent:
		o.silent.on = false
		o.of(o.silent.name).Why += fmt.Sprintf("; recovered after %v", took)
		o.recovered(up, "all answered again", took)
		o.event("server answers again, recovered after %v", took)
	case !o.silent.on && starved && silent && up > 0:
		name, why := monitor.ServerStalled, "no byte on any connection since the same instant"
		if !ever {
			name, why = monitor.NeverServed, "connects succeed, and no byte ever came back"
		}
		o.drop(monitor.Recovered) // it is true no longer
		o.silent = silence{on: true, since: since, name: name, new: !ever}
		d := o.of(name) // the last stall is the one told of
		d.Connections = max(d.Connections, int(up))
		d.Why = fmt.Sprintf("%s (%v after the start)", why, since.Round(time.Millisecond))
		o.event("%s: %s", name, why)
	}
}
