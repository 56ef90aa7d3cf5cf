package dummy

import (
	"math/bits"
	"time"
)

// sendBuffer is what one send is made of: whole frames, of which at[:n] were accepted by the
// kernel so far. It belongs to the port while a send is in flight (C3); the dummy that holds
// it keeps it reachable.
type sendBuffer struct {
	bytes []byte
	from  int // bytes[:from] are sent
}

// rest is what is still to be sent.
func (b *sendBuffer) rest() []byte { return b.bytes[b.from:] }

// sendBuffers is a worker's free list. As many buffers exist as sends were ever in flight at
// once: an idle dummy has none.
type sendBuffers struct {
	size int // capacity of each: at least one frame
	free []*sendBuffer
}

func (p *sendBuffers) take() *sendBuffer {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return &sendBuffer{bytes: make([]byte, 0, p.size)}
}

func (p *sendBuffers) give(b *sendBuffer) {
	b.bytes, b.from = b.bytes[:0], 0
	p.free = append(p.free, b)
}

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
