package dummy

import (
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// synLost is a connect time that only a lost SYN explains: systems send it again after 1 s.
const synLost = 900 * time.Millisecond

// backlog remembers when connects of this fleet last lost their SYN: the server's accept queue
// was full then. Connections of that time may be up on our side only. The server's system
// answers their first bytes with a RST (Linux: with SYN cookies, see listen(2) and
// tcp_syncookies in tcp(7)), and the server's program has never heard of them.
type backlog struct{ full atomic.Pointer[interval] }

type interval struct{ from, to time.Duration }

// connected notes how long a connect took.
func (b *backlog) connected(from, to time.Duration) {
	if to-from < synLost {
		return
	}
	if was := b.full.Load(); was != nil && was.to >= from {
		from, to = min(was.from, from), max(was.to, to)
	}
	b.full.Store(&interval{from, to}) // of two at once either will do
}

// wasFull reports whether the accept queue was full around the time at.
func (b *backlog) wasFull(at time.Duration) bool {
	const around = 100 * time.Millisecond
	full := b.full.Load()
	return full != nil && at >= full.from-around && at <= full.to+around
}

// neverAccepted reports whether a connection that was reset was up on our side only: it was
// made while the accept queue was full, and not a byte ever came.
func (w *worker) neverAccepted(d *dummy, class iocp.Class) bool {
	return class == iocp.ClassReset && !d.is(heard|poked) && w.fleet.backlog.wasFull(d.since)
}

// dialAnew replaces such a connection. The server has neither closed it nor lost an echo.
func (w *worker) dialAnew(d *dummy) {
	w.tell.unaccepted++ // for the log; a worker must not wait for the fleet's lock
	w.countOwnClose(d)
	w.abandon(d)
	w.die(d, w.port.Abort, d.backoff())
}

// tellUnaccepted puts what is new of it into the log. f.mu is held.
func (f *Fleet) tellUnaccepted(all []tidings) {
	var n uint64
	for i := range all {
		n += all[i].unaccepted
	}
	if n > f.unaccepted {
		f.event("never accepted, as the server's backlog was full, and dialed again: "+
			"%s connections",
			monitor.Count(n-f.unaccepted))
		f.unaccepted = n
	}
}
