package gallery

import (
	"sync"
	"sync/atomic"

	"dummyload/server/frame"
)

// session is a slot of the specimen. Any thread may touch any field at any time: whose turn it is, is
// what a bug gets wrong. So all fields are atomic or locked: nothing here is a data race, only wrong.
type session struct {
	index int
	id    atomic.Uint64 // of the present session, 0 for none
	sock  atomic.Int64  // its handle
	io    atomic.Int64  // IOCount
	flag  atomic.Bool   // SendFlag
	ended atomic.Bool   // cancelled
	asked atomic.Int64  // bytes that the send in flight was asked to transfer

	hold sync.Mutex // LockSession: the id and IOCount's way to 0 (R12)

	mu      sync.Mutex // guards what follows
	sendq   []byte
	partial []byte // of a frame
	voice   *voice
}

// open begins a session, with the accept's own reference (R13). It returns what the server says first.
func (s *session) open(h handle, id uint64, f *frame.Format) (greeting []byte) {
	v := newVoice(f)
	s.mu.Lock()
	s.voice = v
	s.mu.Unlock()
	s.sock.Store(int64(h))
	s.flag.Store(false)
	s.ended.Store(false)
	s.io.Store(1)
	s.id.Store(id)
	return v.framed(nil, v.last)
}

// answers answers the whole frames in what arrived, and keeps the rest.
func (s *session) answers(data []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, rest := s.voice.answerAll(nil, append(s.partial, data...))
	s.partial = append([]byte(nil), rest...)
	return said
}

// enqueue puts packets into SendQ.
func (sp *specimen) enqueue(s *session, packets []byte) {
	s.mu.Lock()
	if sp.bug == unlockedSendQ {
		seen := append([]byte(nil), s.sendq...)
		s.mu.Unlock()
		sp.window()
		s.mu.Lock()
		s.sendq = append(seen, packets...)
	} else {
		s.sendq = append(s.sendq, packets...)
	}
	s.mu.Unlock()
}

// maxSend is the most that one send is asked to transfer.
const maxSend = 16 << 10

// peek is what to send next.
func (s *session) peek() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.sendq[:min(len(s.sendq), maxSend)]...)
}

func (s *session) consume(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendq = s.sendq[min(n, len(s.sendq)):]
}

func (s *session) queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sendq)
}

// rarely is how many receives are posted for each that is not (notRearmed).
const rarely = 3000

// recvPost raises IOCount, then calls WSARecv (R1).
func (sp *specimen) recvPost(s *session) {
	s.io.Add(1)
	if sp.bug == notRearmed && sp.nextID.Add(1)%rarely == 0 {
		return
	}
	if sp.q.recv(handle(s.sock.Load()), s) != nil {
		sp.postFailed(s)
	}
}

// trySet sets SendFlag and reports whether it was this call that did (R4).
func (sp *specimen) trySet(s *session) bool {
	if sp.bug == testThenSet {
		if s.flag.Load() {
			return false
		}
		sp.window()
		s.flag.Store(true)
		return true
	}
	return s.flag.CompareAndSwap(false, true)
}

// sendPost sends what SendQ holds unless a send is in flight.
func (sp *specimen) sendPost(s *session) {
	for s.queued() > 0 && sp.trySet(s) {
		data := s.peek()
		if len(data) == 0 {
			s.flag.Store(false)
			continue
		}
		s.asked.Store(int64(len(data)))
		if sp.bug != countAfterSend {
			s.io.Add(1)
		}
		if sp.bug == closeOnZero {
			sp.window()
		}
		err := sp.q.send(handle(s.sock.Load()), data, s)
		if sp.bug == countAfterSend {
			sp.window()
			s.io.Add(1)
		}
		if err != nil {
			sp.postFailed(s)
		}
		return
	}
}

// sendDone consumes what was transferred, clears SendFlag, and looks at SendQ again, in this
// order (R5).
func (sp *specimen) sendDone(s *session, transferred int) {
	switch sp.bug {
	case noRecheck:
		s.consume(transferred)
		s.flag.Store(false)
		return
	case clearAfterCheck:
		s.consume(transferred)
		more := s.queued() > 0
		sp.window()
		s.flag.Store(false)
		if more {
			sp.sendPost(s)
		}
		return
	case clearBeforeConsume:
		s.flag.Store(false)
		sp.window()
		s.consume(transferred)
	case consumeAsked:
		s.consume(int(s.asked.Load()))
		s.flag.Store(false)
	default:
		s.consume(transferred)
		s.flag.Store(false)
	}
	sp.sendPost(s)
}

// postFailed lowers IOCount again (R2), and disconnects (R14).
func (sp *specimen) postFailed(s *session) {
	if sp.bug != failedPostStays {
		sp.cancel(s)
	}
	if sp.bug != failedPostCounts {
		sp.ioDown(s)
	}
}

// cancel ends the connection and keeps the handle (R11).
func (sp *specimen) cancel(s *session) {
	if sp.bug == closeOnZero {
		sp.q.close(handle(s.sock.Load()))
		return
	}
	if s.ended.CompareAndSwap(false, true) {
		sp.q.cancel(handle(s.sock.Load()))
	}
}

// ioDown lowers IOCount; whoever gets 0 as the result of that releases (R3).
func (sp *specimen) ioDown(s *session) {
	switch sp.bug {
	case secondRead:
		s.io.Add(-1)
		sp.window()
		if s.io.Load() == 0 {
			sp.release(s)
		}
		return
	case resurrect:
		if s.io.Add(-1) == 0 {
			sp.window()
			sp.release(s)
		}
		return
	}
	s.hold.Lock()
	last := s.io.Add(-1) == 0
	if last {
		s.id.Store(0) // nobody climbs back from here (R12)
	}
	s.hold.Unlock()
	if last {
		sp.release(s)
	}
}

// release gives back all that the session held.
func (sp *specimen) release(s *session) {
	s.id.Store(0)
	h := handle(s.sock.Swap(int64(noHandle)))
	if h == noHandle && sp.bug != secondRead { // its slot is free, or somebody else's by now
		sp.released.Add(1)
		sp.releasedTwice.Add(1)
		return
	}
	if h == noHandle {
		defer sp.releasedTwice.Add(1)
	}
	if sp.bug != closeOnZero {
		sp.q.close(h)
	}
	s.mu.Lock()
	s.sendq, s.partial = nil, nil
	s.mu.Unlock()
	sp.released.Add(1)
	sp.mu.Lock()
	sp.free = append(sp.free, s)
	sp.mu.Unlock()
}

// sendPacket is SendPacket from anywhere: a reference of its own, then the id, then SendQ (R12).
func (sp *specimen) sendPacket(p push) {
	sp.mu.Lock()
	s := sp.slots[p.index]
	sp.mu.Unlock()
	switch sp.bug {
	case unheld:
		if s.id.Load() == p.id {
			sp.window()
			sp.enqueue(s, p.packet)
			sp.sendPost(s)
		}
		return
	case noIDCheck:
		sp.window()
		p.id = s.id.Load()
	case resurrect:
		s.io.Add(1)
		if s.id.Load() == p.id {
			sp.window()
			sp.enqueue(s, p.packet)
			sp.sendPost(s)
		}
		sp.ioDown(s)
		return
	}
	s.hold.Lock()
	is := p.id != 0 && s.id.Load() == p.id
	if is {
		s.io.Add(1)
	}
	s.hold.Unlock()
	if !is {
		return
	}
	switch sp.bug {
	case releaseOnZero, secondRead, failedPostCounts:
		sp.window() // for the connection to end meanwhile
	}
	sp.enqueue(s, p.packet)
	sp.sendPost(s)
	sp.ioDown(s)
}
