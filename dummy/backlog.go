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

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
	"dummyload/server/iocp"
)

// backlog is what the fleet knows of the server's accept queue. Where that is full, a connection that
// is reset may never have been accepted: then the reset is excused (package diagnose), and counted
// (monitor.Connections.NeverAccepted). The diagnosis accept_stalled tells of it.
type backlog struct {
	full    atomic.Pointer[diagnose.FullQueue] // when connects lost their SYN last
	lost    atomic.Uint64                      // connects that did
	excused atomic.Uint64                      // resets

	mu     sync.Mutex
	began  uint64        // the system's count as the fleet began
	told   bool          // the system has such a count
	here   bool          // the server is on this system
	count  uint64        // the system's count since the fleet began
	readAt time.Duration // when it was read last
}

// countFresh is how long a count that was read is taken for the present one.
const countFresh = 10 * time.Millisecond

// begin reads the system's count before the first connect.
func (b *backlog) begin() { b.began, b.told = readListenOverflows() }

// connected notes how long a connect took.
func (b *backlog) connected(from, to time.Duration) {
	if !diagnose.LostSYN(to - from) {
		return
	}
	b.lost.Add(1)
	full := b.fullQueue().With(from, to)
	b.full.Store(&full) // of two at once either will do
}

func (b *backlog) fullQueue() diagnose.FullQueue {
	if full := b.full.Load(); full != nil {
		return *full
	}
	return diagnose.FullQueue{}
}

// overflows is how many handshakes met a full accept queue on this system since the fleet began. It
// is not known where the server is on another system, or where this one does not tell.
func (b *backlog) overflows(port uint16, now time.Duration) (n uint64, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.told || b.readAt > 0 && now-b.readAt < countFresh {
		return b.count, b.told && b.here
	}
	b.readAt = now
	if !b.here { // before the first connect no table can show it
		b.here = len(readTCPTableOnce(port).theirs) > 0
	}
	if n, ok := readListenOverflows(); ok && n >= b.began {
		b.count = n - b.began
	}
	return b.count, b.here
}

// excuses reports whether a connection was never accepted, as far as anybody knows; then it counts as
// excused. It was made at a time, and made is how many were made in all.
func (b *backlog) excuses(port uint16, made uint64, at, now time.Duration) bool {
	overflows, known := b.overflows(port, now)
	most := diagnose.Excusable(overflows, known, b.fullQueue().At(at), b.lost.Load(), made)
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

// neverAccepted reports whether a connection that has ended was reset, and up on our side only.
func (w *worker) neverAccepted(d *dummy, class iocp.Class) bool {
	if class != iocp.ClassReset || d.is(heard) {
		return false
	}
	if d.is(backlogged) {
		return true
	}
	if w.acked(d) {
		return false
	}
	return w.fleet.backlog.excuses(w.fleet.cfg.Target.Port(),
		w.count.Connections.Connected*uint64(len(w.fleet.workers)), d.Since(), w.now())
}

// acked reports whether the server's system has acknowledged anything that was sent on a connection.
func (w *worker) acked(d *dummy) bool {
	n, ok := w.engine.Acked(&d.Conn)
	return ok && n > 0
}

// dialAnew replaces a connection that was never accepted. The server has neither closed it nor lost an
// echo.
func (w *worker) dialAnew(d *dummy) {
	w.status.unaccepted++ // for the log; a worker must not wait for the fleet's lock
	w.count.Connections.NeverAccepted++
	w.count.signs.Ladder.Refused.Add(diagnose.Stuck{Connections: 1, Echoes: uint64(d.wait)})
	w.countOwnClose(d)
	w.abandon(d)
	w.engine.Abort(&d.Conn, d.Backoff())
}

// tellUnaccepted puts into the log how many connections were never accepted. f.mu is held.
func (f *Fleet) tellUnaccepted(all []status) {
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
