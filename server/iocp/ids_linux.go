package iocp

import "sync/atomic"

// workerIDs are the ids of a port's workers, of which there are n from first on. What is noted of a
// descriptor in a table of all ports names a worker by its id: of a descriptor that was closed
// behind its port's back, and opened by another, that says nothing there.
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
