package dummy

// sendBuffer is what sends are made of: whole frames, of which the kernel has accepted bytes[:from]
// so far. It belongs to the port while a send is in flight (C3); the dummy that holds
// it keeps it reachable.
type sendBuffer struct {
	bytes []byte
	from  int
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
