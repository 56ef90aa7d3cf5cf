package server

import (
	"errors"

	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// Reason is why a session ended. The first one given stays.
type Reason uint8

// The reasons. NoReason is a session that has not ended.
const (
	NoReason        Reason = iota
	PeerClosed             // end of the peer's stream
	PeerReset              // the peer sent a RST
	IOFailed               // a receive or send failed for another cause
	FrameZeroLength        // an illegal header: length 0
	FrameOversize          // an illegal header, or a line, beyond the format's limit
	FrameLength            // an illegal header: no number, or one too small for a frame
	FrameWrong             // a frame's constant or checksum is not as described
	UnknownPacket          // the packet is none that may come now, such as an echo before the login
	SendQFull              // the peer does not read (R15)
	MemoryFull             // all sessions hold too much, and this one the most (R15)
	IdleTimeout            // nothing came and nothing went for too long (R15)
	FrameTimeout           // a frame did not become whole in time (R15)
	PostFailed             // WSARecv or WSASend failed at once (R14)
	ByHandler              // Sender.Disconnect
	ServerStop             // still there when the grace of Stop was over
	numReasons
)

var reasons = [numReasons]string{"", "peer_closed", "peer_reset", "io_failed",
	"frame_zero_length", "frame_oversize", "frame_length", "frame_wrong", "unknown_packet",
	"sendq_full", "memory_full", "idle_timeout", "frame_timeout", "post_failed", "handler", "server_stop"}

// String is the reason's name in the audit; NoReason has none.
func (r Reason) String() string { return reasons[r] }

// reasonOf names why a completion transferred nothing. No rule rests on it (R8).
func reasonOf(err error) Reason {
	switch iocp.Classify(err) {
	case iocp.ClassNone:
		return PeerClosed
	case iocp.ClassReset:
		return PeerReset
	}
	return IOFailed
}

// reasonOfFrame names an illegal header.
func reasonOfFrame(err error) Reason {
	switch {
	case errors.Is(err, frame.ErrZeroLength):
		return FrameZeroLength
	case errors.Is(err, frame.ErrLength):
		return FrameLength
	}
	return FrameOversize
}
