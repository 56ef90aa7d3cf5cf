package gallery

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// handle is a socket's handle value. As a system does, queue gives the one freed last to the next
// connection.
type handle int

const noHandle handle = -1

// operation says what completed.
type operation uint8

const (
	opStop operation = iota // the order to stop
	opRecv
	opSend
)

// entry is one dequeued completion. Transferred 0 is the end of the stream, or a failure.
type entry struct {
	op          operation
	s           *session // what was posted for
	transferred int
	data        []byte // of a receive
	failed      bool
}

var errPost = errors.New("the post failed")

// queue is a small completion port over package net, for the specimen alone: package iocp
// panics, as it should, where it is used the way an exhibit uses this. A goroutine does each
// operation and queues its completion.
type queue struct {
	l       *net.TCPListener
	entries chan entry
	closed  chan struct{}

	// What the environment does that a right server must stand.
	shortSends bool // one send in four transfers half of what was asked
	failSends  bool // one send in a hundred fails at once, on a healthy connection

	// What it does wrong itself.
	dropFailures bool // a failed operation never completes

	mu    sync.Mutex
	over  bool
	conns []*net.TCPConn // by handle; nil where the handle is free
	shut  []bool         // by handle: cancelled; WSASend fails at once then (WSAESHUTDOWN)
	free  []handle       // last in, first out
	wg    sync.WaitGroup // operations in flight
}

func newQueue() (*queue, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return &queue{l: l, entries: make(chan entry), closed: make(chan struct{})}, nil
}

func (q *queue) addr() netip.AddrPort { return q.l.Addr().(*net.TCPAddr).AddrPort() }

// accept waits for the next connection; false when the queue is over.
func (q *queue) accept() (handle, bool) {
	c, ok := acceptNext(q.l)
	if !ok {
		return noHandle, false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		_ = c.Close()
		return noHandle, false
	}
	if n := len(q.free); n > 0 {
		h := q.free[n-1]
		q.free = q.free[:n-1]
		q.conns[h], q.shut[h] = c, false
		return h, true
	}
	q.conns, q.shut = append(q.conns, c), append(q.shut, false)
	return handle(len(q.conns) - 1), true
}

// acceptNext waits for the next connection; false once the listener is closed. Any other error is of
// one connection (on Windows an accept fails whose client has left again) or passes: a server that
// ended here would accept nobody any more.
func acceptNext(l *net.TCPListener) (*net.TCPConn, bool) {
	for {
		c, err := l.AcceptTCP()
		if err == nil {
			return c, true
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, false
		}
		time.Sleep(time.Millisecond)
	}
}

// begin counts an operation on a handle in, and finds its connection; nil when it fails at once.
func (q *queue) begin(h handle, op operation) *net.TCPConn {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over || h == noHandle || q.conns[h] == nil || q.shut[h] && op == opSend {
		return nil
	}
	q.wg.Add(1)
	return q.conns[h]
}

// recvSize is the most that one receive brings, in bytes: little, so that a client's window of
// echoes takes several and the workers have something to do at the same time.
const recvSize = 192

// recv is WSARecv.
func (q *queue) recv(h handle, s *session) error {
	c := q.begin(h, opRecv)
	if c == nil {
		return errPost
	}
	go func() {
		defer q.wg.Done()
		buf := make([]byte, recvSize)
		n, err := c.Read(buf)
		if n == 0 {
			time.Sleep(time.Millisecond) // so that who ignores it does not take the whole processor
		}
		q.complete(entry{op: opRecv, s: s, transferred: n, data: buf[:n], failed: isFailure(err)})
	}()
	return nil
}

// send is WSASend; data is the queue's from here on.
func (q *queue) send(h handle, data []byte, s *session) error {
	if q.failSends && rand.IntN(100) == 0 {
		return errPost
	}
	c := q.begin(h, opSend)
	if c == nil {
		return errPost
	}
	if q.shortSends && rand.IntN(4) == 0 {
		data = data[:(len(data)+1)/2]
	}
	go func() {
		defer q.wg.Done()
		n, err := c.Write(data)
		if rand.IntN(4) == 0 {
			time.Sleep(time.Millisecond) // a completion may come long after the peer has the data
		}
		q.complete(entry{op: opSend, s: s, transferred: n, failed: isFailure(err)})
	}()
	return nil
}

// isFailure tells a reset connection from one that has ended or was cancelled.
func isFailure(err error) bool {
	var failure *net.OpError
	return errors.As(err, &failure) && !failure.Timeout()
}

func (q *queue) complete(e entry) {
	if e.failed && q.dropFailures {
		return
	}
	select {
	case q.entries <- e:
	case <-q.closed:
	}
}

// get is GQCS; an order to stop once the queue is over.
func (q *queue) get() entry {
	select {
	case e := <-q.entries:
		return e
	case <-q.closed:
		return entry{op: opStop}
	}
}

// cancel ends both directions with a FIN and completes what is pending; the handle stays.
func (q *queue) cancel(h handle) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h == noHandle || q.conns[h] == nil {
		return
	}
	q.shut[h] = true
	_ = q.conns[h].CloseWrite()
	_ = q.conns[h].SetDeadline(time.Now())
}

// close is closesocket: the handle value is free for the next connection at once.
func (q *queue) close(h handle) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h == noHandle || q.conns[h] == nil {
		return
	}
	_ = q.conns[h].Close()
	q.conns[h] = nil
	q.free = append(q.free, h)
}

// stopAccepting closes the listener.
func (q *queue) stopAccepting() { _ = q.l.Close() }

// end closes every connection and waits for the operations.
func (q *queue) end() {
	q.mu.Lock()
	q.over = true
	for _, c := range q.conns {
		if c != nil {
			_ = c.Close()
		}
	}
	q.mu.Unlock()
	close(q.closed)
	q.wg.Wait()
}
