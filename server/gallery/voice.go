package gallery

import (
	"math/rand/v2"
	"sync"

	"dummyload/server"
	"dummyload/server/frame"
)

// voice is what a right server says on one connection, packet by packet.
type voice struct {
	f      *frame.Format
	awaits int      // the step of the session that the client sends next: see frame.Server.Awaits
	last   [][]byte // what was said of the session last
}

func newVoice(f *frame.Format) *voice {
	v := &voice{f: f, awaits: f.Server().Awaits(0)}
	v.last = f.Server().Greetings(-1, &frame.Values{})
	return v
}

// began reports whether the session is complete: from now on echoes come.
func (v *voice) began() bool { return v.awaits >= len(v.f.Session) }

// echo is one that was asked for.
type echo struct {
	f *frame.Format
	frame.Parts
}

// right is the packet that answers it.
func (e *echo) right() []byte { return e.f.Server().AppendAnswer(nil, &e.Parts) }

// with is the right answer but for its payload.
func (e *echo) with(payload []byte) []byte {
	other := e.Parts
	other.Payload = payload
	return e.f.Server().AppendAnswer(nil, &other)
}

// payload is a copy of what the right answer carries.
func (e *echo) payload() []byte {
	n := e.f.Answer.Carries(len(e.Payload))
	return append([]byte(nil), e.Payload[:n]...)
}

// hear takes a packet. It is an echo, or what there is to say of it is in say: nothing to what nobody
// knows. The echo lies in the packet.
func (v *voice) hear(packet []byte) (e *echo, say [][]byte) {
	s := v.f.Server()
	switch what, p := s.Look(packet, v.awaits); what {
	case frame.AnEcho:
		return &echo{v.f, p}, nil
	case frame.AStep:
		say = s.Greetings(v.awaits, &p.Values)
		v.awaits = s.Awaits(v.awaits + 1)
		v.last = say
	}
	return nil, say
}

// answer appends what there is to say to a whole frame, in frames.
func (v *voice) answer(dst, whole []byte) []byte {
	packet, wrong := v.f.Packet(nil, whole)
	if wrong != nil {
		return dst
	}
	e, say := v.hear(packet)
	if e != nil {
		say = [][]byte{e.right()}
	}
	return v.framed(dst, say)
}

// answerAll is answer to all whole frames of a stream. It returns the rest, too.
func (v *voice) answerAll(dst, stream []byte) (answers, rest []byte) {
	for {
		whole, next, ok, err := v.f.Next(stream)
		if err != nil || !ok {
			return dst, stream
		}
		dst, stream = v.answer(dst, whole), next
	}
}

// framed appends packets in their frames.
func (v *voice) framed(dst []byte, packets [][]byte) []byte {
	for _, p := range packets {
		dst = v.f.AppendPacket(dst, p, rand.Uint64())
	}
	return dst
}

// right is a Handler that answers right. Others embed it, and do something else now and then.
type right struct {
	f      *frame.Format
	voices sync.Map // by server.SessionID
	// begun is called when a session is complete; may be nil.
	begun func(s server.Sender, id server.SessionID, v *voice)
}

// Accepted has nothing to say: the server has greeted.
func (h *right) Accepted(s server.Sender, id server.SessionID) {
	v := newVoice(h.f)
	h.voices.Store(id, v)
	if v.began() && h.begun != nil {
		h.begun(s, id, v)
	}
}

// Received answers.
func (h *right) Received(s server.Sender, id server.SessionID, packet []byte) {
	if e := h.echo(s, id, packet); e != nil {
		_ = s.SendPacket(id, e.right())
	}
}

// echo answers what is no echo, and returns what is.
func (h *right) echo(s server.Sender, id server.SessionID, packet []byte) *echo {
	found, _ := h.voices.Load(id)
	v := found.(*voice)
	before := v.began()
	e, say := v.hear(packet)
	for _, p := range say {
		_ = s.SendPacket(id, p)
	}
	if !before && v.began() && h.begun != nil {
		h.begun(s, id, v)
	}
	return e
}

// Left forgets.
func (h *right) Left(_ server.Sender, id server.SessionID, _ server.Reason) { h.voices.Delete(id) }
