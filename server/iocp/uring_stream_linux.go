package iocp

import "golang.org/x/sys/unix"

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

// startRecv starts a Recv where the socket's receives are.
func (w *uringWorker) startRecv(ov *Overlapped) {
	if b := w.port.homeOf(ov.sock); b != nil && b != w.inbox {
		w.port.give(b, ov)
		return
	}
	h := homes.make(ov.sock)
	if h == nil { // no socket can have this value: the kernel says so
		if !w.armRecv(ov.sock, 0, ov.data()) {
			w.later.push(ov)
		}
		return
	}
	if h.worker.Load() != w.id {
		h.number.Store(w.streams.take(ov.sock, h.life()))
		h.worker.Store(w.id)
	}
	number := h.number.Load()
	st := w.streams.at(number)
	if st.recv != nil {
		panic("iocp: two receives are in flight on a socket (C2)")
	}
	switch {
	case st.keeps():
		w.ready = append(w.ready, number)
	case st.quiet:
		w.doubt(number, st)
	case st.armed:
	case !w.mayArm(ov) || !w.armStream(h, st, ov, w.goesOn()):
		w.later.push(ov)
		return
	}
	st.recv = ov
}

// doubt has settleDoubts look at a stream.
func (w *uringWorker) doubt(number uint32, st *stream) {
	if !st.doubt {
		st.doubt = true
		w.doubted = append(w.doubted, number)
	}
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
	st.armed = w.armRecv(ov.sock, how, streamData(h.number.Load()))
	if st.armed {
		w.receiving++
		h.arm(st.life)
	}
	return st.armed
}

// settleDoubts sees to the Recvs that were posted before anything was sent after their chunk.
func (w *uringWorker) settleDoubts() {
	still := w.doubted[:0]
	for _, number := range w.doubted {
		st := w.streams.at(number)
		if !w.settle(number, st) {
			still = append(still, number)
			continue
		}
		st.doubt = false
		w.unlisted(number, st)
	}
	w.doubted = still
}

// settle sees to one of them; false when the SQ has no room.
func (w *uringWorker) settle(number uint32, st *stream) bool {
	switch {
	case st.recv == nil || st.keeps(): // something has come since
		return true
	case st.armed:
		return !st.quiet || w.takeBack(number)
	}
	how := w.multishot
	if st.quiet {
		how = 0
	}
	return w.armStream(homes.at(st.sock), st, st.recv, how)
}

// sending notes that a Send is started on a socket, and sendFailed that it was in vain: then the
// receive has an end to find.
func (w *uringWorker) sending(s Socket) {
	if _, st := w.streamHere(s); st != nil {
		st.quiet = false
	}
}

func (w *uringWorker) sendFailed(s Socket) {
	number, st := w.streamHere(s)
	if st == nil {
		return
	}
	st.quiet = true
	if st.recv != nil && st.armed {
		w.doubt(number, st)
	}
}

// streamHere is what this worker knows of a socket whose home it is; nil for others.
func (w *uringWorker) streamHere(s Socket) (number uint32, st *stream) {
	h := homes.at(s)
	if h == nil || h.worker.Load() != w.id {
		return 0, nil
	}
	number = h.number.Load()
	return number, w.streams.at(number)
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
	number := uint32(c.userData >> markBits)
	st := w.streams.at(number)
	h, last := homes.at(st.sock), c.flags&cqeMore == 0
	closed := h.life() != st.life
	if last {
		w.receiving--
		st.armed = false
		closed = !h.disarm(st.life)
	}
	if closed {
		if c.flags&cqeBuffer != 0 {
			w.bufs.giveBack(c.buffer())
		}
		if last {
			w.over(number, st)
		}
		return false
	}
	st.more = c.flags&cqeSockNonempty != 0
	waits := st.recv != nil && !st.keeps() // else deliverReady sees to it
	switch errno := unix.Errno(max(0, -c.res)); {
	case c.res > 0:
		w.bufs.keep(&st.chunks, c.buffer(), int(c.res))
		st.quiet = true
		if !waits && !st.kept {
			st.kept = true
			w.kept = append(w.kept, number)
		}
	case errno == unix.ENOBUFS || errno == unix.EINTR || errno == unix.ECANCELED:
		st.more = true // there is no buffer, or it was taken back
		if waits && !st.armed {
			w.later.push(st.recv)
			st.recv = nil
		}
		return false
	default:
		st.ended, st.err = true, uint16(errno)
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
			e.Err = unix.Errno(st.err)
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
	for _, number := range w.port.gone[w.at].take() {
		w.over(number, w.streams.at(number))
	}
	still := w.kept[:0]
	for _, number := range w.kept {
		st := w.streams.at(number)
		switch {
		case homes.at(st.sock).life() != st.life: // closed, and not yet over
			w.bufs.drop(&st.chunks)
		case st.recv != nil && st.chunks.first != 0:
			still = append(still, number)
			continue
		case st.chunks.first != 0:
			st.copied = w.bufs.copyOut(st.copied, &st.chunks)
			if st.armed {
				w.takeBack(number) // where that fails, the next chunk comes here again
			}
		}
		st.kept = false
		w.unlisted(number, st)
	}
	w.kept = still
}

// takeBack ends the receive that goes on; false when the SQ has no room to say so.
func (w *uringWorker) takeBack(number uint32) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{opcode: opAsyncCancel, addr: streamData(number), userData: dataNothing}
	return true
}

// streamData is the user data of a stream's receive. The number is not used again before the
// receive has ended.
func streamData(number uint32) uint64 { return uint64(number)<<markBits | markStream }
