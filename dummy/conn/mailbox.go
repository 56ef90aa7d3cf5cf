package conn

import (
	"sync"
	"sync/atomic"

	"dummyload/server/iocp"
)

// mailbox is how other goroutines have the engine's thread run a function, a letter. There is no
// other way, and it is rarely used; the data path pays one look at full for it.
//
// The sender appends to letters. Unless a wake-up is already on its way, it posts one to the
// engine's port (PQCS). The thread clears woken when it dequeues the wake-up. It clears full before
// it takes the letters: so every letter is read.
type mailbox struct {
	ov    iocp.Overlapped // of the wake-up; the port owns it from Post to its completion
	woken atomic.Bool     // ov is in the port
	full  atomic.Bool

	mu      sync.Mutex
	letters []func()
	closed  bool
}

// send has the thread run f at the end of its present batch. It reports false if the thread has
// ended; otherwise f is sure to run.
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

// close lets no more letters in, and reads the last ones.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.read()
}
