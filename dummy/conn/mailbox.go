package conn

import (
	"sync"
	"sync/atomic"

	"dummyload/server/iocp"
)

// mailbox brings orders to the engine's thread. It is the only way in, and rare; a look at full is
// all it costs the data path.
//
// Who mails appends to letters and, unless a wake-up is already on its way, posts one to the
// engine's port (PQCS). The thread clears woken when it dequeues that, and full before it takes
// the letters, so that a letter is never left lying.
type mailbox struct {
	ov    iocp.Overlapped // of the wake-up; the port's from Post to its completion
	woken atomic.Bool     // ov is in the port
	full  atomic.Bool

	mu      sync.Mutex
	letters []func()
	closed  bool
}

// send has the thread run f at the end of its present batch; it reports false when the thread
// has ended. Every letter that was taken in is read.
func (m *mailbox) send(port iocp.Port, f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.letters = append(m.letters, f)
	m.full.Store(true)
	if m.woken.CompareAndSwap(false, true) {
		if err := port.Post(&m.ov); err != nil {
			panic("conn: waking a thread: " + err.Error())
		}
	}
	return true
}

// read runs what was mailed, on the engine's thread.
func (m *mailbox) read() {
	m.full.Store(false)
	m.mu.Lock()
	letters := m.letters
	m.letters = nil
	m.mu.Unlock()
	for _, f := range letters {
		f()
	}
}

// close lets no more letters in and reads those there are.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.read()
}
