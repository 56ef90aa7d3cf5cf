package iocp

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// poster says who posts: a worker, whose queue takes what is ready at once, or (nil)
// another goroutine, for which worker at stands in.
type poster struct {
	at int
	w  *epollWorker
}

// queue passes on an operation that has ended, or that is to be tried in a Get.
func (by poster) queue(p *epollPort, ov *Overlapped) {
	if by.w != nil {
		by.w.enqueue(ov)
		return
	}
	p.hand(by.at, ov)
}

// end stores a result and passes the operation on. It does not belong to the caller any more.
func (by poster) end(p *epollPort, ov *Overlapped, n int, err error) {
	ov.buf = nil
	ov.sys = sysOverlapped{n: n, err: err, done: true}
	by.queue(p, ov)
}

func (p *epollPort) state(s Socket) (*epollState, error) {
	if st := epollStates.make(s); st != nil {
		return st, nil
	}
	return nil, fmt.Errorf("iocp: socket %d is beyond what the epoll backend can watch", s)
}

func (ov *Overlapped) begin(op Op, s Socket, buf []byte) {
	ov.Op, ov.sock, ov.buf, ov.sys = op, s, buf, sysOverlapped{}
}

func (p *epollPort) accept(by poster, listener Socket, ov *Overlapped) error {
	st, err := p.state(listener)
	if err != nil {
		return err
	}
	ov.begin(OpAccept, listener, nil)
	if useEdge(&st.in) {
		by.queue(p, ov)
		return nil
	}
	return p.parkNew(by, st, &st.in, ov)
}

func (p *epollPort) recv(by poster, s Socket, ov *Overlapped) error {
	st, err := p.state(s)
	if err != nil {
		return err
	}
	ov.begin(OpRecv, s, nil)
	if useEdge(&st.in) || st.ended() != 0 {
		by.queue(p, ov)
		return nil
	}
	return p.parkNew(by, st, &st.in, ov)
}

// send tries at once: with one send in flight at most, the socket has room for it nearly always.
func (p *epollPort) send(by poster, s Socket, buf []byte, ov *Overlapped) error {
	if len(buf) == 0 {
		return errEmptySend
	}
	st, err := p.state(s)
	if err != nil {
		return err
	}
	ov.begin(OpSend, s, buf)
	n, err := writeSocket(s, buf)
	if err == unix.EAGAIN {
		return p.parkNew(by, st, &st.out, ov)
	}
	by.end(p, ov, n, err)
	return nil
}

// connect begins the handshake here: its end is an edge of the sending direction. The socket
// is not watched before, since epoll calls an unconnected socket ready.
func (p *epollPort) connect(by poster, s Socket, remote netip.AddrPort, ov *Overlapped) error {
	st, err := p.state(s)
	if err != nil {
		return err
	}
	ov.begin(OpConnect, s, nil)
	if err := connectSocket(s, remote); err != nil {
		by.end(p, ov, 0, err)
		return nil
	}
	return p.parkNew(by, st, &st.out, ov)
}

// parkNew leaves a new operation to be tried at the next edge, and has its socket watched. Once
// it is parked, any worker may try and dequeue the operation at any moment.
func (p *epollPort) parkNew(
	by poster, st *epollState, slot *atomic.Pointer[Overlapped], ov *Overlapped,
) error {
	s := ov.sock
	if !park(slot, ov) {
		by.queue(p, ov)
		return nil
	}
	if err := p.home(by.at, st, s); err != nil {
		return p.giveUp(by, st, ov, err)
	}
	return nil
}

// home has the socket watched by the poster's epoll unless one watches it already. The first
// event says what the socket is ready for now, so an operation may be parked before it is watched.
func (p *epollPort) home(at int, st *epollState, s Socket) error {
	for {
		was := st.home.Load()
		if was == unwatched {
			return errUnwatched
		}
		if _, ok := p.ids.number(was); ok {
			return nil
		}
		if st.home.CompareAndSwap(was, p.ids.id(at)) {
			break
		}
	}
	const events = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET
	err := p.watch(p.epolls[at], int(s), events, st.life())
	switch {
	case errors.Is(err, unix.EBADF):
		st.home.Store(0) // there is no such socket: this says nothing of the next one
	case err != nil:
		st.home.Store(unwatched)
	}
	return err
}

// giveUp takes back what waits for edges that will not come. For the poster's own operation it
// returns the error (C1), unless another thread has taken that one back and completed it. The
// others complete with the error (C4). Every thread that parks an operation on such a socket
// comes here afterwards, so no operation is left.
func (p *epollPort) giveUp(by poster, st *epollState, own *Overlapped, err error) error {
	var result error
	for _, slot := range []*atomic.Pointer[Overlapped]{&st.in, &st.out} {
		for ov := unpark(slot); ov != nil; {
			next := ov.sys.next
			if ov == own {
				result = err
			} else {
				by.end(p, ov, 0, err)
			}
			ov = next
		}
	}
	return result
}
