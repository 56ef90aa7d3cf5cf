package iocp

// ovQueue is a first-in-first-out list of operations, linked through Overlapped.sys.next. One
// goroutine uses it.
type ovQueue struct{ head, tail *Overlapped }

func (q *ovQueue) push(ov *Overlapped) {
	ov.sys.next = nil
	if q.tail == nil {
		q.head = ov
	} else {
		q.tail.sys.next = ov
	}
	q.tail = ov
}

func (q *ovQueue) pop() *Overlapped {
	ov := q.head
	q.head = ov.sys.next
	if q.head == nil {
		q.tail = nil
	}
	ov.sys.next = nil
	return ov
}

// acceptsPerRound is how many accepts a worker begins each time it asks the kernel for completions.
// An accept that finds a connection ends at once, but the end of a connection waits for its turn
// behind others (io_uring handles 20 a call since Linux 6.13, epoll_wait returns as many as there is
// room for). Without a limit, in a storm of connects and resets, connections are accepted faster than
// the dead ones are closed, until no descriptor is left.
const acceptsPerRound = 4
