package dummy

import (
	"math/bits"
	"time"
)

// timeRing holds when the outstanding echoes of one connection were due, by sequence.
type timeRing struct {
	at []time.Duration // its length is a power of two, at least the span of what is outstanding
}

func (r *timeRing) put(seq uint64, at time.Duration) { r.at[seq&uint64(len(r.at)-1)] = at }
func (r *timeRing) get(seq uint64) time.Duration     { return r.at[seq&uint64(len(r.at)-1)] }

// copyFrom takes over the times of the echoes first to last.
func (r *timeRing) copyFrom(old *timeRing, first, last uint64) {
	for seq := first; seq <= last; seq++ {
		r.put(seq, old.get(seq))
	}
}

// timeRings is a worker's free lists of rings, by the logarithm of their length. A dummy has
// one only while it has more than one echo outstanding.
type timeRings struct{ free [32][]*timeRing }

// take gives a ring for echoes that span up to n sequences.
func (p *timeRings) take(n int) *timeRing {
	log := bits.Len(uint(n - 1))
	if k := len(p.free[log]); k > 0 {
		r := p.free[log][k-1]
		p.free[log] = p.free[log][:k-1]
		return r
	}
	return &timeRing{at: make([]time.Duration, 1<<log)}
}

func (p *timeRings) give(r *timeRing) {
	log := bits.Len(uint(len(r.at) - 1))
	p.free[log] = append(p.free[log], r)
}

// keepTime notes when the echo just assigned is due. One outstanding echo has its place in the
// dummy; more of them take a ring, which grows with the span of what is outstanding.
func (b *books) keepTime(d *dummy, at time.Duration, oldest uint64, window int) {
	seq := d.assigned
	if d.wait == 0 && d.times == nil && window == 1 {
		d.time = at
		return
	}
	span := int(seq - oldest + 1)
	if d.times == nil || span > len(d.times.at) {
		b.growTimes(d, oldest, max(span, window))
	}
	d.times.put(seq, at)
}

func (b *books) growTimes(d *dummy, oldest uint64, n int) {
	bigger := b.rings.take(n)
	if d.times != nil {
		bigger.copyFrom(d.times, oldest, d.assigned-1)
		b.rings.give(d.times)
	} else if d.wait == 1 {
		bigger.put(oldest, d.time)
	}
	d.times = bigger
}

func (b *books) giveTimes(d *dummy) {
	if d.times != nil {
		b.rings.give(d.times)
		d.times = nil
	}
}

// timeOf is when an outstanding echo was due.
func (d *dummy) timeOf(seq uint64) time.Duration {
	if d.times == nil {
		return d.time
	}
	return d.times.get(seq)
}
