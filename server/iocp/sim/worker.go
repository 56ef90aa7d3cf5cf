package sim

import (
	"fmt"
	"time"

	"dummyload/server/iocp"
)

// worker is one worker's access to the port.
type worker struct {
	*Port
	data  []byte // received in the last Get
	owner *Proc
}

// owned asserts that nobody else posts through a worker (C8).
func (wk *worker) owned() {
	if wk.world.running != wk.owner {
		wk.world.Fail("%s posts through the worker of %s (C8)", wk.world.running.Name,
			wk.owner.Name)
	}
}

// Recv implements iocp.Poster.
func (wk *worker) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	wk.owned()
	return wk.Port.Recv(s, ov)
}

// Send implements iocp.Poster.
func (wk *worker) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	wk.owned()
	return wk.Port.Send(s, buf, ov)
}

// Accept implements iocp.Poster.
func (wk *worker) Accept(listener iocp.Socket, ov *iocp.Overlapped) error {
	wk.owned()
	return wk.Port.Accept(listener, ov)
}

// Get implements iocp.Worker. A wait that is bounded ends when everybody is at rest; in a hosted
// world, when its time is over.
func (wk *worker) Get(entries []iocp.Entry, wait time.Duration) (int, error) {
	for _, c := range wk.conns {
		if c.handler == wk {
			c.handler = nil
		}
	}
	for i := range wk.data {
		wk.data[i] = spoil // C10
	}
	wk.data = wk.data[:0]
	switch {
	case wk.owner.guest != nil:
		wk.owner.Await(wk.completable, wait)
		if wk.owner.guest.died {
			return 0, errNotSocket
		}
		if !wk.completable() {
			return 0, nil
		}
	case wait < 0:
		wk.world.Block("GQCS", wk.completable)
	case !wk.world.BlockOrRest("GQCS", 1, wk.completable):
		return 0, nil
	}
	n := 0
	for n < len(entries) && (n == 0 || wk.completable() && wk.world.Pick(2) == 0) {
		entries[n] = wk.take()
		n++
		if entries[n-1].Overlapped == nil {
			break // C7
		}
	}
	return n, nil
}

// spoil is what a worker's received data becomes at its next Get.
const spoil = 0xdb

// Close implements iocp.Worker.
func (wk *worker) Close() error {
	if wk.owner.guest != nil {
		wk.owner.Leave()
	}
	return nil
}

// Worker implements iocp.Port. Received data of C10 is spoiled at this worker's next Get.
func (p *Port) Worker() (iocp.Worker, error) {
	if p.made == len(p.workers) {
		p.workers = append(p.workers, &worker{Port: p, data: make([]byte, 0, roomForData)})
	}
	wk := p.workers[p.made]
	wk.data, wk.owner = wk.data[:0], p.world.running
	p.made++
	if p.world.host != nil {
		wk.owner = p.world.admit(fmt.Sprintf("s%d", p.made-1))
	}
	return wk, nil
}

// roomForData is how many bytes one batch of a worker may hold; clients send few.
const roomForData = 1 << 10
