package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dummyload/monitor"
)

// The poke ladder finds out why a connection is stuck: it is still owed echoes after a drain that
// failed. Each such connection climbs the ladder by itself, when the fleet closes:
//
//	owed ──► one more echo is sent ──► PokeWait, and a look at the server's receive queue
//	              │
//	              ├─ in the backlog ──────────────────────────► accept_stalled
//	              ├─ what was owed comes out ─────────────────► send_wakeup_lost
//	              ├─ unread ──────────────────────────────────► receive_not_rearmed
//	              ├─ something else comes ────────────────────► wrong or lost, not stuck: no name
//	              └─ read, nothing comes ──► half-close ──FIN─► send_flag_stuck
//
// A slow server looks like a stuck one: what it owes comes out at some time, by chance after a poke.
// So nothing is concluded in these cases: the oldest owed echo may still be on its way (MayCome); the
// connection still brings bytes (Trickles); the server's receive queue gets shorter. Nor does a poke
// that lies unread prove anything if the server has never answered anybody: nobody knows how long
// its answers take.
//
// A server that had no descriptor left accepts as soon as the other dummies leave, and answers then:
// the poke has nothing to do with it. So the connections in the backlog are found before any dummy
// leaves. If the system does not show the backlog, nothing is concluded from a connection on which
// not a byte ever came.

// PokeWait is the time that a poke has to show an effect.
const PokeWait = 500 * time.Millisecond

// Queue is what the system says of the server's end of a connection. The zero value says nothing.
type Queue struct {
	Known    bool
	Accepted bool   // some process has the connection, or had it; before that it lies in the backlog
	Bytes    uint64 // that the server has not read
}

// Climb is one climb: what is known of the connection before the poke.
type Climb struct {
	Owed   uint64 // echoes
	Unread uint64 // bytes in the server's receive queue
	Slow   bool   // what is owed may still be on its way
	Served bool   // the server has accepted the connection

	more bool // it was given more time
}

// Late reports whether a climb gets its time again, as the tester was held up: the climb was to be
// over at the time at, and now it is much later. Each climb gets it once.
func (c *Climb) Late(at, now time.Duration) bool {
	if now-at <= HeldUp || c.more {
		return false
	}
	c.more = true
	return true
}

// After is what came of a poke within its time.
type After struct {
	Queue      Queue
	Backlogged bool // it lay in the backlog before anybody left
	Came       bool // something of what was owed came: an echo, or a part of the oldest
	Heard      bool // anything came
	Answers    bool // the server has ever answered anybody
}

// Rung is how far a climb has come.
type Rung uint8

const (
	Nothing    Rung = iota // nothing is concluded
	InBacklog              // nobody has accepted the connection, and nobody would read a FIN
	WakeupLost             // send_wakeup_lost
	Unread                 // the poke lies unread, but the server never answered: nothing is concluded
	NotRearmed             // receive_not_rearmed
	ReadInVain             // the poke was read and not answered: a FIN will tell more
)

// Read says how far a climb has come.
func (c *Climb) Read(a After) Rung {
	switch {
	case a.Queue.Known && !a.Queue.Accepted:
		return InBacklog
	case a.Backlogged: // and accepted since, because others have left
	case c.Slow:
	case c.Served && a.Came: // also if a short send got stuck again
		return WakeupLost
	case a.Heard:
	case a.Queue.Bytes > 0 && a.Queue.Bytes < c.Unread: // it reads, slowly
	case a.Queue.Bytes > 0 && !a.Answers:
		return Unread
	case a.Queue.Bytes > 0:
		return NotRearmed
	case c.Served:
		return ReadInVain
	}
	return Nothing
}

// Stuck counts the connections with one cause, and the echoes that they are owed.
type Stuck struct{ Connections, Echoes uint64 }

// Add adds another worker's.
func (s *Stuck) Add(o Stuck) {
	s.Connections += o.Connections
	s.Echoes += o.Echoes
}

// Ladder is what the ladder has found.
type Ladder struct {
	Wakeup, Flag, Receive Stuck

	Unaccepted Stuck // in the backlog, or up on our side only, when the fleet looked
	Refused    Stuck // reset by the server's system before, and dialed again

	Alive uint64 // connections that brought something after the poke
	Well  uint64 // connections that were owed nothing, and need no poke
}

// Add adds another worker's.
func (l *Ladder) Add(o *Ladder) {
	l.Wakeup.Add(o.Wakeup)
	l.Flag.Add(o.Flag)
	l.Receive.Add(o.Receive)
	l.Unaccepted.Add(o.Unaccepted)
	l.Refused.Add(o.Refused)
	l.Alive += o.Alive
	l.Well += o.Well
}

// answers reports whether the server answered a poke, or the FIN after it.
func (l *Ladder) answers() bool { return l.Alive+l.Flag.Connections > 0 }

// nobodyReads reports whether a poke lay unread on all connections. Then no single session has lost
// its receive: nobody reads.
func (l *Ladder) nobodyReads() bool {
	return l.Receive.Connections > 0 && l.Well == 0 && !l.answers()
}

func (l *Ladder) causes(dst []cause) []cause {
	dst = l.neverAccepted(dst)
	outage := slices.ContainsFunc(dst, func(c cause) bool { return c.Name == monitor.ServerStalled })
	if l.nobodyReads() && !outage {
		dst = add(dst, monitor.ServerStalled, l.Receive.Connections, "one more echo lay unread on each of %d "+
			"connections, and there was none that was owed nothing (%d owed echoes)",
			l.Receive.Connections, l.Receive.Echoes)
	}
	for _, one := range [...]struct {
		name  string
		stuck Stuck
		why   string
	}{
		{monitor.SendWakeupLost, l.Wakeup, "the server sent owed echoes only when one more echo " +
			"came: a send completion does not look at SendQ again, or looks too early"},
		{monitor.SendFlagStuck, l.Flag, "the server read one more echo, answered none, and answered " +
			"a FIN: it receives, but never sends again"},
		{monitor.ReceiveNotRearmed, l.Receive, "one more echo lay unread in the server's receive " +
			"queue: it has no receive posted"},
	} {
		dst = add(dst, one.name, one.stuck.Connections, "%s (%d owed echoes)", one.why, one.stuck.Echoes)
	}
	return dst
}

// neverAccepted names the connections that the server's program has never taken.
func (l *Ladder) neverAccepted(dst []cause) []cause {
	var why []string
	if n := l.Unaccepted; n.Connections > 0 {
		why = append(why, fmt.Sprintf("the server's program had not accepted %d connections, which "+
			"lay in the backlog or waited for room in it (%d owed echoes)", n.Connections, n.Echoes))
	}
	if n := l.Refused; n.Connections > 0 {
		why = append(why, fmt.Sprintf("%d connections were reset while the backlog was full and "+
			"before the server's system had taken a byte of them: not accepted, and dialed again "+
			"(%d echoes on them are abandoned)", n.Connections, n.Echoes))
	}
	return add(dst, monitor.AcceptStalled, l.Unaccepted.Connections+l.Refused.Connections,
		"%s", strings.Join(why, "; "))
}
