package dummy

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// synLost is a connect time that only a lost SYN explains: systems send it again after 1 s.
const synLost = 900 * time.Millisecond

// backlog is what the fleet knows of a server whose accept queue is full. Connections of that time
// may be up on our side only. The server's system answers what they send with a RST (Linux: with
// SYN cookies, see listen(2) and tcp_syncookies in tcp(7)), and the server's program has never
// heard of them. Seen from a dummy that is no different from a program that accepts and resets.
// So each such reset needs evidence before it is excused:
//
//	seen in the backlog   the system's table had told that nobody had accepted it: that is enough
//	not a byte was taken  our system tells what the server's has acknowledged. A connection that it
//	                      knows has its first bytes acknowledged at once. So where any were, the
//	                      server's program has reset it
//	the system counts     no more are excused than handshakes met a full accept queue since the
//	                      fleet began, where the server is on this system and it tells
//	a SYN was lost        around the time of the connect, where the system does not tell; no more
//	                      than SYNs were lost, and a few more, since a SYN may get through where its
//	                      connection does not
//
// What is excused is counted (monitor.Connections.NeverAccepted) and told (accept_stalled).
type backlog struct {
	full    atomic.Pointer[interval] // when connects lost their SYN last
	lost    atomic.Uint64            // connects that did
	excused atomic.Uint64

	mu     sync.Mutex
	began  uint64        // the system's count as the fleet began
	told   bool          // there is one
	here   bool          // the server is on this system
	count  uint64        // the system's count since the fleet began
	readAt time.Duration // when it was read last
}

type interval struct{ from, to time.Duration }

const (
	lostShare1In = 100                   // one connection in so many is excused besides
	countFresh   = 10 * time.Millisecond // how long the system's count is taken for the present one
)

// begin reads the system's count before the first connect.
func (b *backlog) begin() { b.began, b.told = readListenOverflows() }

// connected notes how long a connect took.
func (b *backlog) connected(from, to time.Duration) {
	if to-from < synLost {
		return
	}
	b.lost.Add(1)
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

// overflows is how many handshakes met a full accept queue on this system since the fleet began;
// not known where the server is on another, or this one does not tell.
func (b *backlog) overflows(port uint16, now time.Duration) (n uint64, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.told || b.readAt > 0 && now-b.readAt < countFresh {
		return b.count, b.told && b.here
	}
	b.readAt = now
	if !b.here { // it has no end of any connection as long as nothing was connected
		b.here = len(readTCPTableOnce(port).theirs) > 0
	}
	if n, ok := readListenOverflows(); ok && n >= b.began {
		b.count = n - b.began
	}
	return b.count, b.here
}

// excuses reports whether a connection made at a time, of so many, was never accepted, as far as
// anybody knows; then it counts as excused.
func (b *backlog) excuses(port uint16, made uint64, at, now time.Duration) bool {
	most, known := b.overflows(port, now)
	if !known {
		most = 0
		if b.wasFull(at) {
			most = b.lost.Load() + made/lostShare1In
		}
	}
	for {
		n := b.excused.Load()
		if n >= most {
			return false
		}
		if b.excused.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// neverAccepted reports whether a connection that was reset was up on our side only.
func (w *worker) neverAccepted(d *dummy, class iocp.Class) bool {
	if class != iocp.ClassReset || d.is(heard) {
		return false
	}
	if d.is(backlogged) {
		return true
	}
	if n, ok := iocp.BytesAcked(w.port, d.sock); ok && n > 0 {
		return false
	}
	return w.fleet.backlog.excuses(w.fleet.cfg.Target.Port(),
		w.count.conns.Connected*uint64(len(w.fleet.workers)), d.since, w.now)
}

// dialAnew replaces such a connection. The server has neither closed it nor lost an echo.
func (w *worker) dialAnew(d *dummy) {
	w.tell.unaccepted++ // for the log; a worker must not wait for the fleet's lock
	w.count.conns.NeverAccepted++
	w.count.causes.refused.add(stuck{1, uint64(d.wait)})
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

// readListenOverflows is how often a handshake met a full accept queue on this system, or in this
// network namespace: ListenOverflows in Linux' /proc/net/netstat.
func readListenOverflows() (uint64, bool) {
	f, err := os.Open("/proc/net/netstat")
	if err != nil {
		return 0, false
	}
	defer f.Close() // only read
	return parseListenOverflows(f)
}

// parseListenOverflows reads a table of lines in pairs, names above numbers.
func parseListenOverflows(r io.Reader) (uint64, bool) {
	var names []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		field := strings.Fields(lines.Text())
		if len(field) == 0 || field[0] != "TcpExt:" {
			continue
		}
		if names == nil {
			names = field
			continue
		}
		for i, name := range names {
			if name == "ListenOverflows" && i < len(field) {
				n, err := strconv.ParseUint(field[i], 10, 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}
