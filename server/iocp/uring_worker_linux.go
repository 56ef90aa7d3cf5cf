package iocp

import (
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A completion's user data is the address of its Overlapped, but for these. The poster
// keeps the Overlapped reachable (C3) and Go does not move what is on the heap, so that the
// address that comes back is a live object's. An address ends in as many zeros as a mark has
// bits: two, since an Overlapped starts at a multiple of 4 where a pointer has 32 bits.
const (
	markBits     = 2
	markReceiver = 1                     // of a receive, behind which one: see receiverData
	markOwn      = 2                     // of the worker itself, and behind it which:
	dataWake     = 0<<markBits | markOwn // the inbox's eventfd is readable
	dataPosts    = 1<<markBits | markOwn // the port's eventfd is readable
	dataNothing  = 2<<markBits | markOwn // of no interest
)

// It does not compile where the address of an Overlapped has no room for a mark.
const _ = unsafe.Alignof(Overlapped{}) - 1<<markBits

type uringWorker struct {
	port      *uringPort
	at        int   // its number
	id        int32 // of the port's ids
	inbox     *inbox
	ring      *ring
	bufs      *recvBufs
	multishot uint16 // recvMultishot where the kernel has it
	receivers receivers
	receiving int      // receives in the ring that may fill a buffer
	kept      []uint32 // receivers with chunks that no Recv has come for
	ready     []uint32 // a Recv has come for what is kept
	doubted   []uint32 // see settleDoubts
	// later are operations that the kernel has not taken or has given back: the SQ could not be
	// submitted, or a receive found no free buffer. Their posters do not see that.
	later ovQueue
	turn  *Overlapped // of later, being started
	// accepts wait to be submitted, acceptsPerRound at a time. heldBack is since when they wait for
	// another worker that is far behind; zero when they do not.
	accepts  ovQueue
	heldBack time.Time
	// armWake and armPosts say that the poll on the eventfd has to be submitted (again).
	armWake, armPosts bool
}

func (p *uringPort) Worker() (Worker, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == len(p.inboxes) {
		return nil, errNoMoreWorkers(p.made)
	}
	r, err := openRing(p.flags, p.sizes.sq, p.sizes.cq)
	if err != nil {
		return nil, explainUring(err)
	}
	b, err := openBufs(r, bufCount(p.cfg.RecvSize), p.cfg.RecvSize)
	if err != nil {
		r.close()
		return nil, err
	}
	w := &uringWorker{port: p, inbox: &p.inboxes[p.made], ring: r, bufs: b}
	w.armWake, w.armPosts = true, true
	if p.flags&setupSingleIssuer != 0 { // as old as the receive that goes on: 6.0
		w.multishot = recvMultishot
	}
	w.at, w.id = p.made, p.ids.id(p.made)
	p.made++
	p.active++
	return w, nil
}

// Close gives the ring and the buffers back and what is still in the inbox to the others.
func (w *uringWorker) Close() error {
	w.inbox.closed.Store(true)
	w.port.handOn(w.inbox)
	ended := w.endReceives()
	w.ring.close()
	if ended {
		w.bufs.close()
	}
	w.port.mu.Lock()
	w.port.active--
	w.port.mu.Unlock()
	return nil
}

// mostClosing is how long Close waits for the kernel to end what is received for open sockets.
const mostClosing = time.Second

// endReceives ends every receive of the ring. Closing the ring does so, too, but later: the kernel
// would write a chunk that comes in between where the buffers were. It reports false when they have
// not ended in time; the buffers then stay mapped for good.
func (w *uringWorker) endReceives() bool {
	if w.receiving == 0 {
		return true
	}
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{opcode: opAsyncCancel, opFlags: cancelAll | cancelAny, userData: dataNothing}
	for deadline := time.Now().Add(mostClosing); ; {
		if err := w.ring.enter(enterGetEvents); err != nil {
			return false
		}
		n := w.ring.ended()
		for i := range n {
			c := w.ring.peek(i)
			if c.userData&(1<<markBits-1) == markReceiver && c.flags&cqeMore == 0 {
				w.receiving--
			}
		}
		w.ring.pop(n)
		switch {
		case w.receiving == 0:
			return true
		case n == 0 && time.Now().After(deadline):
			return false
		case n == 0:
			_ = w.ring.wait(time.Millisecond)
		}
	}
}

func (w *uringWorker) Accept(listener Socket, ov *Overlapped) error {
	ov.accept(listener)
	w.start(ov)
	return nil
}

func (w *uringWorker) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	ov.connect(s, remote)
	w.start(ov)
	return nil
}

func (w *uringWorker) Recv(s Socket, ov *Overlapped) error {
	ov.recv(s)
	w.start(ov)
	return nil
}

func (w *uringWorker) Send(s Socket, buf []byte, ov *Overlapped) error {
	ov.send(s, buf)
	w.start(ov)
	return nil
}

// Get works in rounds: it collects what has to be started, submits it, and looks for completions
// without waiting. It sleeps only when there are none.
func (w *uringWorker) Get(entries []Entry, wait time.Duration) (int, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	w.tidy()
	w.bufs.lend()
	sleep := countdown{wait: wait}
	for {
		w.collect()
		if w.ring.pending() > 0 || w.ring.ended() == 0 {
			if err := w.ring.enter(enterGetEvents); err != nil {
				return 0, err
			}
		}
		n := w.deliverReady(entries)
		n += w.reap(entries[n:])
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

// collect puts everything that waits to be started into the SQ.
func (w *uringWorker) collect() {
	if w.armWake {
		w.armWake = !w.arm(w.inbox.wake, dataWake)
	}
	if w.armPosts {
		w.armPosts = !w.arm(w.port.posts.tokens, dataPosts)
	}
	// No more than there are buffers: the rest would come straight back.
	for n := len(w.bufs.ring); n > 0 && w.later.head != nil; n-- {
		ov := w.later.pop()
		w.turn = ov
		w.start(ov)
		w.turn = nil
		if w.later.tail == ov {
			return // the kernel takes nothing more just now
		}
	}
	for ov := w.inbox.take(); ov != nil; {
		next := ov.sys.next
		ov.sys.next = nil
		w.start(ov)
		ov = next
	}
	w.settleDoubts()
	w.beginAccepts()
}

// A worker accepts nothing more for mostHeldBack while farBehind operations wait in another's inbox:
// first receives, on connections that were accepted faster than that worker can handle them. Nothing
// wakes it when that is over; it looks again after each heldBackPause.
const (
	farBehind     = 64
	heldBackPause = time.Millisecond
	mostHeldBack  = 20 * time.Millisecond
)

func (w *uringWorker) beginAccepts() {
	if w.accepts.head == nil || w.holdsBack() {
		return
	}
	for n := acceptsPerRound; n > 0 && w.accepts.head != nil; n-- {
		ov := w.accepts.pop()
		if !w.submit(ov) {
			w.accepts.push(ov)
			return
		}
	}
}

// holdsBack reports whether accepts have to wait for another worker. After mostHeldBack some are begun
// all the same: that worker may be stuck for good.
func (w *uringWorker) holdsBack() bool {
	if !w.port.anyFarBehind() {
		w.heldBack = time.Time{}
		return false
	}
	now := time.Now()
	if w.heldBack.IsZero() {
		w.heldBack = now
	}
	if now.Sub(w.heldBack) < mostHeldBack {
		return true
	}
	w.heldBack = now
	return false
}

func (p *uringPort) anyFarBehind() bool {
	for i := range p.inboxes {
		if p.inboxes[i].waiting.Load() > farBehind {
			return true
		}
	}
	return false
}

// arm polls an eventfd once; false when there was no room.
func (w *uringWorker) arm(fd int, data uint64) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{fd: int32(fd), userData: data}
	e.pollFor(unix.POLLIN)
	return true
}

// sleep waits for a completion, at most d, unless something is left to be started.
func (w *uringWorker) sleep(d time.Duration) error {
	w.inbox.sleeping.Store(true)
	defer w.inbox.sleeping.Store(false)
	if w.inbox.stack.Load() != nil || w.later.head != nil ||
		w.armWake || w.armPosts || len(w.ready) > 0 || len(w.doubted) > 0 ||
		w.ring.pending() > 0 || w.ring.ended() > 0 {
		return nil
	}
	switch {
	case w.accepts.head == nil:
	case w.heldBack.IsZero():
		return nil
	case d < 0 || d > heldBackPause:
		d = heldBackPause
	}
	return w.ring.wait(d)
}

// reap turns completions into entries and returns how many.
func (w *uringWorker) reap(entries []Entry) int {
	n, ended := 0, w.ring.ended()
	i := uint32(0)
	for ; i < ended && n < len(entries); i++ {
		c := w.ring.peek(i)
		switch c.userData & (1<<markBits - 1) {
		case markReceiver:
			if w.recvDone(c, &entries[n]) {
				n++
			}
		case markOwn:
			if w.own(c, &entries[n]) {
				n++
				entries = entries[:n] // an order to stop is the last thing a worker sees
			}
		default:
			if w.finish(c, &entries[n]) {
				n++
			}
		}
	}
	w.ring.pop(i)
	return n
}

// own takes a completion of the worker's polls; true when it brought a posted packet.
func (w *uringWorker) own(c *cqe, e *Entry) bool {
	switch c.userData {
	case dataWake:
		eventConsume(w.inbox.wake)
		w.armWake = true
	case dataPosts:
		w.armPosts = true
		if ov, ok := w.port.posts.take(); ok {
			*e = Entry{Overlapped: ov, Socket: InvalidSocket}
			return true
		}
	}
	return false
}
