package server

// SessionID names one connection for its whole life: table index and generation. An id of a
// session that is gone stays invalid for ever, even when its slot is used again (R12).
type SessionID uint64

// Sender is what a handler may do. A handler gets the Sender of the worker thread that calls it,
// and must not keep it. Any other goroutine uses the Server, which is a Sender, too.
type Sender interface {
	// SendPacket puts one packet into a session's SendQ and posts a send if none is in flight
	// (R9). It may be called for any session. What a handler sends to the session it is called
	// for goes out in one send, after all that was received is handled. The packet is copied into
	// a frame. It is the frame's fields that differ from packet to packet (most formats have none),
	// and then the body; where a terminator ends a frame it must not hold that. It fails with
	// ErrGone, with ErrSendQFull (then the session is disconnected, R15) and with ErrPacketSize.
	SendPacket(id SessionID, packet []byte) error
	// Disconnect ends a session; the audit counts it under the reason why.
	Disconnect(id SessionID, why Reason) error
}

// Handler is what a user of the library writes. Its methods are called by worker threads:
// for one session never two at once, for different sessions in parallel.
type Handler interface {
	// Accepted is called before the session's first receive is posted.
	Accepted(s Sender, id SessionID)
	// Received is called for each packet, see SendPacket; where there are no frames, for each chunk
	// of the stream. The packet is valid during the call.
	Received(s Sender, id SessionID, packet []byte)
	// Left is called once, by whoever releases the session; id is invalid already. That may be
	// a goroutine inside SendPacket or Disconnect, the Server's included: a handler that locks
	// something of its own in Left must not hold it while it calls those.
	Left(s Sender, id SessionID, why Reason)
}

// Echo is the handler that sends back what it receives.
type Echo struct{}

// Accepted does nothing.
func (Echo) Accepted(Sender, SessionID) {}

// Received sends the packet back to where it came from.
func (Echo) Received(s Sender, id SessionID, packet []byte) { _ = s.SendPacket(id, packet) }

// Left does nothing.
func (Echo) Left(Sender, SessionID, Reason) {}
