package dummy

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// mob is the hostile dummies and the worker they have to themselves: one goroutine locked to its
// thread, with a completion port of its own. The fleet's workers know nothing of it, so that
// what a hostile dummy costs is not on the way of an echo, and none of it is in their ledger.
//
// They set out with the first START and stay to the fleet's end. What the fleet orders is two
// flags, looked at in each scan; what it reads is counters that only this worker writes.
type mob struct {
	fleet   *Fleet
	port    iocp.Port
	io      iocp.Worker
	entries [256]iocp.Entry
	now     time.Duration
	scanAt  time.Duration
	paceAt  time.Duration
	all     []hostile // never moves: the port holds the Overlappeds
	scripts [numManners]script
	bounds  bounds
	dials   slotQueue
	dialing int
	open    int     // sockets there are
	perSec  float64 // closes by the server, at the most: each may leave a port lingering
	fills   [numManners]fills
	pushers [numManners]slotQueue
	rota    int // whose turn was last

	setOut  atomic.Bool // START was given
	leaving atomic.Bool
	count   mobCount
	before  monitor.Hostile // counted before the last Reset; guarded by Fleet.mu
	done    chan struct{}
}

// mobCount is what the mob's worker counts. Whoever reads it may see one number a moment before
// another; no balance is drawn from them.
type mobCount struct {
	connected, closed, sent, received atomic.Uint64
	ignored                           [numManners]atomic.Uint64 // connections, see bounds
}

// Limits of the mob.
const (
	mobDialing = 16                     // connects in flight: the backlog is for others, too
	mobPause   = 250 * time.Millisecond // after a close by the server
	mobPerSec  = float64(time.Second / mobPause)
)

// raise makes the hostile dummies and their worker; nil when there are to be none.
func (f *Fleet) raise() (*mob, error) {
	if len(f.cfg.Hostile) == 0 {
		return nil, nil
	}
	port, err := iocp.New(iocp.Config{Backend: f.cfg.Backend, Workers: 1})
	if err != nil {
		return nil, err
	}
	m := &mob{fleet: f, port: port, done: make(chan struct{})}
	m.all = make([]hostile, 0, f.cfg.hostile())
	for _, h := range f.cfg.Hostile {
		m.scripts[h.Manner] = newScript(h.Manner, f.cfg)
		m.perSec += float64(h.of(f.cfg.Clients)) * mobPerSec
		for range h.of(f.cfg.Clients) {
			m.all = append(m.all, hostile{manner: h.Manner, sock: iocp.InvalidSocket, at: never})
		}
	}
	m.bounds = newBounds(f.cfg, len(m.scripts[Mute].loop))
	for slot := range m.all {
		h := &m.all[slot]
		h.slot = uint32(slot)
		h.recv.Key, h.send.Key = uint64(slot), uint64(slot)
	}
	started := make(chan error, 1)
	go m.run(started)
	if err := <-started; err != nil {
		_ = port.CloseHandle() // the error that counts is the worker's
		return nil, fmt.Errorf("worker of the hostile dummies: %w", err)
	}
	return m, nil
}

// run is the mob's thread.
func (m *mob) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	io, err := m.port.Worker()
	started <- err
	if err != nil {
		return
	}
	m.io = io
	out, over := false, false
	for !over || m.open > 0 {
		n, err := m.io.Get(m.entries[:], max(0, m.wakeAt()-m.fleet.clock()))
		if err != nil {
			panic(fmt.Sprintf("dummy: the hostile dummies' completion port is broken: %v", err))
		}
		m.now = m.fleet.clock()
		for i := range m.entries[:n] {
			m.complete(&m.entries[i])
		}
		if m.leaving.Load() && !over {
			over = true
			m.leave()
		}
		if m.setOut.Load() && !out && !over {
			out = true
			for slot := range m.all {
				m.dials.push(uint32(slot))
			}
		}
		if m.now >= m.scanAt {
			m.scan()
		}
		if !over {
			m.pace()
		}
	}
	if err := m.io.Close(); err != nil {
		panic(fmt.Sprintf("dummy: closing the hostile dummies' port: %v", err))
	}
	close(m.done)
}

// complete handles one completion, as worker.complete does.
func (m *mob) complete(e *iocp.Entry) {
	h := &m.all[e.Overlapped.Key]
	switch e.Overlapped.Op {
	case iocp.OpConnect:
		m.connected(h, e.Err)
	case iocp.OpRecv:
		m.received(h, e)
	case iocp.OpSend:
		m.sent(h, e)
	default:
		panic(fmt.Sprintf("dummy: hostile dummies: completion of operation %d", e.Overlapped.Op))
	}
	h.inFlight--
	if h.inFlight == 0 && h.state == dying {
		m.release(h)
	}
}

// scan does what time has made possible.
func (m *mob) scan() {
	for slot := range m.all {
		h := &m.all[slot]
		switch {
		case h.state == dialing && m.now-h.since > m.fleet.cfg.ConnectTimeout:
			m.die(h, m.port.Abort, h.backoff())
		case m.leaving.Load():
		case m.now < h.at:
		case h.state == down:
			h.at = never
			m.dials.push(h.slot)
		case h.state == up:
			h.at = never
			m.turn(h)
		}
	}
	m.scanAt = m.now + scanEvery
}

// dial connects one. A connect that fails is no fault of anybody's here: the fleet's own
// dummies tell whether the server can be reached.
func (m *mob) dial(h *hostile) {
	f := m.fleet
	source := f.sources.pick(uint32(f.cfg.Clients)+h.slot, h.conn, len(m.all), m.perSec)
	s, err := m.port.NewSocket(source, f.cfg.Target)
	if err == nil {
		if err = m.io.Connect(s, f.cfg.Target, &h.recv); err == nil {
			h.sock, h.state, h.since = s, dialing, m.now
			h.inFlight++
			m.open++
			m.dialing++
			return
		}
		m.port.Close(s)
	}
	h.at = m.now + h.backoff()
}

func (m *mob) connected(h *hostile, err error) {
	m.dialing--
	if h.state == dying {
		if err == nil {
			m.count.connected.Add(1) // the server may have accepted it
		}
		return
	}
	if err != nil || m.port.LocalAddr(h.sock) == m.fleet.cfg.Target { // to itself, see errItself
		m.die(h, m.port.Cancel, h.backoff())
		return
	}
	m.count.connected.Add(1)
	h.begin(m.now)
	m.behave(h)
}

// ended is the end of a connection by the server, or by a limit of this machine.
func (m *mob) ended(h *hostile, err error) {
	if iocp.Classify(err).Local() {
		m.die(h, m.port.Abort, h.backoff())
		return
	}
	m.count.closed.Add(1)
	m.die(h, m.port.Cancel, mobPause)
}

// die gives a connection up, as worker.die does.
func (m *mob) die(h *hostile, cancel func(iocp.Socket), pause time.Duration) {
	h.state, h.pause, h.at = dying, pause, never
	m.stopFilling(h)
	cancel(h.sock)
	if h.inFlight == 0 {
		m.release(h)
	}
}

// release closes the handle; nothing is in flight.
func (m *mob) release(h *hostile) {
	m.port.Close(h.sock)
	h.sock, h.state = iocp.InvalidSocket, down
	m.open--
	switch {
	case m.leaving.Load():
	case h.pause == 0:
		m.dials.push(h.slot)
	default:
		h.at = m.now + h.pause
	}
}

// leave ends every connection: by FIN, where nothing is on its way that would keep it from
// being sent.
func (m *mob) leave() {
	for slot := range m.all {
		h := &m.all[slot]
		switch {
		case h.state == dialing || h.state == up && h.manner.pushes():
			m.die(h, m.port.Abort, 0)
		case h.state == up:
			m.die(h, m.port.Cancel, 0)
		}
	}
}

// disperse ends the mob's worker and frees its port.
func (m *mob) disperse() error {
	if m == nil {
		return nil
	}
	m.leaving.Store(true)
	<-m.done
	return m.port.CloseHandle()
}

// begin is the first START: the hostile dummies set out. Fleet.mu is held.
func (m *mob) begin() {
	if m != nil && m.setOut.CompareAndSwap(false, true) {
		m.fleet.event("%s hostile dummies set out", monitor.Count(uint64(len(m.all))))
	}
}

// reset begins to count anew. What a server was convicted of stays. Fleet.mu is held.
func (m *mob) reset() {
	if m != nil {
		m.before = m.totals()
	}
}

// totals are the counters since the start.
func (m *mob) totals() monitor.Hostile {
	return monitor.Hostile{
		Dummies:   uint64(len(m.all)),
		Connected: m.count.connected.Load(), ClosedByServer: m.count.closed.Load(),
		BytesSent: m.count.sent.Load(), BytesReceived: m.count.received.Load(),
	}
}

// describe is what a snapshot says of them, nil when there are none. Fleet.mu is held.
func (m *mob) describe() *monitor.Hostile {
	if m == nil {
		return nil
	}
	t := m.totals()
	t.Connected -= m.before.Connected
	t.ClosedByServer -= m.before.ClosedByServer
	t.BytesSent -= m.before.BytesSent
	t.BytesReceived -= m.before.BytesReceived
	return &t
}
