package trace

import (
	"sync/atomic"
	"time"
)

// record is 32 bytes, two to a cache line:
//
//	begun | kind | where | io | at | id | n | done
//	  4      1       1     2    8    8   4    4     bytes
//
// The writer stores begun first and done last, both the low half of the record's index; the
// reader loads them the other way round. A record that was being overwritten while it was
// read shows two different indices and is left out. That holds where stores are seen in
// order (amd64); elsewhere a torn record may rarely get through. It is a trace: whoever reads
// it while the writers run accepts that, and after they have ended it is exact.
type record struct {
	begun uint32
	kind  Kind
	where Where
	io    uint16
	at    int64
	id    uint64
	n     uint32
	done  uint32
}

// write fills r as the record of the given index. No atomic store: each would cost as much
// as all of this. The race detector is told so.
//
//go:norace
func (r *record) write(index uint32, at int64, k Kind, w Where, id uint64, io, n int) {
	r.begun = index
	r.kind, r.where = k, w
	r.io = uint16(min(io, 1<<16-1))
	r.at = at
	r.id = id
	r.n = uint32(n)
	r.done = index
}

// read copies r and reports whether it is the whole record of the given index.
//
//go:norace
func (r *record) read(index uint32) (record, bool) {
	done := atomic.LoadUint32(&r.done)
	c := *r
	begun := atomic.LoadUint32(&r.begun)
	return c, done == index && begun == index && c.kind != None
}

// Ring keeps the last records of one writer, or of all goroutines that have none of their own.
type Ring struct {
	name    string
	start   time.Time
	records []record // a power of two
	next    uint32   // index of the next record; wraps round
	now     int64
	shared  bool          // claimed stands in for next, and each record reads the clock
	claimed atomic.Uint32 // index of the next record
	_       [64]byte      // the next Ring's writer is another thread
}

// Tick reads the clock for the records to come. A worker calls it once per batch: what
// happens within one batch has one time, and keeps its order by its place in the ring.
func (r *Ring) Tick() { r.now = int64(time.Since(r.start)) }

// SetTime is Tick for a worker that has read the clock itself: since the log's start.
func (r *Ring) SetTime(now time.Duration) { r.now = int64(now) }

// Record notes one event of session id (0: of none). Only the ring's writer may call it;
// the ring of Log.Shared may be written by any goroutine.
//
//go:norace
func (r *Ring) Record(k Kind, w Where, id uint64, io, n int) {
	if r.shared {
		index := r.claimed.Add(1) - 1
		r.at(index).write(index, int64(time.Since(r.start)), k, w, id, io, n)
		return
	}
	r.at(r.next).write(r.next, r.now, k, w, id, io, n)
	r.next++
}

func (r *Ring) at(index uint32) *record { return &r.records[int(index)&(len(r.records)-1)] }

// end is the index after the last record.
//
//go:norace
func (r *Ring) end() uint32 {
	if r.shared {
		return r.claimed.Load()
	}
	return r.next
}
