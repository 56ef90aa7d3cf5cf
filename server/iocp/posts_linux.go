package iocp

import "sync"

// posts is the queue behind Post, one for the whole port. Its eventfd is a semaphore that counts
// what is queued. Every worker polls it, and whoever reads 1 off it owns one packet. So each
// packet goes to one worker, however many wake up, and what a worker that closes has not taken
// stays for the others. A mutex is enough: Post is not on the data path.
type posts struct {
	mu     sync.Mutex
	queue  []*Overlapped
	tokens int // eventfd with EFD_SEMAPHORE
}

func (p *posts) push(ov *Overlapped) error {
	p.mu.Lock()
	p.queue = append(p.queue, ov)
	p.mu.Unlock()
	// The packet is queued before its token exists, so a token always finds one.
	return eventSignal(p.tokens)
}

// take returns the oldest packet; ok is false when another worker has taken it.
func (p *posts) take() (ov *Overlapped, ok bool) {
	if !eventConsume(p.tokens) {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		panic("iocp: the count of posted packets is above their number")
	}
	ov = p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return ov, true
}
