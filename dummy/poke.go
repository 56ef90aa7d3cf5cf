package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
)

// climb is one connection's way up the poke ladder (package diagnose). It begins when the fleet is
// closed, on each connection that is still owed echoes after a drain that failed.
//
// The books are closed before: neither the poke nor what it brings about is counted, not as an
// echo, not in bytes and not as a fault, and what was owed at the end of the drain stays owed.
type climb struct {
	diagnose.Climb
	conn   uint32 // of the dummy
	last   uint64 // the last sequence that was owed
	came   uint64 // how many of the owed came after the poke
	part   uint32 // bytes of the oldest owed that had come before
	silent bool   // nothing came, although the server has read the poke
}

// ladder is the climbs of one worker's connections, and what it has seen of the server's queues.
type ladder struct {
	w      *worker
	climbs map[uint32]*climb // by slot, while leaving; nil until one is stuck
	queues receiveQueues
}

// begin starts a climb, where there is something to find out; the connection is dismissed at its end.
// It reports false where the connection can be dismissed at once.
func (l *ladder) begin(d *dummy) bool {
	w := l.w
	if d.wait == 0 || d.State() != conn.Up || d.is(sendFailed) {
		return false
	}
	if l.climbs == nil {
		l.climbs = make(map[uint32]*climb)
	}
	l.climbs[d.Slot] = &climb{
		conn: d.Number, last: d.assigned, part: d.stream.Part(),
		Climb: diagnose.Climb{
			Owed: uint64(d.wait), Unread: l.lookAtQueue(d).Bytes,
			Slow:   w.maybeSlow(d) || w.trickles(d),
			Served: !d.is(backlogged) && l.accepted(d) == diagnose.Yes,
		},
	}
	d.set(poked)
	d.clear(heard) // tells from now on whether anything came since
	w.writeOff(d)
	d.assigned++
	d.gone++
	w.sender.later(d)
	w.engine.After(diagnose.PokeWait, &d.Conn, pokeTimeOver)
	return true
}

// came takes n echoes that a poked connection brought.
func (l *ladder) came(d *dummy, first, n uint64) {
	if p := l.climbs[d.Slot]; first <= p.last {
		p.came += min(n, p.last-first+1)
	}
}

// over reads a climb when its time is over, and dismisses the connection. at is when that was to be.
func (l *ladder) over(d *dummy, at time.Duration) {
	w := l.w
	p := l.climbs[d.Slot]
	if d.State() != conn.Up || d.Number != p.conn {
		return // the server has closed it meanwhile, and that was told
	}
	if p.Late(at, w.now()) {
		w.engine.After(diagnose.PokeWait, &d.Conn, pokeTimeOver)
		return
	}
	found, stuck := &w.count.signs.Ladder, diagnose.Stuck{Connections: 1, Echoes: p.Owed}
	after := diagnose.After{
		Queue: l.lookAtQueue(d), Backlogged: d.is(backlogged),
		Came: p.came > 0 || d.stream.Part() > p.part, Heard: d.is(heard),
		Answers: w.fleet.slowest.Load() > 0,
	}
	if after.Heard {
		found.Alive++
	}
	switch p.Read(after) {
	case diagnose.InBacklog:
		l.inBacklog(d, p.Owed)
		w.closeOwn(d, CloseRST, 0) // it would not read a FIN either
		return
	case diagnose.NotRearmed:
		found.Receive.Add(stuck)
		w.closeOwn(d, CloseRST, 0)
		return
	case diagnose.Unread:
		w.closeOwn(d, CloseRST, 0)
		return
	case diagnose.WakeupLost:
		found.Wakeup.Add(stuck)
	case diagnose.ReadInVain:
		p.silent = true
	}
	w.dismiss(d)
}

// finAnswered is the top of the ladder: the server has answered the half-close of a poked
// connection that it had read from and not answered. A server that never answered anybody has no
// flag stuck: see never_served.
func (l *ladder) finAnswered(d *dummy) {
	w := l.w
	if p := l.climbs[d.Slot]; p.silent && !d.is(heard) && w.count.Ledger.Echoed > 0 {
		w.count.signs.Ladder.Flag.Add(diagnose.Stuck{Connections: 1, Echoes: p.Owed})
	}
}

// noteBacklog is for the end of a drain that failed, when all connections are still there: which of
// the stuck connections has nobody accepted?
func (l *ladder) noteBacklog() {
	w := l.w
	for slot := range w.slots() {
		d := w.at(slot)
		if d.wait > 0 && (d.State() == conn.Up || d.State() == conn.Closing) && l.accepted(d) == diagnose.No {
			l.inBacklog(d, uint64(d.wait))
		}
	}
}

// inBacklog counts a connection that nobody has accepted, once.
func (l *ladder) inBacklog(d *dummy, owed uint64) {
	w := l.w
	if !d.is(backlogged) {
		d.set(backlogged)
		w.count.signs.Ladder.Unaccepted.Add(diagnose.Stuck{Connections: 1, Echoes: owed})
	}
}

// accepted reports whether the server's program has taken a connection out of its backlog. The system
// is not asked where anything came.
func (l *ladder) accepted(d *dummy) diagnose.Answer {
	if d.is(heard) {
		return diagnose.AcceptedOf(true, diagnose.Queue{})
	}
	return diagnose.AcceptedOf(false, l.lookAtQueue(d))
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

// lookAtQueue is the receive queue at the server's end of a connection. It is not known where the
// server is on another machine, or where the system does not tell. A long list takes a while to
// read, so the worker's clock is moved on by that: what begins now must not be old already.
func (l *ladder) lookAtQueue(d *dummy) diagnose.Queue {
	w := l.w
	q := &l.queues
	if q.table.theirs == nil || w.now()-q.at > queuesFresh {
		began := w.fleet.clock()
		q.table = readTCPTable(w.fleet.cfg.Target.Port())
		w.engine.Tick(w.now() + w.fleet.clock() - began)
		q.at = w.now()
		q.here = q.here || len(q.table.theirs) > 0
		q.table.here = q.here
	}
	return q.table.queue(d.public.local.Of(uint64(d.Number)), func() bool { return w.acked(d) })
}
