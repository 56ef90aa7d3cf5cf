package diagnose

import "time"

// stallScans is how many scans in a row, a second's worth, must find a worker without an answer
// before it is starved. It takes more scans if answers may take longer (see SlowAnswer). Scans are
// counted, and not time: when the tester itself stands still for a while, that is one scan.
const stallScans = int(time.Second / ScanEvery)

// Silence is how long a worker has received nothing. Each walk over its dummies finds out whether
// all of them starve, and since when. If connections get stuck one after the other, or a few are
// left over at the end of a drain, the server does not stand still.
type Silence struct {
	heard    bool          // something was received since the last scan
	ever     bool          // something was received at all
	unheard  int           // scans in a row with nothing received
	starving int           // of them, the last ones in which all connections were owed echoes
	since    time.Duration // when starving began
	heardAt  time.Duration // of the scan that found that something was received
	patience int           // scans until the worker is starved: stallScans, or more

	// The present walk.
	up     int           // connections
	owed   int           // of them, those with echoes outstanding
	oldest time.Duration // when the oldest of those echoes was due
}

// Heard notes that something was received.
func (h *Silence) Heard() { h.heard, h.ever = true, true }

// Sees adds a connection that is up to the walk.
func (h *Silence) Sees() { h.up++ }

// SeesOwed adds a connection that is owed echoes; due is when the oldest of them was due.
func (h *Silence) SeesOwed(due time.Duration) {
	h.up++
	if h.owed++; h.owed == 1 || due < h.oldest {
		h.oldest = due
	}
}

// all reports whether every connection of the walk has been owed an echo since the same instant. The
// last answer may have taken echoTimeout. The worker knows when it came only to within ScanEvery.
func (h *Silence) all(echoTimeout time.Duration) bool {
	return h.up > 0 && h.owed == h.up && h.oldest+echoTimeout+ScanEvery >= h.heardAt
}

// Walked ends a walk over all dummies. An answer may take slow. A worker that is leaving does not
// starve.
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

// Tell fills in what was found.
func (h *Silence) Tell(s *Seen) {
	s.EverHeard = h.ever
	s.Unheard = h.unheard >= max(h.patience, 1)
	s.Starved, s.StarvedSince = false, 0
	if s.Unheard && h.starving >= h.patience {
		s.Starved, s.StarvedSince = true, h.since
	}
}
