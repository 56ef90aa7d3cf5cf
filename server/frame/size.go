package frame

// PacketSizes are the fewest and the most bytes of a packet.
func (f *Format) PacketSizes() (least, most int) {
	switch {
	case f.Stream:
		return 1, MaxPayload
	case f.cut.end != nil:
		most = MaxPayload
	default:
		most = f.cut.most - f.wire.headSize - f.wire.tailSize
	}
	return f.wire.size + f.packetLeast, f.wire.size + most
}

// Overhead is how many bytes a frame has beside its packet.
func (f *Format) Overhead() int {
	if f.Stream {
		return 0
	}
	return f.wire.headSize + f.wire.tailSize - f.wire.size
}

// Bare reports whether a frame is its packet and a length, or a terminator: Packet finds nothing wrong,
// and Within is the same.
func (f *Format) Bare() bool { return f.wire.bare }

// Within is the packet in a whole frame of a Bare format.
func (f *Format) Within(whole []byte) []byte {
	return whole[f.wire.before : len(whole)-f.wire.after]
}

// MaxScratch is the most bytes of a frame, and of the room that Packet needs for it.
const MaxScratch = MaxPayload + 3*maxHead

// Scratch is how much room Packet needs for a frame of n bytes, which is 0 where the packet lies in the
// frame.
func (f *Format) Scratch(n int) int {
	if !f.wire.moves {
		return 0
	}
	return n + maxHead
}

// Random reports whether the frame has fields with random values: AppendPacket makes use of its number.
func (f *Format) Random() bool {
	return !f.Stream && len(f.wire.values)+len(f.wire.tailValues) > 0
}

// AnswerSize is the bytes of the packet that answers an echo of n bytes.
func (s *Server) AnswerSize(n int) int { return s.answer.Size(n) }
