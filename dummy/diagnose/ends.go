package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Servers close connections for reasons of their own, and not by mistake: a client was silent for
// too long, or it was one too many, or it never sent the heartbeat that is due. Such closes have a
// pattern. If all closes have it, the pattern is told in place of closed_healthy, which is about
// connections closed by mistake.
const (
	idleLeast = time.Second // no server has a shorter timeout
	// idleSpread is how far apart the times of one timeout may lie, as a share of the longest.
	// They may always lie a second apart, as a server looks at its clock only now and then.
	idleSpread = 0.1
	crossing   = 100 * time.Millisecond // an echo so young has crossed the server's close
	youngMost  = time.Second            // a connection that is one too many is closed soon
	limitLeast = 3                      // closes that make a limit
	ageLeast   = 2                      // closes that make an age
)

// End is a connection that the server has just closed.
type End struct {
	Now      time.Duration
	Since    time.Duration // when it came up
	HeardAt  time.Duration // when it last brought something, 0 for never
	SentAt   time.Duration // when something was last sent on it
	Astray   bool          // a step of its session failed, and the dummy went on
	Owed     bool          // echoes are owed on it
	Oldest   time.Duration // when the oldest of them was due
	Answered bool          // its dummy got an answer since START, on whatever connection
	Asked    bool          // some dummy has sent something in this run
	Others   uint64        // other connections that are up
}

// Ends counts the connections that the server has closed, by what they have in common.
type Ends struct {
	idle     uint64 // closed when the dummy had sent nothing for a while, however much it was sent
	owing    uint64 // of these: echoes were owed
	crossed  uint64 // closed just as the dummy sent again: how long it had sent nothing is not known
	shortest time.Duration
	longest  time.Duration
	young    uint64 // closed soon after they were made, of dummies that never got an answer
	others   uint64 // connections that were up then, at least
	aged     uint64 // closed when they had been up for a while
	youngest time.Duration
	oldest   time.Duration
	astray   uint64 // closed after a step of the session had failed
}

// Add adds another worker's.
func (e *Ends) Add(o *Ends) {
	if o.idle > 0 {
		if e.idle == 0 || o.shortest < e.shortest {
			e.shortest = o.shortest
		}
		e.longest = max(e.longest, o.longest)
	}
	e.idle += o.idle
	e.owing += o.owing
	e.crossed += o.crossed
	e.astray += o.astray
	e.young += o.young
	e.others += o.others
	if o.aged > 0 {
		if e.aged == 0 || o.youngest < e.youngest {
			e.youngest = o.youngest
		}
		e.oldest = max(e.oldest, o.oldest)
	}
	e.aged += o.aged
}

// Note takes one. It reports true if that is no fault: no dummy has sent anything, and the server
// has closed a connection that was idle for a while. It is dialed again.
func (e *Ends) Note(x End) (forgiven bool) {
	crossed := x.Owed && x.Now-x.Oldest < crossing
	idle := x.Now - max(x.SentAt, x.Since)
	if crossed {
		idle = x.Now - max(x.HeardAt, x.Since)
	}
	gone := idle >= idleLeast
	if gone && !x.Asked {
		return true
	}
	e.noteAge(x.Now - x.Since)
	switch {
	case x.Astray:
		e.astray++
	case gone:
		if e.idle == 0 || idle < e.shortest {
			e.shortest = idle
		}
		e.longest = max(e.longest, idle)
		e.idle++
		if x.Owed && !crossed {
			e.owing++
		}
	case !x.Answered && x.Now-x.Since < youngMost && x.Others > 0:
		if e.young == 0 || x.Others < e.others {
			e.others = x.Others
		}
		e.young++
	case crossed:
		e.crossed++
	}
	return false
}

// noteAge takes the age of one.
func (e *Ends) noteAge(age time.Duration) {
	if age < idleLeast {
		return
	}
	if e.aged == 0 || age < e.youngest {
		e.youngest = age
	}
	e.oldest = max(e.oldest, age)
	e.aged++
}

// alike reports whether two times may be of one timeout.
func alike(shortest, longest time.Duration) bool {
	return longest-shortest <= max(time.Second, time.Duration(idleSpread*float64(longest)))
}

// closes says what the closes by the server have in common, if they are all that it did wrong.
func (f *Facts) closes(dst []cause) []cause {
	n := f.Faults[monitor.ClosedByServer] + f.Faults[monitor.ResetByServer]
	if n == 0 {
		return dst
	}
	e := &f.Ends
	well := n - min(n, e.astray)
	dst = add(dst, monitor.ClosedHealthy, well,
		"%d connections were closed or reset by the server, on which no dummy did anything wrong", well)
	if !f.Foreign || !f.right(monitor.ClosedByServer, monitor.ResetByServer, monitor.NotDrained) {
		return dst
	}
	if e.idle+e.crossed >= n && e.crossed <= e.idle && alike(e.shortest, e.longest) {
		dst = add(dst, monitor.IdleTimeout, n, "%d connections were closed by the server after %s without a "+
			"byte from the dummy%s: %s, or has it an idle timeout?", n, between(e.shortest, e.longest),
			e.whileOwing(), f.heartbeat())
	}
	if e.young >= n && n >= limitLeast {
		dst = add(dst, monitor.SessionLimit, n,
			"%d connections were closed by the server as soon as they were made, with %d others up: "+
				"a limit of sessions?", n, e.others)
	}
	if e.aged >= n && n >= max(ageLeast, f.Peak) && alike(e.youngest, e.oldest) {
		dst = add(dst, monitor.AgeLimit, n, "%d connections were closed by the server %s after they were made, "+
			"although echoes went on: %s?", n, between(e.youngest, e.oldest), f.heartbeat())
	}
	return dst
}

// between says how far apart two times are, to a tenth of a second.
func between(from, to time.Duration) string {
	from, to = from.Round(100*time.Millisecond), to.Round(100*time.Millisecond)
	if from == to {
		return "about " + to.String()
	}
	return fmt.Sprintf("%v to %v", from, to)
}

// whileOwing adds that the server owed echoes on some of the connections that it closed.
func (e *Ends) whileOwing() string {
	if e.owing == 0 {
		return " (and with nothing outstanding)"
	}
	return fmt.Sprintf(" (on %d of them it owed echoes)", e.owing)
}

// heartbeat asks for the one that a server may want.
func (f *Facts) heartbeat() string {
	if f.Format != nil && f.Format.Heartbeat != nil {
		return fmt.Sprintf("does it want a heartbeat sooner than every %v", f.Format.Heartbeat.Every)
	}
	return "does it want a heartbeat (the frame has none)"
}
