package trace

import (
	"sync/atomic"
	"time"
)

// record is 32 bytes, two to a cache line. Each of its words says in which lap of the ring it was
// written:
//
//	bits      15..0  23..16  31..24  63..32
//	words[0]  lap    kind    where   n
//	words[1]  lap    the low 48 bits of at
//	words[2]  lap    the low 48 bits of id
//	bits      15..0  31..16  47..32           63..48
//	words[3]  lap    io      at's upper 16    id's upper 16
//
// The words are stored one by one, and another processor may see them in any order. A reader takes
// a record only if all four words are of the lap that it looks for: a word of an older or a newer
// record has another lap. So all four were written as one record, by one writer. This needs no
// barrier, which would cost more than all the rest; but no word may be torn.
type record struct{ words [4]uint64 }

// fields is what a record says.
type fields struct {
	kind  Kind
	where Where
	io    uint16
	at    int64
	id    uint64
	n     uint32
}

// A lap is one time around the ring. Laps count from 1, and an empty record has lap 0. The same
// number comes again after 65,536 laps: minutes of the busiest worker. A reader needs milliseconds.
const (
	lapBits = 16
	lapMask = 1<<lapBits - 1
	low48   = 1<<48 - 1
)

func lapOf(index uint32) uint64 { return uint64(index>>ringBits+1) & lapMask }

// write fills r as the record of the given index.
//
//go:norace
func (r *record) write(index uint32, at int64, k Kind, w Where, id uint64, io, n int) {
	lap := lapOf(index)
	put(&r.words[0], lap|uint64(k)<<16|uint64(w)<<24|uint64(uint32(n))<<32)
	put(&r.words[1], lap|uint64(at)<<lapBits)
	put(&r.words[2], lap|id<<lapBits)
	put(&r.words[3], lap|uint64(min(io, 1<<16-1))<<16|uint64(at)>>48<<32|id>>48<<48)
}

// read is what r says, and whether it is the whole record of the given index.
//
//go:norace
func (r *record) read(index uint32) (fields, bool) {
	w := [4]uint64{get(&r.words[0]), get(&r.words[1]), get(&r.words[2]), get(&r.words[3])}
	lap := lapOf(index)
	for _, word := range w {
		if word&lapMask != lap {
			return fields{}, false
		}
	}
	f := fields{
		kind:  Kind(w[0] >> 16),
		where: Where(w[0] >> 24),
		io:    uint16(w[3] >> 16),
		at:    int64(w[1]>>lapBits | w[3]>>32<<48),
		id:    w[2]>>lapBits | w[3]>>48<<48,
		n:     uint32(w[0] >> 32),
	}
	return f, f.kind != None
}

// wide says that the processor stores and loads 64 bits at once.
const wide = ^uintptr(0)>>32 != 0

// put stores a word as a whole. If the processor does that by itself, an atomic store would only be
// several times slower: the order of the words does not matter. The race detector does not look
// here, as it cannot know this.
//
//go:norace
func put(word *uint64, v uint64) {
	if wide {
		*word = v
		return
	}
	atomic.StoreUint64(word, v)
}

// get loads a word as a whole.
//
//go:norace
func get(word *uint64) uint64 {
	if wide {
		return *word
	}
	return atomic.LoadUint64(word)
}

// Ring keeps the last records of one writer, or of all goroutines that have none of their own.
type Ring struct {
	name    string
	start   time.Time
	records []record      // a power of two
	next    uint32        // index of the next record; wraps around
	now     int64         // nanoseconds since start, see Tick
	shared  bool          // claimed is used in place of next, and each record reads the clock
	claimed atomic.Uint32 // index of the next record
	_       [64]byte      // the next Ring's writer is another thread
}

// Tick reads the clock for the next records. A worker calls it once for each batch: the records of
// one batch have the same time, and their order is that of the ring.
func (r *Ring) Tick() { r.now = int64(time.Since(r.start)) }

// SetTime is Tick for a worker that has read the clock itself. now counts from the log's start.
func (r *Ring) SetTime(now time.Duration) { r.now = int64(now) }

// Record notes one event of session id (0: of none). Only the ring's writer may call it; on the ring
// of Log.Shared, any goroutine may.
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
