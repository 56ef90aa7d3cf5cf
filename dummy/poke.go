package dummy

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
//	owed ──► one more echo is sent ──► pokeWait, and a look at the server's receive queue
//	              │
//	              ├─ in the backlog ──────────────────────────► accept_stalled
//	              ├─ what was owed comes out ─────────────────► send_wakeup_lost
//	              ├─ unread ──────────────────────────────────► receive_not_rearmed
//	              ├─ anything else comes ─────────────────────► wrong or lost, not stuck: no name
//	              └─ read, nothing comes ──► half-close ──FIN─► send_flag_stuck
//
// A server that is slow by nature looks like a stuck one: what it owes comes out some time, by
// chance after a poke. So nothing is concluded from a connection whose oldest owed echo may be on
// its way still (maybeSlow), from one that still brings bytes (trickles) or whose receive queue at
// the server shrinks, nor that a poke lies unread where the server has never answered anybody: how
// long its answers take is not known.
//
// The books are closed before: neither the poke nor what it brings about is counted, not as an
// echo, not in bytes and not as a fault, and what was owed at the end of the drain stays owed.
//
// A server that had no descriptor left accepts as soon as the other dummies leave, and answers
// then: the poke has nothing to do with it. So whoever lay in the backlog is found out before
// anybody leaves (see noteBacklog), and where the system does not tell, nothing is concluded from
// a connection on which not a byte ever came.
const pokeWait = 500 * time.Millisecond

// poke is one climb.
type poke struct {
	conn   uint32 // of the dummy
	last   uint64 // the last sequence that was owed
	owed   uint64
	came   uint64 // of the owed
	part   uint32 // bytes of the oldest owed that had come before
	unread uint64 // bytes in the server's receive queue before
	slow   bool   // what is owed may have been on its way still
	served bool   // the server had accepted the connection before
	more   bool   // it was given more time
	silent bool   // nothing came, although the server has read the poke
}

// stuck counts the connections with one cause, and the echoes they were owed.
type stuck struct{ connections, echoes uint64 }

func (s *stuck) add(o stuck) {
	s.connections += o.connections
	s.echoes += o.echoes
}

// causes are what the ladder has found.
type causes struct {
	wakeup, flag, receive stuck

	accept  stuck // in the backlog, or up on our side only, when they were looked for
	refused stuck // reset by the server's system before, and dialed anew

	alive uint64 // connections that brought something after the poke
}

func (c *causes) add(o *causes) {
	c.wakeup.add(o.wakeup)
	c.flag.add(o.flag)
	c.receive.add(o.receive)
	c.accept.add(o.accept)
	c.refused.add(o.refused)
	c.alive += o.alive
}

// explain adds the causes. What the ladder found out and a server that stands still exclude each
// other: one that answered a poke, or a FIN, did not stand still, it had merely got stuck on every
// single connection; and with one that did, that a poke lies unread says nothing.
func (c *causes) explain(dst []monitor.Diagnosis) []monitor.Diagnosis {
	dst = c.neverAccepted(dst)
	stands := func(d monitor.Diagnosis) bool { return d.Name == monitor.ServerStalled }
	recovered := func(d monitor.Diagnosis) bool { return d.Name == monitor.Recovered }
	if !slices.ContainsFunc(dst, stands) || slices.ContainsFunc(dst, recovered) {
		return c.diagnoses(dst)
	}
	if c.alive+c.flag.connections > 0 {
		return c.diagnoses(slices.DeleteFunc(dst, stands))
	}
	return dst
}

// neverAccepted names the connections that the server's program has never taken.
func (c *causes) neverAccepted(dst []monitor.Diagnosis) []monitor.Diagnosis {
	var why []string
	if n := c.accept; n.connections > 0 {
		why = append(why, fmt.Sprintf("the server's program had not accepted %d connections, which "+
			"lay in the backlog or waited for room in it (%d owed echoes)", n.connections, n.echoes))
	}
	if n := c.refused; n.connections > 0 {
		why = append(why, fmt.Sprintf("%d connections were reset while the backlog was full and "+
			"before the server's system had taken a byte of them: not accepted, and dialed again "+
			"(%d echoes on them are abandoned)", n.connections, n.echoes))
	}
	if len(why) == 0 {
		return dst
	}
	return append(dst, monitor.Diagnosis{
		Name: monitor.AcceptStalled, Why: strings.Join(why, "; "),
		Connections: int(c.accept.connections + c.refused.connections),
	})
}

// diagnoses puts the causes into words.
func (c *causes) diagnoses(dst []monitor.Diagnosis) []monitor.Diagnosis {
	for _, one := range [...]struct {
		name  string
		stuck stuck
		why   string
	}{
		{monitor.SendWakeupLost, c.wakeup, "the server sent owed echoes only when one more echo " +
			"came: a send completion does not look at SendQ again, or looks too early"},
		{monitor.SendFlagStuck, c.flag, "the server read one more echo, answered none, and answered " +
			"a FIN: it receives, but never sends again"},
		{monitor.ReceiveNotRearmed, c.receive, "one more echo lay unread in the server's receive " +
			"queue: it has no receive posted"},
	} {
		if one.stuck.connections > 0 {
			dst = append(dst, monitor.Diagnosis{
				Name: one.name, Connections: int(one.stuck.connections),
				Why: fmt.Sprintf("%s (%d owed echoes)", one.why, one.stuck.echoes),
			})
		}
	}
	return dst
}

// poke begins a climb, where there is something to find out; the connection is dismissed at
// its end. It reports false where the connection can be dismissed at once.
func (w *worker) poke(d *dummy) bool {
	if d.wait == 0 || d.state != up || d.is(sendFailed) {
		return false
	}
	if w.pokes == nil {
		w.pokes = make(map[uint32]*poke)
	}
	w.pokes[d.slot] = &poke{
		conn: d.conn, last: d.assigned, owed: uint64(d.wait), part: d.stream.have,
		unread: w.lookAtQueue(d).bytes,
		slow:   w.maybeSlow(d) || w.trickles(d),
		served: !d.is(backlogged) && w.accepted(d) == yes,
	}
	d.set(poked)
	d.clear(heard) // tells from now on whether anything came since
	w.writeOff(d)
	d.assigned++
	d.gone++
	w.writeLater(d)
	w.timers.push(timer{at: w.now + pokeWait, slot: d.slot, what: poked})
	return true
}

// maybeSlow reports whether what a connection is owed may be on its way still.
func (w *worker) maybeSlow(d *dummy) bool {
	return w.now-d.timeOf(d.stream.oldest(d.assigned)) < w.slowAnswer()
}

// trickles reports whether a connection has brought something within the time that answers take
// there, or within the second half of a drain that failed: one that is stuck brings nothing then.
func (w *worker) trickles(d *dummy) bool {
	return d.heardAt > 0 && w.now-d.heardAt < max(w.slowAnswer(), w.fleet.cfg.DrainTimeout/2)
}

// slowAnswer is how long an answer may take that is on its way still: half as long again as the
// slowest that any worker has seen, and slack for a machine that has other things to do.
func (w *worker) slowAnswer() time.Duration {
	const slack = 250 * time.Millisecond
	slowest := max(w.slowest, w.hists.rtt.Max(), time.Duration(w.fleet.slowest.Load()))
	return slowest + slowest/2 + slack
}

// tellSlowest lets the other workers know how slow the server is.
func (w *worker) tellSlowest() {
	slowest := int64(max(w.slowest, w.hists.rtt.Max()))
	for {
		known := w.fleet.slowest.Load()
		if slowest <= known || w.fleet.slowest.CompareAndSwap(known, slowest) {
			return
		}
	}
}

// cameAfterPoke takes n echoes that a poked connection brought.
func (w *worker) cameAfterPoke(d *dummy, first, n uint64) {
	if p := w.pokes[d.slot]; first <= p.last {
		p.came += min(n, p.last-first+1)
	}
}

// pokeOver judges a climb when its time is over, which was to be at a time, and dismisses the
// connection.
func (w *worker) pokeOver(d *dummy, at time.Duration) {
	p := w.pokes[d.slot]
	if d.state != up || d.conn != p.conn {
		return // the server has closed it meanwhile, and that was told
	}
	if w.now-at > heldUp && !p.more {
		p.more = true // the time was not the server's
		w.timers.push(timer{at: w.now + pokeWait, slot: d.slot, what: poked})
		return
	}
	count, queue := &w.count.causes, w.lookAtQueue(d)
	found := stuck{1, p.owed}
	if d.is(heard) {
		count.alive++
	}
	switch {
	case queue.known && !queue.accepted:
		w.inBacklog(d, p.owed)
		w.closeOwn(d, CloseRST, 0) // it would not read a FIN either
		return
	case d.is(backlogged): // and accepted since, because others have left
	case p.slow:
	case p.served && (p.came > 0 || d.stream.have > p.part): // also where a short send got stuck again
		count.wakeup.add(found)
	case d.is(heard):
	case queue.bytes > 0 && queue.bytes < p.unread: // it reads, slowly
	case queue.bytes > 0 && w.fleet.slowest.Load() == 0: // it never answered anybody
		w.closeOwn(d, CloseRST, 0)
		return
	case queue.bytes > 0:
		count.receive.add(found)
		w.closeOwn(d, CloseRST, 0)
		return
	default:
		p.silent = p.served
	}
	w.dismiss(d)
}

// finAnswered is the top of the ladder: the server has answered the half-close of a poked
// connection that it had read from and not answered. A server that never answered anybody has no
// flag stuck: see never_served.
func (w *worker) finAnswered(d *dummy) {
	if p := w.pokes[d.slot]; p.silent && !d.is(heard) && w.count.ledger.Echoed > 0 {
		w.count.causes.flag.add(stuck{1, p.owed})
	}
}

// noteBacklog is for the end of a drain that failed, when all connections are still there: which of
// the stuck has nobody accepted?
func (w *worker) noteBacklog() {
	for slot := range w.slots() {
		d := w.at(slot)
		if d.wait > 0 && (d.state == up || d.state == closing) && w.accepted(d) == no {
			w.inBacklog(d, uint64(d.wait))
		}
	}
}

// inBacklog counts a connection that nobody has accepted, once.
func (w *worker) inBacklog(d *dummy, owed uint64) {
	if !d.is(backlogged) {
		d.set(backlogged)
		w.count.causes.accept.add(stuck{1, owed})
	}
}

// answer is to a question that cannot always be answered.
type answer uint8

const (
	unknown answer = iota
	yes
	no
)

// accepted reports whether the server's program has taken a connection out of its backlog. That is
// so where anything came; otherwise the system knows, or nobody does.
func (w *worker) accepted(d *dummy) answer {
	if d.is(heard) {
		return yes
	}
	switch queue := w.lookAtQueue(d); {
	case !queue.known:
		return unknown
	case queue.accepted:
		return yes
	}
	return no
}

// receiveQueues remembers the system's list of connections for a moment: it is read once for
// all that are looked for together.
type receiveQueues struct {
	at    time.Duration // when it had been read
	table tcpTable
	here  bool // the server is on this system: some table had one of its ends
}

// queuesFresh is how long a list is looked at before it is read again.
const queuesFresh = 50 * time.Millisecond

// lookAtQueue is the receive queue at the server's end of a connection; not known where the
// server is on another machine, or the system does not tell. The list may be long and take a
// while to read, so that the time goes on: what begins now must not be old already.
func (w *worker) lookAtQueue(d *dummy) receiveQueue {
	q := &w.queues
	if q.table.theirs == nil || w.now-q.at > queuesFresh {
		began := w.fleet.clock()
		q.table = readTCPTable(w.fleet.cfg.Target.Port())
		w.now += w.fleet.clock() - began
		q.at = w.now
		q.here = q.here || len(q.table.theirs) > 0
		q.table.here = q.here
	}
	return q.table.queue(d.public.local.Of(uint64(d.conn)))
}
