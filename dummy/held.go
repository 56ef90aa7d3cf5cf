package dummy

import "time"

// A worker is held up when it does nothing although it wants to: its thread, its process or the
// whole machine stands still, or a batch of its own takes long. What arrives meanwhile lies in the
// system and is not read. That time is the tester's and not the server's. The clock finds it: from one
// batch to the next there is time for the first of them and for the sleep that was asked for; more
// time is a hold.
const (
	heldKept = 8                      // how many holds are remembered
	lagLeast = 200 * time.Microsecond // a timer may be so late
	heldLong = 5 * time.Millisecond   // closed loop: a batch may take so long, as there is much to do
)

// hold is a time in which a worker was held up.
type hold struct{ from, to time.Duration }

// holds are those of one worker.
type holds struct {
	recent [heldKept]hold // a ring; one that follows another without a gap is made part of it
	n      int            // how many there were
	newest hold           // as it was found, its catching up left out
	until  time.Duration  // when the newest ended, its catching up included; 0 = there was none
	catch  time.Duration  // until when the tester may be catching up

	echo  time.Duration // in all while Echo was on
	drain time.Duration // in all since STOP
}

// add takes one more hold.
func (h *holds) add(x hold) {
	if h.n > 0 && x.from <= h.until {
		h.recent[(h.n-1)%heldKept].to = x.to
	} else {
		h.recent[h.n%heldKept] = x
		h.n++
	}
	h.newest, h.until = x, x.to
	h.catch = max(h.catch, x.to) + x.to - x.from
}

// since is how much of the time from at until now the worker was held up.
func (h *holds) since(at time.Duration) time.Duration {
	if at >= h.until {
		return 0 // as nearly always
	}
	var sum time.Duration
	for i := h.n - 1; i >= max(0, h.n-heldKept); i-- {
		x := h.recent[i%heldKept]
		if x.to <= at {
			break
		}
		sum += x.to - max(x.from, at)
	}
	return sum
}

// catchUp makes the newest hold last until now: what it made late is still being sent, and the
// server gets all of that at once. It does so no longer than the holds themselves took: a server
// that is too slow never lets the tester catch up.
func (h *holds) catchUp(now time.Duration) {
	if h.n > 0 && now < h.catch {
		h.until = now
		h.recent[(h.n-1)%heldKept].to = now
	}
}
