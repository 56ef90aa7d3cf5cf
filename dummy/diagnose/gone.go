package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Losses are held back for as long as it takes to tell a server that closes connections from a
// server that is gone: more than half of all connections are lost, and a redial was refused. A
// system takes its time to end a process with thousands of sockets, and closes them in any order:
// a redial may still be taken by a listener that nobody listens on any more. So the losses are
// gathered for goneWithin, and judged to be single ones only when redialWithin is over.
const (
	goneWithin   = 100 * time.Millisecond
	redialWithin = time.Second
)

// gone is a server that is gone.
type gone struct {
	on         bool
	since      time.Duration
	before     uint64 // connections until then
	lost, owed uint64 // connections and echoes, of every time that it was
}

// LossVerdict is what became of losses.
type LossVerdict struct {
	Decided bool
	Gone    bool          // they are no faults one by one: the server is gone
	Number  uint64        // of the judgement; the workers tell which they have taken
	Again   time.Duration // where it is not decided: when to look again, or Never
}

// JudgeLosses decides what held losses are: faults one by one, or a server that is gone. At the end of the
// run it decides by what is known.
func (o *Outages) JudgeLosses(all []Seen, now time.Duration, atEnd bool) LossVerdict {
	var lost, up, owed uint64
	var refused bool
	since := Never
	for i := range all {
		s := &all[i]
		if s.LossesJudged != o.judged {
			return LossVerdict{Again: Never} // the last one is still on its way, and what it is about still told
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
	// What is lost while a server is gone was taken by a listener that nobody listened on any more.
	gone := 2*lost > lost+up && refused || o.gone.on
	switch {
	case atEnd:
	case now < since+goneWithin:
		o.judgeAt = since + goneWithin
		return LossVerdict{Again: o.judgeAt}
	case !gone && now < since+redialWithin:
		o.judgeAt = min(now+goneWithin, since+redialWithin) // nobody tells of one more loss
		return LossVerdict{Again: o.judgeAt}
	case !gone && o.judgeAt > 0 && now-o.judgeAt > HeldUp:
		o.judgeAt = now + goneWithin // it was not the server's time: nobody has redialed yet
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

// isGone names a server that is gone. What it took along is counted in the ledger and among the
// connections, but not as faults one by one, and that is said.
func (o *Outages) isGone(why string, lost, owed, before uint64, since time.Duration) {
	o.drop(monitor.Recovered) // not any more
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

// Return tells when a server that was gone is back: most of the connections of then are up again. It
// says when it must look again, or Never: nobody tells of one more connection.
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
