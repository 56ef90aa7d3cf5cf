package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dummyload/monitor"
)

// The poke ladder finds out why a connection is stuck that is still owed echoes after a drain
// that failed. It is climbed when the fleet is closed, on each such connection by itself:
//
//	owed ──► one more echo is sent ──► PokeWait, and a look at the server's receive queue
//	              │
//	              ├─ in the backlog ──────────────────────────► accept_stalled
//	              ├─ what was owed comes out ─────────────────► send_wakeup_lost
//	              ├─ unread ──────────────────────────────────► receive_not_rearmed
//	              ├─ anything else comes ─────────────────────► wrong or lost, not stuck: no name
//	              └─ read, nothing comes ──► half-close ──FIN─► send_flag_stuck
//
// A server that is slow by nature looks like a stuck one: what it owes comes out some time, by
// chance after a poke. So nothing is concluded from a connection whose oldest owed echo may be on
// its way still (MayCome), from one that still brings bytes (Trickles) or whose receive queue at
// the server shrinks, nor that a poke lies unread where the server has never answered anybody: how
// long its answers take is not known.
//
// A server that had no descriptor left accepts as soon as the other dummies leave, and answers
// then: the poke has nothing to do with it. So whoever lay in the backlog is found out before
// anybody leaves, and where the system does not tell, nothing is concluded from a connection on which
// not a byte ever came.

// PokeWait is how long a poke has to show what it brings about.
const PokeWait = 500 * time.Millisecond

// Queue is what the system says of the server's end of a connection. The zero value says nothing.
type Queue struct {
	Known    bool
	Accepted bool // some process has it, or had it; until then it lies in the backlog
	Bytes    uint64
}

// Climb is one climb: what is known of the connection before the poke.
type Climb struct {
	Owed   uint64 // echoes
	Unread uint64 // bytes in the server's receive queue
	Slow   bool   // what is owed may be on its way still
	Served bool   // the server has accepted the connection

	more bool // it was given more time
}

// Late reports whether a climb whose time was to be over at a time gets as long again, once: the time
// was not the server's.
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
	Came       bool // of what was owed, some; or a part of the oldest
	Heard      bool // anything came
	Answers    bool // the server has ever answered anybody
}

// Rung is how far a climb has come.
type Rung uint8

const (
	Nothing    Rung = iota // is concluded
	InBacklog              // nobody has accepted it, and nobody would read a FIN
	WakeupLost             // send_wakeup_lost
	Unread                 // the poke is, by one that never answered; nothing is concluded
	NotRearmed             // receive_not_rearmed
	ReadInVain             // the poke was read and not answered: a FIN tells more
)

// Read tells how far a climb has come.
func (c *Climb) Read(a After) Rung {
	switch {
	case a.Queue.Known && !a.Queue.Accepted:
		return InBacklog
	case a.Backlogged: // and accepted since, because others have left
	case c.Slow:
	case c.Served && a.Came: // also where a short send got stuck again
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

// Stuck counts the connections with one cause, and the echoes they were owed.
type Stuck struct{ Connections, Echoes uint64 }

// Add adds another worker's.
func (s *Stuck) Add(o Stuck) {
	s.Connections += o.Connections
	s.Echoes += o.Echoes
}

// Ladder is what the ladder has found.
type Ladder struct {
	Wakeup, Flag, Receive Stuck

	Unaccepted Stuck // in the backlog, or up on our side only, when they were looked for
	Refused    Stuck // reset by the server's system before, and dialed anew

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

// answers reports whether somebody answered a poke, or the FIN after it.
func (l *Ladder) answers() bool { return l.Alive+l.Flag.Connections > 0 }

// nobodyReads reports whether on all connections a poke lay unread: that is no receive of a session that
// is missing.
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
