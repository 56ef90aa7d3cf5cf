package iocp

import (
	"sync"
	"time"
)

// netDone is a completion on its way to a worker. buf is the pooled memory that Data lies in.
type netDone struct {
	Entry
	buf *[]byte
}

// netQueue is the completion queue of the net backend: one for all workers, behind a mutex.
// A worker that finds it empty leaves its wake channel in waiting and sleeps.
type netQueue struct {
	mu      sync.Mutex
	done    []netDone
	head    int // done[:head] has been taken
	waiting []chan struct{}
	closed  bool
}

// push appends a completion and wakes one worker, if one sleeps.
func (q *netQueue) push(d netDone) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errPortClosed
	}
	if len(q.done) == cap(q.done) && q.head >= len(q.done)/2 {
		// Use the room of what was taken: under load the queue may never be empty.
		q.done, q.head = q.done[:copy(q.done, q.done[q.head:])], 0
	}
	q.done = append(q.done, d)
	q.wakeOne()
	return nil
}

// wakeOne is called with mu held.
func (q *netQueue) wakeOne() {
	if n := len(q.waiting); n > 0 {
		q.waiting[n-1] <- struct{}{} // has room: a channel waits at most once
		q.waiting = q.waiting[:n-1]
	}
}

// take moves completions to the worker until entries are full, the queue is empty or an
// order to stop was taken (C7). When there are none, wake goes into waiting.
func (q *netQueue) take(entries []Entry, w *netWorker, wake chan struct{}) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(entries) && q.head < len(q.done) {
		d := q.done[q.head]
		q.done[q.head] = netDone{}
		q.head++
		entries[n] = d.Entry
		n++
		if d.buf != nil {
			w.held = append(w.held, d.buf)
		}
		if d.Overlapped == nil {
			break
		}
	}
	switch {
	case q.head < len(q.done):
		q.wakeOne() // what this worker leaves is for another
	default:
		q.done, q.head = q.done[:0], 0
	}
	if n == 0 && wake != nil {
		q.waiting = append(q.waiting, wake)
	}
	return n
}

// forget takes wake back after a time-out; false when it has been woken in the meantime.
func (q *netQueue) forget(wake chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, c := range q.waiting {
		if c == wake {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (q *netQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// netWorker is one worker of the net backend. It posts as any goroutine would.
type netWorker struct {
	Poster
	port  *netPort
	wake  chan struct{}
	timer *time.Timer
	held  []*[]byte // lent out by the last Get
}

func (w *netWorker) Get(entries []Entry, wait time.Duration) (int, error) {
	w.giveBack()
	q := &w.port.queue
	if wait == 0 || len(entries) == 0 {
		return q.take(entries, w, nil), nil
	}
	deadline := time.Now().Add(wait)
	for {
		if n := q.take(entries, w, w.wake); n > 0 {
			return n, nil
		}
		if wait < 0 {
			<-w.wake // another worker may have been faster: look again
			continue
		}
		w.timer.Reset(time.Until(deadline))
		select {
		case <-w.wake:
			w.timer.Stop()
		case <-w.timer.C:
			if !q.forget(w.wake) {
				<-w.wake
			}
			return q.take(entries, w, nil), nil
		}
	}
}

// giveBack ends the validity of the last batch's Data (C10).
func (w *netWorker) giveBack() {
	for i, b := range w.held {
		w.port.bufs.Put(b)
		w.held[i] = nil
	}
	w.held = w.held[:0]
}

func (w *netWorker) Close() error {
	w.giveBack()
	w.port.open.Add(-1)
	return nil
}
