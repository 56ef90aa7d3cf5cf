package diagnose

import "time"

// A server's accept queue may be full. A connection made at that time may be up on our side only.
// The server's system answers what it sends with a RST (Linux: with SYN cookies, see listen(2) and
// tcp_syncookies in tcp(7)); the server's program never knows of it. For a dummy this looks like a
// program that accepts and resets. So each such reset needs evidence before it is excused:
//
//	seen in the backlog   the system's table said that nobody had accepted the connection: that is
//	                      enough
//	not a byte was taken  our system tells what the server's system has acknowledged. It acknowledges
//	                      the first bytes at once on a connection that it knows. So if any were
//	                      acknowledged, the server's program has reset the connection
//	the system counts     the server is on this system, and the system counts the handshakes that met
//	                      a full accept queue: since the fleet began, no more resets are excused
//	a SYN was lost        the system does not count, and a SYN was lost around the time of the
//	                      connect: as many resets are excused as SYNs were lost, and a few more, as
//	                      a SYN may get through although its connection does not

// synLost is a connect time that only a lost SYN explains: systems send a SYN again after 1 s.
const synLost = 900 * time.Millisecond

// lostShare1In: one connection in so many is excused besides.
const lostShare1In = 100

// FullQueue is the last time in which connects lost their SYN. The zero value is none.
type FullQueue struct{ from, to time.Duration }

// LostSYN reports whether a connect that took so long lost its SYN.
func LostSYN(took time.Duration) bool { return took >= synLost }

// With is the time with one more such connect, which went on from from to to. If both overlap, they
// are one time; otherwise the new one replaces the old one.
func (q FullQueue) With(from, to time.Duration) FullQueue {
	if q != (FullQueue{}) && q.to >= from {
		from, to = min(q.from, from), max(q.to, to)
	}
	return FullQueue{from, to}
}

// At reports whether the accept queue was full around a time.
func (q FullQueue) At(at time.Duration) bool {
	const around = 100 * time.Millisecond
	return q != (FullQueue{}) && at >= q.from-around && at <= q.to+around
}

// Excusable is how many resets are excused, as nobody had accepted the connections. If known,
// overflows is how many handshakes met a full queue. Otherwise full says whether the queue was full
// around the time of the connect, and of the connects made so many have lost their SYN.
func Excusable(overflows uint64, known, full bool, lost, made uint64) uint64 {
	switch {
	case known:
		return overflows
	case full:
		return lost + made/lostShare1In
	}
	return 0
}
