package dummy

import (
	"sync"
	"sync/atomic"

	"dummyload/server/iocp"
)

// mailbox brings orders to a worker: Control's verbs and the request for a report. It is the
// only way in, and rare; a look at full is all it costs the data path.
//
// Who mails appends to letters and, unless a wake-up is already on its way, posts one to the
// worker's port (PQCS). The worker clears woken when it dequeues that, and full before it takes
// the letters, so that a letter is never left lying.
type mailbox struct {
	ov    iocp.Overlapped // of the wake-up; the port's from Post to its completion
	woken atomic.Bool     // ov is in the port
	full  atomic.Bool

	mu      sync.Mutex
	letters []func(*worker)
	closed  bool
}

// send has the worker run f at the end of its present batch; it reports false when the worker
// has ended. Every letter that was taken in is read.
func (m *mailbox) send(port iocp.Port, f func(*worker)) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.letters = append(m.letters, f)
	m.full.Store(true)
	if m.woken.CompareAndSwap(false, true) {
		if err := port.Post(&m.ov); err != nil {
			panic("dummy: waking a worker: " + err.Error())
		}
	}
	return true
}

// read runs what was mailed, on the worker.
func (m *mailbox) read(w *worker) {
	m.full.Store(false)
	m.mu.Lock()
	letters := m.letters
	m.letters = nil
	m.mu.Unlock()
	for _, f := range letters {
		f(w)
	}
}

// close lets no more letters in and reads those there are.
func (m *mailbox) close(w *worker) {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.read(w)
}
