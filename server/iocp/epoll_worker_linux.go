package iocp

import (
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// arenaSize is a worker's memory for what one batch receives, in bytes. An arena has room for
	// one more whole receive.
	arenaSize = 1 << 20
	// maxUnpolled is how many Gets in a row may take from the queue alone. Without it, while the
	// sends of one connection all succeed at once, the worker would never look at the others.
	maxUnpolled = 8
)

type epollWorker struct {
	port  *epollPort
	at    int // its number
	ep    int
	inbox *inbox
	// queue holds operations that have ended, and those that became ready and are to be tried
	// as the entries have room for them.
	queue ovQueue
	// accepts are those to be tried, acceptsPerRound of them in each Get.
	accepts  ovQueue
	arena    []byte // what Data of the last batch lies in
	used     int    // bytes of arena
	unpolled int
	nap      nap
	posted   bool // the port's queue of posts may hold something
	postsDue bool // the last Get had no room to look at it: this one begins there
	events   [256]unix.EpollEvent
}

func (p *epollPort) Worker() (Worker, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == len(p.inboxes) {
		return nil, errNoMoreWorkers(p.made)
	}
	w := &epollWorker{
		port: p, at: p.made, ep: p.epolls[p.made], inbox: &p.inboxes[p.made],
		arena: make([]byte, arenaSize+p.cfg.RecvSize),
	}
	p.made++
	p.active++
	return w, nil
}

// Close hands on what other goroutines have passed to this worker. Its epoll stays with the
// port: sockets may be watched by it until they are closed.
func (w *epollWorker) Close() error {
	w.inbox.closed.Store(true)
	w.port.handOn(w.at, w.inbox.take())
	w.port.handOn(w.at, w.queue.head)
	w.port.handOn(w.at, w.accepts.head)
	w.queue, w.accepts = ovQueue{}, ovQueue{}
	w.port.mu.Lock()
	defer w.port.mu.Unlock()
	w.port.active--
	return nil
}

func (w *epollWorker) me() poster { return poster{at: w.at, w: w} }

func (w *epollWorker) Accept(listener Socket, ov *Overlapped) error {
	return w.port.accept(w.me(), listener, ov)
}

func (w *epollWorker) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	return w.port.connect(w.me(), s, remote, ov)
}

func (w *epollWorker) Recv(s Socket, ov *Overlapped) error {
	return w.port.recv(w.me(), s, ov)
}

func (w *epollWorker) Send(s Socket, buf []byte, ov *Overlapped) error {
	return w.port.send(w.me(), s, buf, ov)
}

// Get works in rounds: it takes what is queued, else asks epoll without waiting. It sleeps only
// when both give nothing.
func (w *epollWorker) Get(entries []Entry, wait time.Duration) (int, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	w.used = 0
	sleep := countdown{wait: wait}
	for {
		w.collect()
		if w.queue.head == nil || w.unpolled == maxUnpolled {
			if err := w.poll(0); err != nil {
				return 0, err
			}
		} else {
			w.unpolled++
		}
		n := w.deliver(entries)
		if n > 0 {
			return n, nil
		}
		left, ok := sleep.left()
		if !ok {
			return 0, nil
		}
		if err := w.sleep(left); err != nil {
			return 0, err
		}
	}
}

// collect takes over what other goroutines have passed to this worker.
func (w *epollWorker) collect() {
	for ov := w.inbox.take(); ov != nil; {
		next := ov.sys.next
		w.enqueue(ov)
		ov = next
	}
}

// enqueue puts an operation that has ended, or is to be tried, into its queue.
func (w *epollWorker) enqueue(ov *Overlapped) {
	if ov.Op == OpAccept && !ov.sys.done {
		w.accepts.push(ov)
		return
	}
	w.queue.push(ov)
}

// sleep waits for an event, at most d, unless something has come into the inbox.
func (w *epollWorker) sleep(d time.Duration) error {
	w.inbox.sleeping.Store(true)
	defer w.inbox.sleeping.Store(false)
	if w.inbox.stack.Load() != nil || w.queue.head != nil || w.accepts.head != nil {
		return nil
	}
	return w.poll(d)
}

// poll queues the operations that epoll says may be tried.
func (w *epollWorker) poll(wait time.Duration) error {
	w.unpolled = 0
	n, err := epollWait(w.ep, w.events[:], wait, &w.nap)
	for i := range w.events[:n] {
		ev := &w.events[i]
		s, life := Socket(ev.Fd), uint32(ev.Pad)
		if life == ownEvent {
			w.posted = w.posted || int(ev.Fd) == w.port.posts.tokens
			continue
		}
		st := epollStates.at(s)
		if !st.end(life, ev.Events&epollEnded) {
			continue // of a socket that has been closed
		}
		if ev.Events&(unix.EPOLLIN|epollEnded) != 0 {
			w.tryLater(edge(&st.in))
		}
		if ev.Events&(unix.EPOLLOUT|epollBroken) != 0 {
			w.tryLater(edge(&st.out))
		}
	}
	return err
}

// tryLater queues a chain of operations whose socket became ready.
func (w *epollWorker) tryLater(chain *Overlapped) {
	for ov := chain; ov != nil; {
		next := ov.sys.next
		w.enqueue(ov)
		ov = next
	}
}

// deliver fills entries from the queue and the port's posts and returns how many.
func (w *epollWorker) deliver(entries []Entry) (n int) {
	w.tryAccepts()
	if w.postsDue {
		if n = w.takePosts(entries); n > 0 && entries[n-1].Overlapped == nil {
			return n
		}
	}
	for n < len(entries) && w.queue.head != nil {
		if w.queue.head.Op == OpRecv && len(w.arena)-w.used < w.port.cfg.RecvSize {
			return n // the rest waits until the arena is free again
		}
		ov := w.queue.pop()
		if ov.sys.done || w.try(ov) {
			entries[n] = w.entry(ov)
			n++
		}
	}
	w.postsDue = n == len(entries)
	if !w.postsDue {
		n += w.takePosts(entries[n:])
	}
	return n
}

// takePosts fills entries with what was given to Post, up to an order to stop (C7).
func (w *epollWorker) takePosts(entries []Entry) (n int) {
	for w.posted && n < len(entries) {
		ov, ok := w.port.posts.take()
		if !ok {
			w.posted = false
			break
		}
		entries[n] = Entry{Overlapped: ov, Socket: InvalidSocket}
		n++
		if ov == nil {
			break
		}
	}
	return n
}

// entry turns an operation that has ended into its Entry.
func (w *epollWorker) entry(ov *Overlapped) Entry {
	e := Entry{Overlapped: ov, Socket: InvalidSocket, Err: ov.sys.err}
	switch {
	case ov.Op == OpAccept && e.Err == nil:
		e.Socket = Socket(ov.sys.n)
	case ov.Op == OpRecv:
		e.Transferred = ov.sys.n
		if e.Transferred > 0 {
			e.Data = w.arena[w.used : w.used+e.Transferred : w.used+e.Transferred]
			w.used += e.Transferred
		}
	case ov.Op == OpSend:
		e.Transferred = ov.sys.n
	}
	return e
}

// try tries an operation; false when it waits again or when its result goes elsewhere.
func (w *epollWorker) try(ov *Overlapped) bool {
	st := epollStates.at(ov.sock)
	var n int
	var err error
	slot := &st.out
	switch ov.Op {
	case OpRecv:
		slot = &st.in
		n, err = w.receive(st, ov.sock)
	case OpSend:
		n, err = writeSocket(ov.sock, ov.buf)
	case OpConnect:
		err = connected(st, ov.sock)
	default:
		panic("iocp: an Overlapped was used again before its Entry (C3)")
	}
	if err == unix.EAGAIN {
		w.again(slot, ov)
		return false
	}
	ov.buf = nil
	ov.sys.n, ov.sys.err = n, err
	return true
}

// again parks an operation that cannot be done yet.
func (w *epollWorker) again(slot *atomic.Pointer[Overlapped], ov *Overlapped) {
	if !park(slot, ov) {
		w.enqueue(ov)
	}
}

// receive reads into the arena. A read that does not fill the room has emptied the socket, and
// later data has an edge of its own. Otherwise the next Recv has to try at once.
func (w *epollWorker) receive(st *epollState, s Socket) (int, error) {
	room := w.arena[w.used : w.used+w.port.cfg.RecvSize]
	n, err := readSocket(s, room)
	if err != unix.EAGAIN && (n == 0 || n == len(room)) {
		if edge(&st.in) != nil {
			panic("iocp: two receives are in flight on a socket (C2)")
		}
	}
	return n, err
}

// tryAccepts tries those whose turn it is.
func (w *epollWorker) tryAccepts() {
	for n := acceptsPerRound; n > 0 && w.accepts.head != nil; n-- {
		ov := w.accepts.pop()
		w.tryAccept(epollStates.at(ov.sock), ov)
	}
}

// tryAccept accepts one connection and gives it to the worker whose turn it is. Another may be
// in the listener's queue behind it, and no edge comes for that one: neither after a success nor
// after a failure for lack of descriptors. So the listener stays ready until an accept finds
// nothing.
func (w *epollWorker) tryAccept(st *epollState, ov *Overlapped) {
	s, err := acceptSocket(ov.sock)
	if err == unix.EAGAIN {
		w.again(&st.in, ov)
		return
	}
	by := w.port.inTurn()
	if by.at == w.at {
		by.w = w
	}
	by.end(w.port, ov, int(s), err)
	w.tryLater(edge(&st.in))
}

// connected is how a connect ended, EAGAIN when it has not.
func connected(st *epollState, s Socket) error {
	if err := connectResult(s); err != nil {
		return err
	}
	if remoteAddr(s).IsValid() {
		return nil
	}
	if st.ended()&epollBroken != 0 {
		return unix.ENOTCONN // cancelled, and SO_ERROR was read before
	}
	return unix.EAGAIN
}
