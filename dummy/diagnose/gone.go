package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// A server may close connections, or it may be gone. It is gone if more than half of all connections
// are lost and a redial was refused. Losses are held back until this is known. A system needs time to
// end a process with thousands of sockets, and closes them in any order: it may still take a redial
// although the process no longer listens. So the losses are collected for goneWithin, and count as
// single ones only when redialWithin is over.
const (
	goneWithin   = 100 * time.Millisecond
	redialWithin = time.Second
)

// gone is about a server that is gone.
type gone struct {
	on         bool
	since      time.Duration
	before     uint64 // connections up until then
	lost, owed uint64 // connections and echoes lost, summed over all times that the server was gone
}

// LossVerdict is what JudgeLosses has decided.
type LossVerdict struct {
	Decided bool
	Gone    bool          // the server is gone: the losses are no faults one by one
	Number  uint64        // of the judgement; the workers say which one they have taken
	Again   time.Duration // if it is not decided: when to look again, or Never
}

// JudgeLosses decides what held losses are: faults one by one, or a server that is gone. At the end
// of the run it decides by what is known.
func (o *Outages) JudgeLosses(all []Seen, now time.Duration, atEnd bool) LossVerdict {
	var lost, up, owed uint64
	var refused bool
	since := Never
	for i := range all {
		s := &all[i]
		if s.LossesJudged != o.judged {
			return LossVerdict{Again: Never} // it has not taken the last verdict: its losses are old
		}
		up += s.Up
		if s.Lost > 0 {
			lost += s.Lost
			owed += s.LostOwed
			since = min(since, s.LostSince)
			refused = refused || s.Refused
		}
	}
	if lost == 0 {
		return LossVerdict{Again: Never}
	}
	// A connection that is lost while the server is gone was taken by the system of an ended process.
	gone := 2*lost > lost+up && refused || o.gone.on
	switch {
	case atEnd:
	case now < since+goneWithin:
		o.judgeAt = since + goneWithin
		return LossVerdict{Again: o.judgeAt}
	case !gone && now < since+redialWithin:
		o.judgeAt = min(now+goneWithin, since+redialWithin) // a further loss does not call this again
		return LossVerdict{Again: o.judgeAt}
	case !gone && o.judgeAt > 0 && now-o.judgeAt > HeldUp:
		o.judgeAt = now + goneWithin // the tester was held up: nobody has redialed yet
		return LossVerdict{Again: o.judgeAt}
	}
	o.judged, o.judgeAt = o.judged+1, 0
	if gone {
		why := fmt.Sprintf("%d of %d connections lost within %v, and a redial refused",
			lost, lost+up, max(now-since, goneWithin).Round(time.Millisecond))
		o.event("server gone: %s", why)
		o.isGone(why, lost, owed, lost+up, since)
	}
	return LossVerdict{Decided: true, Gone: gone, Number: o.judged, Again: Never}
}

// isGone names a server that is gone. The ledger and the counts of connections have what was lost
// with it, but it does not count as faults one by one. The diagnosis says so.
func (o *Outages) isGone(why string, lost, owed, before uint64, since time.Duration) {
	o.drop(monitor.Recovered) // it is true no longer
	g := &o.gone
	if !g.on {
		g.on, g.since, g.before = true, since, before
	}
	g.lost += lost
	g.owed += owed
	d := o.of(monitor.ServerGone)
	d.Connections = int(g.lost)
	d.Why = fmt.Sprintf("%s (%s connections with %s unanswered echoes, lost with the server: not "+
		"counted as faults one by one)", why, monitor.Count(g.lost), monitor.Count(g.owed))
}

// Return finds out whether a server that was gone is back: at least half of the earlier connections
// are up again. It returns when it must be called again, or Never. It must be called by the clock,
// as one more connection does not call it.
func (o *Outages) Return(all []Seen, now time.Duration) time.Duration {
	if !o.gone.on {
		return Never
	}
	again := now + goneWithin
	var up uint64
	for i := range all {
		up += all[i].Up
		if all[i].LossesJudged != o.judged {
			return again
		}
	}
	if 2*up < o.gone.before || up == 0 {
		return again
	}
	o.gone.on = false
	took := (now - o.gone.since).Round(10 * time.Millisecond)
	o.event("server is back after %v: %s connections are up", took, monitor.Count(up))
	o.recovered(up, "a server that was gone came back", took)
	return Never
}
