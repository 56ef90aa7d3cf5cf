package iocp

import "golang.org/x/sys/unix"

// Receives of the uring backend.
//
// A receive that ends with one chunk has to be armed again for each chunk: a tenth of an echo's cost.
// So the first Recv on a socket arms one that goes on (IORING_RECV_MULTISHOT), in the ring of the
// worker that starts it: the socket's home. A later Recv costs nothing; it only says that the next
// chunk is wanted.
//
//	         Recv: arm                 chunk, Recv posted: its Entry
//	  idle ─────────────► armed ─────────────────────────────────────┐
//	   ▲                  │   ▲ ◄────────────────────────────────────┘
//	   │ end of the       │   │
//	   │ stream; no       │   │ Recv: the oldest chunk is its Entry
//	   │ buffer; taken    ▼   │
//	   └───────────── chunk while no Recv is posted: kept
//
// A poster that posts the next Recv at once finds kept chunks only where two came in one batch. Where
// it has posted none by the next Get, what is kept is copied, and the receive is taken back. So its
// buffers go to others, and its peer has to wait, as with any socket that nobody reads.
//
// Where buffers run out, receives wait in a line (later). Each is armed for one chunk when its turn
// comes, and goes to the end of the line after that. Otherwise some would have all the buffers, and
// their peers all the echoes.
//
// A receive that goes on looks at its socket when the kernel wakes it, and several wake-ups at once
// count as one. So it misses a RST, or a Cancel, that comes together with data. (A FIN shows in the
// chunk: there is more to read.) A Send after the chunk fails then, and shows it. Where no Send comes
// by the next Get, the receive is in doubt: it is taken back, and the next one is for one chunk only,
// since arming looks at the socket. A poster that answers at once, as servers and dummies under load
// do, keeps the receive that goes on; one that has time pays for arming.

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
		h.number.Store(w.receivers.take(ov.sock, h.life()))
		h.worker.Store(w.id)
	}
	number := h.number.Load()
	rc := w.receivers.at(number)
	if rc.recv != nil {
		panic("iocp: two receives are in flight on a socket (C2)")
	}
	switch {
	case rc.keeps():
		w.ready = append(w.ready, number)
	case rc.quiet:
		w.doubt(number, rc)
	case rc.armed:
	case !w.mayArm(ov) || !w.armReceiver(h, rc, ov, w.goesOn()):
		w.later.push(ov)
		return
	}
	rc.recv = ov
}

// doubt has settleDoubts look at a receiver.
func (w *uringWorker) doubt(number uint32, rc *receiver) {
	if !rc.doubt {
		rc.doubt = true
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

// armReceiver has the ring receive for rc; false when the SQ has no room.
func (w *uringWorker) armReceiver(h *home, rc *receiver, ov *Overlapped, how uint16) bool {
	// The answer to what is being sent has not come yet: to try first would be in vain (4 % of an
	// echo). A wrong guess costs time, no data.
	if !rc.more {
		how |= recvPollFirst
	}
	rc.armed = w.armRecv(ov.sock, how, receiverData(h.number.Load()))
	if rc.armed {
		w.receiving++
		h.arm(rc.life)
	}
	return rc.armed
}

// settleDoubts decides about the receives in doubt: a Recv was posted, and nothing was sent since the
// chunk before it.
func (w *uringWorker) settleDoubts() {
	still := w.doubted[:0]
	for _, number := range w.doubted {
		rc := w.receivers.at(number)
		if !w.settle(number, rc) {
			still = append(still, number)
			continue
		}
		rc.doubt = false
		w.unlisted(number, rc)
	}
	w.doubted = still
}

// settle decides about one of them; false when the SQ has no room.
func (w *uringWorker) settle(number uint32, rc *receiver) bool {
	switch {
	case rc.recv == nil || rc.keeps(): // something has come since
		return true
	case rc.armed:
		return !rc.quiet || w.takeBack(number)
	}
	how := w.multishot
	if rc.quiet {
		how = 0
	}
	return w.armReceiver(homes.at(rc.sock), rc, rc.recv, how)
}

// sending keeps that a Send is started on a socket, sendFailed that it failed: then the receive has an
// end to find.
func (w *uringWorker) sending(s Socket) {
	if _, rc := w.receiverHere(s); rc != nil {
		rc.quiet = false
	}
}

func (w *uringWorker) sendFailed(s Socket) {
	number, rc := w.receiverHere(s)
	if rc == nil {
		return
	}
	rc.quiet = true
	if rc.recv != nil && rc.armed {
		w.doubt(number, rc)
	}
}

// receiverHere is what this worker knows of a socket whose home it is; nil for others.
func (w *uringWorker) receiverHere(s Socket) (number uint32, rc *receiver) {
	h := homes.at(s)
	if h == nil || h.worker.Load() != w.id {
		return 0, nil
	}
	number = h.number.Load()
	return number, w.receivers.at(number)
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
		e.len = uint32(w.bufs.size) // otherwise 0: a chunk is as long as its buffer at most
	}
	return true
}

// recvDone takes a completion of a receiver and fills e; false when there is no Entry for it now.
func (w *uringWorker) recvDone(c *cqe, e *Entry) bool {
	number := uint32(c.userData >> markBits)
	rc := w.receivers.at(number)
	h, last := homes.at(rc.sock), c.flags&cqeMore == 0
	closed := h.life() != rc.life
	if last {
		w.receiving--
		rc.armed = false
		closed = !h.disarm(rc.life)
	}
	if closed {
		if c.flags&cqeBuffer != 0 {
			w.bufs.giveBack(c.buffer())
		}
		if last {
			w.over(number, rc)
		}
		return false
	}
	rc.more = c.flags&cqeSockNonempty != 0
	waits := rc.recv != nil && !rc.keeps() // otherwise deliverReady makes its Entry
	switch errno := unix.Errno(max(0, -c.res)); {
	case c.res > 0:
		w.bufs.keep(&rc.chunks, c.buffer(), int(c.res))
		rc.quiet = true
		if !waits && !rc.kept {
			rc.kept = true
			w.kept = append(w.kept, number)
		}
	case errno == unix.ENOBUFS || errno == unix.EINTR || errno == unix.ECANCELED:
		rc.more = true // there is no buffer, or it was taken back
		if waits && !rc.armed {
			w.later.push(rc.recv)
			rc.recv = nil
		}
		return false
	default:
		rc.ended, rc.err = true, uint16(errno)
	}
	if waits {
		w.deliver(rc, e)
	}
	return waits
}

// deliver fills e with the oldest that is kept, for the Recv that waits.
func (w *uringWorker) deliver(rc *receiver, e *Entry) {
	*e = Entry{Overlapped: rc.recv, Socket: InvalidSocket}
	rc.recv = nil
	switch {
	case len(rc.copied) > 0:
		n := min(len(rc.copied), w.bufs.size)
		e.Data, rc.copied = rc.copied[:n:n], rc.copied[n:]
		if len(rc.copied) == 0 {
			rc.copied = nil
		}
	case rc.chunks.first != 0:
		e.Data = w.bufs.takeFirst(&rc.chunks)
	default:
		rc.ended = false
		if rc.err != 0 {
			e.Err = unix.Errno(rc.err)
		}
	}
	e.Transferred = len(e.Data)
}

// deliverReady fills entries with what was kept for Recvs that have come since.
func (w *uringWorker) deliverReady(entries []Entry) (n int) {
	for ; n < min(len(entries), len(w.ready)); n++ {
		w.deliver(w.receivers.at(w.ready[n]), &entries[n])
	}
	w.ready = w.ready[:copy(w.ready, w.ready[n:])]
	return n
}

// tidy goes over what is kept: where a Recv has come since it stays for that, otherwise it is copied
// and leaves its buffers.
func (w *uringWorker) tidy() {
	for _, number := range w.port.gone[w.at].take() {
		w.over(number, w.receivers.at(number))
	}
	still := w.kept[:0]
	for _, number := range w.kept {
		rc := w.receivers.at(number)
		switch {
		case homes.at(rc.sock).life() != rc.life: // closed, and not yet over
			w.bufs.drop(&rc.chunks)
		case rc.recv != nil && rc.chunks.first != 0:
			still = append(still, number)
			continue
		case rc.chunks.first != 0:
			rc.copied = w.bufs.copyOut(rc.copied, &rc.chunks)
			if rc.armed {
				w.takeBack(number) // where that fails, the next chunk comes here again
			}
		}
		rc.kept = false
		w.unlisted(number, rc)
	}
	w.kept = still
}

// takeBack ends the receive that goes on; false when the SQ has no room to say so.
func (w *uringWorker) takeBack(number uint32) bool {
	e := w.ring.next()
	if e == nil {
		return false
	}
	*e = sqe{opcode: opAsyncCancel, addr: receiverData(number), userData: dataNothing}
	return true
}

// receiverData is the user data of a receiver's receive. The number is not used again before the
// receive has ended.
func receiverData(number uint32) uint64 { return uint64(number)<<markBits | markReceiver }
