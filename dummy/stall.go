package dummy

import (
	"fmt"
	"slices"
	"time"

	"dummyload/monitor"
)

// stallScans is how many scans in a row, a second's worth, must find a worker without an answer
// before it calls itself starved: more where answers may take longer (see slowAnswer). Scans
// are counted and not time: when the tester itself was stopped for a while (with the bundled server
// in the same process, say) that is one scan.
const stallScans = int(time.Second / scanEvery)

// hunger is how long a worker has not received anything. The present walk over its dummies says
// whether all of them starve, and since when: connections that got stuck one after the other, or
// a few that are left over at the end of a drain, are no server that stands still.
type hunger struct {
	heard    bool          // something was received since the last scan
	ever     bool          // something was received at all
	unheard  int           // scans in a row with nothing received
	starving int           // of them, those with echoes outstanding all along
	since    time.Duration // when starving began
	heardAt  time.Duration // of the scan that found that something was received
	patience int           // stallScans, or more

	// The present walk.
	up     int           // connections
	owed   int           // of them, those with echoes outstanding
	oldest time.Duration // when the oldest of those echoes was due
}

// sees adds a connection that is up to the walk.
func (h *hunger) sees(d *dummy) {
	h.up++
	if d.wait == 0 {
		return
	}
	due := d.timeOf(d.stream.oldest(d.assigned))
	if h.owed++; h.owed == 1 || due < h.oldest {
		h.oldest = due
	}
}

// all reports whether every connection of the walk has been owed an echo since the same instant.
// What was answered last may have taken echoTimeout, and when that was, a worker knows to one
// scan's interval.
func (h *hunger) all(echoTimeout time.Duration) bool {
	return h.up > 0 && h.owed == h.up && h.oldest+echoTimeout+scanEvery >= h.heardAt
}

// scanned is called once for each walk over all dummies; an answer may take slow.
func (h *hunger) scanned(starved bool, now, slow time.Duration) {
	h.patience = max(stallScans, int(slow/scanEvery))
	h.up, h.owed = 0, 0
	h.unheard++
	if h.heard {
		h.unheard, h.heardAt = 0, now
	}
	if h.heard || !starved {
		h.starving = 0
	} else if h.starving++; h.starving == 1 {
		h.since = now
	}
	h.heard = false
}

func (h *hunger) publish(t *tidings) {
	t.everHeard = h.ever
	t.unheard = h.unheard >= max(h.patience, 1)
	t.starved, t.starvedSince = false, 0
	if t.unheard && h.starving >= h.patience {
		t.starved, t.starvedSince = true, h.since
	}
}

// stall is a silence of the whole server.
type stall struct {
	on    bool
	since time.Duration
	name  string
	new   bool // nothing was ever heard before
}

// watchStall names a server that has fallen silent on all connections at once, or never said a
// word, and tells when it answers again. f.mu is held.
func (f *Fleet) watchStall(all []tidings, now time.Duration) {
	starved, silent, ever := true, true, false
	since := never
	var up uint64
	for i := range all {
		t := &all[i]
		up += t.up
		ever = ever || t.everHeard
		silent = silent && t.unheard
		if t.starved {
			since = min(since, t.starvedSince)
		}
		starved = starved && (t.starved || t.up == 0)
	}
	switch {
	case f.stall.on && !silent && f.stall.new:
		// How fast it is when all is well is not known: it may just be slow.
		f.stall.on = false
		f.diagnoses = slices.DeleteFunc(f.diagnoses, func(d monitor.Diagnosis) bool {
			return d.Name == f.stall.name
		})
		f.event("server answers, the first time after %v",
			(now - f.stall.since).Round(10*time.Millisecond))
	case f.stall.on && !silent:
		f.stall.on = false
		took := (now - f.stall.since).Round(10 * time.Millisecond)
		f.diagnoses[f.diagnosis(f.stall.name)].Why += fmt.Sprintf("; recovered after %v", took)
		d := &f.diagnoses[f.diagnosis(monitor.Recovered)]
		d.Connections = max(d.Connections, int(up))
		d.Why = fmt.Sprintf("all answered again after %v", took)
		f.event("server answers again, recovered after %v", took)
	case !f.stall.on && starved && silent && up > 0:
		name, why := "server_stalled", "no byte on any connection since the same instant"
		if !ever {
			name, why = "never_served", "connects succeed, and no byte ever came back"
		}
		f.dropRecovered() // not any more
		f.stall = stall{on: true, since: since, name: name, new: !ever}
		d := &f.diagnoses[f.diagnosis(name)] // the last stall is the one told of
		d.Connections = max(d.Connections, int(up))
		d.Why = fmt.Sprintf("%s (%v after the start)", why, since.Round(time.Millisecond))
		f.event("%s: %s", name, why)
	}
}
