package iocp

import "sync/atomic"

// workerIDs are the ids of a port's workers: n numbers from first on, which no other port has. The
// tables that all ports share (homes, epollStates) name a worker by its id. So what a table has of a
// descriptor that was closed without its port, and opened by another, names no worker there.
type workerIDs struct{ first, n int32 }

var lastID atomic.Int32

// newIDs are ids that no other port has; 0 is none.
func newIDs(n int) workerIDs {
	return workerIDs{first: lastID.Add(int32(n)) - int32(n) + 1, n: int32(n)}
}

func (w workerIDs) id(number int) int32 { return w.first + int32(number) }

// number is which of the port's workers has an id; false for none.
func (w workerIDs) number(id int32) (number int, ok bool) {
	number = int(id - w.first)
	return number, 0 <= number && number < int(w.n)
}
