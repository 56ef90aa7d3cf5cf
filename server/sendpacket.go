package server

import (
	"errors"

	"dummyload/monitor/trace"
)

// What SendPacket and Disconnect may answer.
var (
	ErrGone       = errors.New("the session is gone")
	ErrSendQFull  = errors.New("SendQ is full, the session was disconnected")
	ErrPacketSize = errors.New("the packet's length is beyond the frame format's limits")
)

// SendPacket puts one packet into a session's SendQ, then calls SendPost (R9). It holds the session
// meanwhile, which may be about to end (R12).
func (a *actor) SendPacket(id SessionID, packet []byte) error {
	if err := a.checkSize(packet); err != nil {
		return err
	}
	a.relieve()
	s := a.hold(id, trace.SendPacket, trace.Packet, len(packet))
	if s == nil {
		return ErrGone
	}
	err := a.enqueue(s, packet)
	if err == nil {
		a.sendPost(s)
	}
	a.ioDown(s, trace.Packet)
	return err
}

// Disconnect ends a session. It is not released before the last of its completions.
func (a *actor) Disconnect(id SessionID, why Reason) error {
	if why == NoReason || why >= numReasons {
		why = ByHandler
	}
	return a.disconnectIf(id, why, func(*session) bool { return true })
}

// disconnectIf disconnects a session if still is true of it once it is held. What was seen without a
// reference may have been another session's.
func (a *actor) disconnectIf(id SessionID, why Reason, still func(*session) bool) error {
	s := a.hold(id, trace.Disconnect, trace.Disconnecting, 0)
	if s == nil {
		return ErrGone
	}
	if still(s) {
		a.cancel(s, why)
	}
	a.ioDown(s, trace.Disconnecting)
	return nil
}

// hold takes a reference on the session with the given id, nil when it is gone. It raises IOCount
// first, so that a release can no longer begin, and only then looks which session is there. A
// reference on another one is given back as every reference is (R12).
func (a *actor) hold(id SessionID, k trace.Kind, where trace.Where, n int) *session {
	s := a.srv.table.at(id.index())
	if s == nil {
		return nil
	}
	io := s.io.up()
	a.note(k, trace.Nowhere, s, io, n)
	if io.released() || s.id.load() != id {
		a.ioDown(s, where)
		return nil
	}
	return s
}

// enqueue copies a packet into a block of its own, and that into SendQ.
func (a *actor) enqueue(s *session, packet []byte) error {
	if s.ended() {
		return ErrGone
	}
	b := a.blocks.Get(len(packet) + a.srv.overhead)
	b.Data = a.srv.cfg.Frame.AppendPacket(b.Data, packet, a.random())
	if !s.sendq.Push(b, a.srv.cfg.SendQLimit) {
		a.blocks.Put(b)
		a.cancel(s, SendQFull) // R15
		return ErrSendQFull
	}
	a.count.sendPackets.Add(1)
	return nil
}

func (a *actor) checkSize(packet []byte) error {
	if len(packet) < a.srv.packetLeast || len(packet) > a.srv.packetMost {
		return ErrPacketSize
	}
	return nil
}

// random is what the next frame's random fields are made from.
func (a *actor) random() uint64 {
	if !a.srv.randoms {
		return 0
	}
	return a.frames.Add(1)
}

// SendPacket is the actor's, but for the session whose receive completion this worker handles. That
// completion's reference holds the session, and the packet joins the reply, which goes out in one
// send.
func (w *worker) SendPacket(id SessionID, packet []byte) error {
	if id != w.receivingID || id == 0 {
		return w.actor.SendPacket(id, packet)
	}
	if err := w.checkSize(packet); err != nil {
		return err
	}
	if w.receiving.ended() {
		return ErrGone
	}
	size := len(packet) + w.srv.overhead
	if w.reply != nil && w.reply.Room() < size {
		if err := w.pushReply(w.receiving); err != nil {
			return err
		}
	}
	if w.reply == nil {
		// If the rest of the chunk is answered like this packet, one block has room for all.
		w.reply = w.blocks.Get(min(size+w.rest, replyMost+size))
	}
	w.reply.Data = w.srv.cfg.Frame.AppendPacket(w.reply.Data, packet, w.random())
	w.replies++
	return nil
}

// pushReply puts the reply into SendQ, in a block of its size: the handler may have answered less
// than the block has room for, and SendQ's limit counts bytes, not room (R15).
func (w *worker) pushReply(s *session) error {
	b, packets := w.blocks.Fit(w.reply), w.replies
	w.reply, w.replies = nil, 0
	if !s.sendq.Push(b, w.srv.cfg.SendQLimit) {
		w.blocks.Put(b)
		w.cancel(s, SendQFull) // R15
		return ErrSendQFull
	}
	w.count.sendPackets.Add(uint64(packets))
	return nil
}

// flush sends what was collected while a chunk was handled: one send carries all of it.
func (w *worker) flush(s *session) {
	if w.reply != nil && w.pushReply(s) != nil {
		return // the session was disconnected
	}
	w.sendPost(s)
}
