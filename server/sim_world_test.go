package server

import (
	"fmt"
	"time"

	"dummyload/server/iocp"
	"dummyload/server/iocp/sim"
	"dummyload/server/seeded"
)

// shape is how large a simulated run is, and what may happen in it.
type shape struct {
	workers int
	clients int // at the same time
	rounds  int // connections of each client, one after the other
	frames  int // of each connection
	apps    int // goroutines that SendPacket and Disconnect
	calls   int // of each of them
	ends    []simEnd
	login   bool
	chat    bool // the handler pushes to other sessions
	raw     bool // a stream without packets, and so without pushes
	tight   bool // SendQ holds little, the table few
	poor    bool // all sessions together may hold little
	clock   bool // time passes: sessions are idle, frames incomplete, for too long
	settles bool // Stop is not explored
	early   bool // Stop comes while all this goes on
	last    bool // handle values: the one freed last; otherwise the lowest
}

// simEnd is how a client ends its connection.
type simEnd int

const (
	staysOpen simEnd = iota
	sendsFin
	sendsReset
	sendsGarbage
	stopsReading
)

// simulation is the real server on a simulated port, with its clients, again and again.
type simulation struct {
	world *sim.World
	port  *sim.Port
	shape shape

	srv      *Server
	ended    int // workers
	stopping bool
	clients  []*simClient // by connection number
	memory   []*simClient // of this and earlier runs
	sessions []simSession // in the order of Accepted
}

// simSession is what the handler knows of one session.
type simSession struct {
	id       SessionID
	inside   bool // a handler is at work
	left     bool
	asked    bool // Disconnect was called
	accepted [simWriters]int
}

// simWriters: two applications, then up to three workers.
const (
	simApps    = 2
	simWriters = simApps + 3
)

// present is the simulation that runs; the hooks in the instrumented server have no other way.
var present *simulation

var len16Login = withLogin(len16)

func newSimulation() *simulation {
	world := sim.New()
	s := &simulation{world: world, port: sim.NewPort(world)}
	s.port.Owner = func(ov *iocp.Overlapped) uint64 {
		return uint64(s.srv.table.at(ov.Key).id.load())
	}
	return s
}

// run is one run; it returns what it broke.
func (s *simulation) run(sh shape, choose sim.Chooser) string {
	present, s.shape = s, sh
	s.world.Begin(choose)
	s.port.Begin()
	s.port.LastFirst = sh.last
	s.port.LooseClose = sim.Variant == seeded.ClosesAtOnce || sim.Variant == seeded.ClosesLocked
	s.clients, s.sessions, s.ended, s.stopping = s.clients[:0], s.sessions[:0], 0, false
	s.assemble()
	for i, w := range s.srv.workers {
		s.world.Go(simNames.workers[i], func() { s.work(w) }).Alike = 1
	}
	for i := range sh.clients {
		s.world.Go(simNames.clients[i], s.client)
	}
	for i := range sh.apps {
		s.world.Go(simNames.apps[i], func() { s.app(i) })
	}
	if sh.clock {
		s.world.Go("clock", s.tick)
	}
	s.world.Go("stop", s.stop)
	return s.world.Run()
}

var simNames = struct{ workers, clients, apps []string }{[]string{"w0", "w1", "w2"},
	[]string{"c0", "c1", "c2"}, []string{"a0", "a1"}}

func (s *simulation) assemble() {
	cfg := Config{Workers: s.shape.workers, Frame: len16,
		MaxSessions: 8, SendQLimit: 1 << 20, Handler: s}
	if s.shape.raw {
		cfg.Frame = raw
	}
	if s.shape.login {
		cfg.Frame = len16Login
	}
	if s.shape.tight {
		cfg.MaxSessions, cfg.SendQLimit = 2, 2*80
	}
	cfg.Memory = 1 << 20
	if s.shape.poor {
		cfg.Memory = 240 // one block, but not two
	}
	if s.shape.clock {
		cfg.IdleTimeout, cfg.FrameTimeout = 1, 1
	}
	s.srv = assemble(cfg, s.port)
	s.srv.listener, s.srv.addr, _ = s.port.Listen(loopback, backlog)
	s.srv.accepts.Store(int64(len(s.srv.workers) * acceptsPerWorker))
}

// tick is Server.sweepEvery without the time. Half of the time only frames have one.
func (s *simulation) tick() {
	idle := uint32(s.world.Pick(2))
	for range 4 {
		sim.Point("the clock")
		s.srv.sweep(idle, 1)
	}
}

// limited reports whether a session may be ended for a limit, with no cause of its own.
func (s *simulation) limited() bool { return s.shape.tight || s.shape.poor || s.shape.clock }

// work is Server.thread without the thread.
func (s *simulation) work(w *worker) {
	port, _ := s.port.Worker()
	w.attach(port)
	w.startAccepts()
	w.run()
	_ = port.Close()
	s.ended++
	s.srv.threads <- w
}

// stop looks at everything once it is at rest, unless it has to be early, then stops the server.
func (s *simulation) stop() {
	if s.shape.early {
		sim.Point("before Stop")
	} else {
		s.world.Sleep(2)
		s.world.Quietly(s.atRest)
		if s.shape.settles {
			s.world.Settle()
		}
	}
	for _, c := range s.port.Conns() {
		if c.RecvPending() || c.SendPending() {
			sim.Met(sim.StoppedWithPending)
		}
	}
	s.stopping = true
	audit := s.srv.Stop(0)
	s.world.Quietly(func() { s.afterStop(audit) })
}

// app is a goroutine of the application: it calls with ids that may be stale.
func (s *simulation) app(writer int) {
	for range s.shape.calls {
		s.world.Block("app", func() bool { return len(s.sessions) > 0 || s.stopping })
		if len(s.sessions) == 0 {
			return
		}
		to := s.world.Pick(len(s.sessions))
		if s.shape.raw || s.world.Rare() {
			s.sessions[to].asked = true
			_ = s.srv.Disconnect(s.sessions[to].id, ByHandler)
			continue
		}
		s.push(s.srv, writer, to)
	}
}

// push sends one packet that says who wrote it, for whom, and which of the writer's it is.
func (s *simulation) push(via Sender, writer, to int) {
	id, n := s.sessions[to].id, s.sessions[to].accepted[writer]
	packet := [...]byte{'p', byte(writer), byte(n), byte(id.index()), byte(id >> indexBits)}
	if via.SendPacket(id, packet[:]) == nil {
		s.sessions[to].accepted[writer]++
	}
}

// session is what is known of an id, which was accepted.
func (s *simulation) session(id SessionID) *simSession {
	for i := range s.sessions {
		if s.sessions[i].id == id {
			return &s.sessions[i]
		}
	}
	s.world.Fail("the handler hears of %v, which was never accepted", id)
	return nil
}

// Accepted implements Handler.
func (s *simulation) Accepted(via Sender, id SessionID) {
	s.sessions = append(s.sessions, simSession{id: id})
	if at := s.srv.table.at(id.index()); at.end.why() == NoReason { // its handle is open
		s.port.Own(at.sock, uint64(id))
	}
	sim.Point("in Accepted")
}

// Received implements Handler: Echo, and a push to somebody if it is a chat.
func (s *simulation) Received(via Sender, id SessionID, packet []byte) {
	me := s.session(id)
	if me.inside {
		s.world.Fail("two handlers at once for %v", id)
	}
	if me.left {
		s.world.Fail("a packet of %v after it left", id)
	}
	me.inside = true
	sim.Point("in Received")
	_ = via.SendPacket(id, packet)
	if s.shape.chat {
		s.push(via, simApps+s.workerOf(via), s.world.Pick(len(s.sessions)))
	}
	s.session(id).inside = false
}

func (s *simulation) workerOf(via Sender) int {
	for i, w := range s.srv.workers {
		if via == Sender(w) {
			return i
		}
	}
	s.world.Fail("a handler's Sender is no worker")
	return 0
}

// Left implements Handler.
func (s *simulation) Left(_ Sender, id SessionID, why Reason) {
	me := s.session(id)
	if me.left {
		s.world.Fail("%v left twice", id)
	}
	me.left = true
	for _, c := range s.port.Conns() {
		if c.Owner == uint64(id) && !s.justified(s.clients[c.Number], me, why) {
			s.world.Fail("ended without cause: %v of c%d, %v", id, c.Number, why)
		}
	}
}

// justified reports whether the environment gave the reason for which a session ended.
func (s *simulation) justified(c *simClient, me *simSession, why Reason) bool {
	switch why {
	case PeerClosed:
		return c.conn.Fin
	case PeerReset, IOFailed:
		return c.conn.Reset
	case PostFailed:
		return c.conn.PostFault
	case FrameZeroLength:
		return c.garbage
	case SendQFull:
		return s.shape.tight
	case MemoryFull:
		return s.shape.poor
	case IdleTimeout:
		return s.shape.clock
	case FrameTimeout:
		return s.shape.clock && c.sent > 0 // the network cuts anywhere
	case ByHandler:
		return me.asked
	case ServerStop:
		return s.stopping
	}
	return false
}

// Poll is the hook of poll, in simulated time: it passes while everybody is at rest, and when
// nothing changes any more it is over.
func (s *simulation) Poll(limit time.Duration, condition func() bool) bool {
	const rounds = 8
	for range rounds {
		if condition() {
			return true
		}
		if limit == 0 {
			return false
		}
		s.world.Sleep(2)
	}
	return condition()
}

// Await is the hook of stopThreads: it waits for a worker that has ended; when none ever will,
// the deadline passes.
func (s *simulation) Await(threads <-chan *worker, deadline chan<- time.Time) {
	ready := func() bool { return len(threads) > 0 }
	if !s.world.BlockOrRest("stop waits", 3, ready) {
		deadline <- time.Time{}
	}
}

// Broken is the hook of Server.broken: the trace is in the timeline already.
func (s *simulation) Broken(id SessionID, what string) {
	panic(fmt.Sprintf("server: session %v: %s", id, what))
}
