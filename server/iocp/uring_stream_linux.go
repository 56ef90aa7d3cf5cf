package iocp

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Receives of the uring backend.
//
// A receive that the kernel ends with each chunk has to be armed for each chunk, which is a tenth
// of an echo. So the first Recv on a socket arms one that goes on (IORING_RECV_MULTISHOT), in the
// ring of the worker that starts it: the socket's home. A later Recv costs nothing; it only says
// that the next chunk is wanted.
//
//	         Recv: arm                 chunk, Recv posted: its Entry
//	  idle ─────────────► armed ─────────────────────────────────────┐
//	   ▲                  │   ▲ ◄────────────────────────────────────┘
//	   │ end of the       │   │
//	   │ stream; no       │   │ Recv: the oldest chunk is its Entry
//	   │ buffer; taken    ▼   │
//	   └───────────── chunk while no Recv is posted: kept
//
// A poster that goes on at once finds kept chunks only where two came in one batch. From one that
// does not until the next Get, what is kept is copied and the receive is taken back, so that its
// buffers go to others and its peer is held up as by any socket that nobody reads.
//
// Where buffers run out, receives wait in a line (later), each is armed for one chunk when its turn
// comes, and who has had one goes to the end: or some would have all the buffers, and their peers all
// the echoes.
//
// A receive that goes on hears of a socket by wake-ups, and takes several at once for one: of a RST,
// or a Cancel, that came together with data it never hears. (A FIN shows in the chunk: there is more
// to read.) A Send after the chunk fails then, and so brings it out. Where there is none until the
// next Get the receive is in doubt: it is taken back, and the next one is for one chunk only, since
// arming looks at the socket. Who answers at once, as servers and dummies under load do, keeps the
// receive that goes on; who has time pays for arming.

// home is what every thread may know of a socket.
type home struct {
	// worker is 1 + the worker in whose ring the socket's receives are; 0 is none yet.
	worker atomic.Int32
	// word is one, so that a late word of an earlier connection changes nothing of a later one's:
	//
	//	bits 31..1  life, the uses of the handle value so far
	//	bit  0      armed: the ring receives for it, and holds a reference
	word atomic.Uint32
}

// life is how often the handle value was closed.
func (h *home) life() uint32 { return h.word.Load() >> 1 }

// arm and disarm note what the ring does for the connection of the given life.
func (h *home) arm(life uint32)    { h.word.CompareAndSwap(life<<1, life<<1|1) }
func (h *home) disarm(life uint32) { h.word.CompareAndSwap(life<<1|1, life<<1) }

// next begins another life. It reports whether the ring still has hold of this one.
func (h *home) next() (armed bool) {
	old := h.word.Load()
	for !h.word.CompareAndSwap(old, old&^1+2) {
		old = h.word.Load()
	}
	return old&1 != 0
}

// stream is what the home worker knows of a socket, and nobody else touches.
type stream struct {
	life   uint32      // as in home when its first Recv came
	armed  bool        // the ring receives for it
	more   bool        // the socket had more to read than the last chunk
	ended  bool        // with err; comes after what is kept
	listed bool        // in the worker's kept
	quiet  bool        // nothing was sent since the last chunk, or in vain
	recv   *Overlapped // posted, and its Entry not yet out
	chunks chunkList   // kept, in the port's buffers
	copied []byte      // kept, older than chunks: had to leave the buffers
	err    unix.Errno  // 0 is the end of the stream
}

// keeps reports whether something waits for a Recv.
func (st *stream) keeps() bool { return st.hasData() || st.ended }

func (st *stream) hasData() bool { return len(st.copied) > 0 || st.chunks.first != 0 }

// homeOf is the inbox of the worker where a Recv of s is to start; nil when there is none yet or
// that worker has gone.
func (p *uringPort) homeOf(s Socket) *inbox {
	if h := p.homes.at(s); h != nil {
		if at := h.worker.Load(); at > 0 && !p.inboxes[at-1].closed.Load() {
			return &p.inboxes[at-1]
		}
	}
	return nil
}

// leave ends a use of a handle value, which must still be taken. The ring's reference would
// keep the connection open beyond Close; shutting down makes the ring let go of it.
func (p *uringPort) leave(s Socket) {
	h := p.homes.at(s)
	if h == nil || h.worker.Load() == 0 {
		return
	}
	h.worker.Store(0)
	if h.next() {
		cancelSocket(s)
	}
}

// startRecv starts a Recv where the socket's receives are.
func (w *uringWorker) startRecv(ov *Overlapped) {
	if b := w.port.homeOf(ov.sock); b != nil && b != w.inbox {
		w.port.give(b, ov)
		return
	}
	h, st := w.port.homes.make(ov.sock), w.streams.make(ov.sock)
	if st == nil { // no socket can have this value: the kernel says so
		if !w.armRecv(ov.sock, 0, ov.data()) {
			w.later.push(ov)
		}
		return
	}
	if life := h.life(); st.life != life || h.worker.Load() != w.at {
		w.bufs.drop(&st.chunks)
		*st = stream{life: life, listed: st.listed}
		h.worker.Store(w.at)
	}
	if st.recv != nil {
		panic("iocp: two receives are in flight on a socket (C2)")
	}
	switch {
	case st.keeps():
		w.ready = append(w.ready, ov.sock)
	case st.quiet:
		w.doubted = append(w.doubted, ov.sock)
	case st.armed:
	case !w.mayArm(ov) || !w.armStream(h, st, ov, w.goesOn()):
		w.later.push(ov)
		return
	}
	st.recv = ov
}

// mayArm reports whether it is this Recv's turn: nobody else waits in the line, or it is its first.
func (w *uringWorker) mayArm(ov *Overlapped) bool { return w.later.head == nil || w.turn == ov }

// goesOn is how a receive is armed: to go on, unless others wait in the line.
func (w *uringWorker) goesOn() uint16 {
	if w.later.head != nil {
		return 0
	}
	return w.multishot
}

// armStream has the ring receive for st; false when the SQ has no room.
func (w *uringWorker) armStream(h *home, st *stream, ov *Overlapped, how uint16) bool {
	// The answer to what is being sent has not come yet: to try first would be in vain (4 % of an
	// echo). A wrong guess costs a detour, no data.
	if !st.more {
		how |= recvPollFirst
	}
	st.armed = w.armRecv(ov.sock, how, streamData(ov.sock, st.life))
	if st.armed {
		h.arm(st.life)
	}
	return st.armed
}

// settleDoubts sees to the Recvs that were posted before anything was sent after their chunk.
func (w *uringWorker) settleDoubts() {
	still := w.doubted[:0]
	for _, s := range w.doubted {
		st := w.streams.at(s)
		switch {
		case st.recv == nil || st.keeps(): // something has come since
		case st.armed:
			if st.quiet && !w.takeBack(s, st) {
				still = append(still, s)
			}
		default:
			how := w.multishot
			if st.quiet {
				how = 0
			}
			if !w.armStream(w.port.homes.at(s), st, st.recv, how) {
				still = append(still, s)
			}
		}
	}
	w.doubted = still
}

// sending notes that a Send is started on a socket, and sendFailed that it was in vain: then the
// receive has an end to find.
func (w *uringWorker) sending(s Socket) {
	if st := w.streams.at(s); st != nil {
		st.quiet = false
	}
}

func (w *uringWorker) sendFailed(s Socket) {
	st := w.streams.at(s)
	if st == nil {
		return
	}
	st.quiet = true
	if st.recv != nil && st.armed {
		w.doubted = append(w.doubted, s)
	}
}

// armRecv puts a receive into the SQ; false when there is no room.
func (w *uringWorker) armRecv(s Socket, how uint16, data uint64) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	// No buffer is named: the kernel takes one when there is something to put into it.
	*e = sqe{opcode: opRecv, flags: sqeBufferSelect, bufGroup: bufGroup, ioprio: how,
		fd: int32(s), userData: data}
	if how&recvMultishot == 0 {
		e.len = uint32(w.bufs.size) // else each chunk's buffer tells
	}
	return true
}

// heard takes a completion of a stream and fills e; false when there is no Entry for it now.
func (w *uringWorker) heard(c *cqe, e *Entry) bool {
	s, life := streamOf(c.userData)
	h, st := w.port.homes.at(s), w.streams.at(s)
	if h.life() != life { // closed since
		if c.flags&cqeBuffer != 0 {
			w.bufs.giveBack(c.buffer())
		}
		if st.life == life {
			st.copied = nil // nobody will ask for it
		}
		return false
	}
	if c.flags&cqeMore == 0 {
		st.armed = false
		h.disarm(life)
	}
	st.more = c.flags&cqeSockNonempty != 0
	waits := st.recv != nil && !st.keeps() // else deliverReady sees to it
	switch errno := unix.Errno(max(0, -c.res)); {
	case c.res > 0:
		w.bufs.keep(&st.chunks, c.buffer(), int(c.res))
		st.quiet = true
		if !waits && !st.listed {
			st.listed = true
			w.kept = append(w.kept, s)
		}
	case errno == unix.ENOBUFS || errno == unix.EINTR || errno == unix.ECANCELED:
		st.more = true // there is no buffer, or it was taken back
		if waits && !st.armed {
			w.later.push(st.recv)
			st.recv = nil
		}
		return false
	default:
		st.ended, st.err = true, errno
	}
	if waits {
		w.deliver(st, e)
	}
	return waits
}

// deliver fills e with the oldest that is kept, for the Recv that waits.
func (w *uringWorker) deliver(st *stream, e *Entry) {
	*e = Entry{Overlapped: st.recv, Socket: InvalidSocket}
	st.recv = nil
	switch {
	case len(st.copied) > 0:
		n := min(len(st.copied), w.bufs.size)
		e.Data, st.copied = st.copied[:n:n], st.copied[n:]
		if len(st.copied) == 0 {
			st.copied = nil
		}
	case st.chunks.first != 0:
		e.Data = w.bufs.takeFirst(&st.chunks)
	default:
		st.ended = false
		if st.err != 0 {
			e.Err = st.err
		}
	}
	e.Transferred = len(e.Data)
}

// deliverReady fills entries with what was kept for Recvs that have come since.
func (w *uringWorker) deliverReady(entries []Entry) (n int) {
	for ; n < min(len(entries), len(w.ready)); n++ {
		w.deliver(w.streams.at(w.ready[n]), &entries[n])
	}
	w.ready = w.ready[:copy(w.ready, w.ready[n:])]
	return n
}

// tidy looks after what is kept: it goes to a Recv that has come since, or leaves its buffers.
func (w *uringWorker) tidy() {
	still := w.kept[:0]
	for _, s := range w.kept {
		st := w.streams.at(s)
		switch {
		case w.port.homes.at(s).life() != st.life:
			w.bufs.drop(&st.chunks)
		case st.recv != nil && st.chunks.first != 0:
			still = append(still, s)
			continue
		case st.chunks.first != 0:
			st.copied = w.bufs.copyOut(st.copied, &st.chunks)
			if st.armed {
				w.takeBack(s, st) // where that fails, the next chunk comes here again
			}
		}
		st.listed = false
	}
	w.kept = still
}

// takeBack ends the receive that goes on; false when the SQ has no room to say so.
func (w *uringWorker) takeBack(s Socket, st *stream) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{opcode: opAsyncCancel, addr: streamData(s, st.life), userData: dataNothing}
	return true
}

// streamData is the user data of a stream's receive: life, handle value, and a mark that no
// address of an Overlapped has.
func streamData(s Socket, life uint32) uint64 {
	return uint64(life)<<32 | uint64(s)<<markBits | markStream
}

func streamOf(data uint64) (s Socket, life uint32) {
	return Socket(uint32(data) >> markBits), uint32(data >> 32)
}
