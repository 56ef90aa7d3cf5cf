package diagnose

import "time"

// stallScans is how many scans in a row, a second's worth, must find a worker without an answer
// before it calls itself starved: more where answers may take longer (see SlowAnswer). Scans
// are counted and not time: when the tester itself was stopped for a while (with the bundled server
// in the same process, say) that is one scan.
const stallScans = int(time.Second / ScanEvery)

// Silence is how long a worker has not received anything. The present walk over its dummies says
// whether all of them starve, and since when: connections that got stuck one after the other, or
// a few that are left over at the end of a drain, are no server that stands still.
type Silence struct {
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

// Heard notes that something was received.
func (h *Silence) Heard() { h.heard, h.ever = true, true }

// Sees adds a connection that is up to the walk.
func (h *Silence) Sees() { h.up++ }

// SeesOwed adds one that is owed echoes, the oldest of which was due at a time.
func (h *Silence) SeesOwed(due time.Duration) {
	h.up++
	if h.owed++; h.owed == 1 || due < h.oldest {
		h.oldest = due
	}
}

// all reports whether every connection of the walk has been owed an echo since the same instant.
// What was answered last may have taken echoTimeout, and when that was, a worker knows to one
// scan's interval.
func (h *Silence) all(echoTimeout time.Duration) bool {
	return h.up > 0 && h.owed == h.up && h.oldest+echoTimeout+ScanEvery >= h.heardAt
}

// Walked ends a walk over all dummies; an answer may take slow. Who is leaving does not starve.
func (h *Silence) Walked(now, echoTimeout, slow time.Duration, leaving bool) {
	starved := !leaving && h.all(echoTimeout)
	h.patience = max(stallScans, int(slow/ScanEvery))
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

// Tell fills in what it has come to.
func (h *Silence) Tell(s *Seen) {
	s.EverHeard = h.ever
	s.Unheard = h.unheard >= max(h.patience, 1)
	s.Starved, s.StarvedSince = false, 0
	if s.Unheard && h.starving >= h.patience {
		s.Starved, s.StarvedSince = true, h.since
	}
}
