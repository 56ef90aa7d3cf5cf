package whole

import (
	"bytes"
	"fmt"
	"time"

	"dummyload/server"
	"dummyload/server/iocp/sim"
)

// pusher is a Handler that answers later, from goroutines of its own, by session id. The session may be
// gone by then, and another one in its place. All answers of a session come from one goroutine, an
// application: otherwise its echoes would be out of order.
type pusher struct {
	server.Echo
	p       *play
	waiting [applications][]answer
	over    bool
}

type answer struct {
	id     server.SessionID
	packet []byte
}

const applications = 2

// Received implements server.Handler. Only the goroutine with the turn calls it.
func (h *pusher) Received(_ server.Sender, id server.SessionID, packet []byte) {
	at := int(id) % applications
	h.waiting[at] = append(h.waiting[at], answer{id, bytes.Clone(packet)})
}

// start starts the applications.
func (h *pusher) start() {
	for i := range h.waiting {
		go h.apply(i)
		sim.Rest()
	}
}

// apply is an application: one answer after the other.
func (h *pusher) apply(i int) {
	me := h.p.world.Join(fmt.Sprintf("a%d", i))
	defer me.Leave()
	ready := func() bool { return h.over || len(h.waiting[i]) > 0 }
	for me.Await(ready, -1); !h.over; me.Await(ready, -1) {
		a := h.waiting[i][0]
		h.waiting[i] = h.waiting[i][1:]
		sim.Live(h.p.port, func() { _ = h.p.srv.SendPacket(a.id, a.packet) })
	}
}

// laborious is Echo that takes a worker's time.
type laborious struct {
	server.Echo
	p *play
}

// Received implements server.Handler.
func (h laborious) Received(s server.Sender, id server.SessionID, packet []byte) {
	h.p.world.Running().Busy(4 * time.Millisecond)
	h.Echo.Received(s, id, packet)
}

// stop ends the applications: the server they speak through is about to end.
func (h *pusher) stop() {
	h.over = true
	h.p.world.Kick()
	sim.Rest()
}
