package server

import (
	"dummyload/server/frame"
)

// answering is the handler of a Config without one: it answers as the frame's description says. Where
// an answer is the request that is Echo.
func answering(f *frame.Format, sessions int) Handler {
	s := f.Server()
	if s.Identical() {
		return Echo{}
	}
	h := &answers{protocol: s, complete: len(f.Session)}
	if s.Awaits(0) < h.complete {
		h.awaits = make([]uint16, sessions)
		if s.Recalls() {
			h.told = make([]frame.Values, sessions)
		}
		if f.Stream {
			h.begun = make([][]byte, sessions)
		}
	}
	return h
}

// answers is a server that knows the packets of its clients: it answers an echo, goes on with a session
// after the packet that it waits for, and takes a heartbeat. Whatever else comes ends the session.
type answers struct {
	protocol *frame.Server
	complete int // what Awaits says of a session that is complete
	// awaits is the step that each session waits for, by the session's index. For one session never two
	// calls are made at once. It is nil where the clients say nothing before their first echo.
	awaits []uint16
	// told is what the steps of each session have told so far. It is nil where the last one tells all.
	told []frame.Values
	// begun is what came of the step that each session waits for. It is nil where there are frames.
	begun [][]byte
}

// Accepted begins a session.
func (h *answers) Accepted(_ Sender, id SessionID) {
	if h.awaits != nil {
		h.awaits[id.index()] = uint16(h.protocol.Awaits(0))
	}
	if h.told != nil {
		h.told[id.index()] = frame.Values{}
	}
	if h.begun != nil {
		h.begun[id.index()] = nil
	}
}

// Received answers. A stream has no packets: until its session is complete, each step is cut off it.
func (h *answers) Received(s Sender, id SessionID, packet []byte) {
	for h.begun != nil && len(packet) > 0 && int(h.awaits[id.index()]) < h.complete {
		step, rest := h.step(id, packet)
		if step == nil || !h.received(s, id, step) {
			return
		}
		packet = rest
	}
	if len(packet) > 0 {
		h.received(s, id, packet)
	}
}

// step is what a session waits for, when the chunk brings the last of it, and what comes after that.
func (h *answers) step(id SessionID, chunk []byte) (whole, rest []byte) {
	i := id.index()
	begun := h.begun[i]
	n := min(len(chunk), h.protocol.StepSize(int(h.awaits[i]))-len(begun))
	begun = append(begun, chunk[:n]...)
	if len(begun) < h.protocol.StepSize(int(h.awaits[i])) {
		h.begun[i] = begun
		return nil, nil
	}
	h.begun[i] = nil
	return begun, chunk[n:]
}

// received answers a packet. It reports whether that is one which may come.
func (h *answers) received(s Sender, id SessionID, packet []byte) bool {
	awaits := h.complete
	if h.awaits != nil {
		awaits = int(h.awaits[id.index()])
	}
	what, parts := h.protocol.Look(packet, awaits)
	switch what {
	case frame.AnEcho:
		if h.told != nil {
			parts.Learn(&h.told[id.index()])
		}
		h.echo(s.(*worker), id, &parts)
	case frame.AStep:
		told := &parts.Values
		if h.told != nil {
			h.told[id.index()].Learn(told)
			told = &h.told[id.index()]
		}
		for _, packet := range h.protocol.Greetings(awaits, told) {
			_ = s.SendPacket(id, packet)
		}
		h.awaits[id.index()] = uint16(h.protocol.Awaits(awaits + 1))
	case frame.Unknown:
		_ = s.Disconnect(id, UnknownPacket)
	}
	return what != frame.Unknown
}

// echo sends the answer to an echo.
func (h *answers) echo(w *worker, id SessionID, p *frame.Parts) {
	size := h.protocol.AnswerSize(len(p.Payload))
	if size > w.srv.packetMost { // it has more room for a payload than the answer
		_ = w.Disconnect(id, UnknownPacket)
		return
	}
	p.Random = w.frames.Add(1)
	b := w.blocks.Get(size)
	b.Data = h.protocol.AppendAnswer(b.Data, p)
	_ = w.SendPacket(id, b.Data)
	w.blocks.Put(b)
}

// Left does nothing.
func (h *answers) Left(Sender, SessionID, Reason) {}
