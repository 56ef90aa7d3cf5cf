package diagnose

import "time"

// A server's accept queue may be full. Connections of that time may be up on our side only. The
// server's system answers what they send with a RST (Linux: with SYN cookies, see listen(2) and
// tcp_syncookies in tcp(7)), and the server's program has never heard of them. Seen from a dummy that
// is no different from a program that accepts and resets. So each such reset needs evidence before it
// is excused:
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

// synLost is a connect time that only a lost SYN explains: systems send it again after 1 s.
const synLost = 900 * time.Millisecond

// lostShare1In is how many connections there are to each that is excused besides.
const lostShare1In = 100

// FullQueue is the time in which connects lost their SYN last. The zero value is none.
type FullQueue struct{ from, to time.Duration }

// LostSYN reports whether a connect that took so long did.
func LostSYN(took time.Duration) bool { return took >= synLost }

// With is the time with one more such connect. One that overlaps it is of the same storm.
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

// Excusable is how many resets there may be of connections that nobody accepted: so many handshakes
// met a full queue, where that is known; or, where full tells that the queue was full around the time
// of the connect, so many connects lost their SYN, of all that were made.
func Excusable(overflows uint64, known, full bool, lost, made uint64) uint64 {
	switch {
	case known:
		return overflows
	case full:
		return lost + made/lostShare1In
	}
	return 0
}
