package conn

import (
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// Owner owns the connections that an engine makes, keeps and ends. Only the engine's thread calls
// its methods.
type Owner interface {
	// At is the connection in a slot, which exists and never moves.
	At(slot uint32) *Conn

	// Wants reports whether a connection that is down is to be dialed. It is asked again when the
	// connection's turn comes.
	Wants(c *Conn) bool
	// Source is the address that the next connection is to come from; the zero Addr leaves it to
	// the system.
	Source(c *Conn) netip.Addr
	// DialAt is when the next connection that waits may be dialed. Dialed tells that it is dialed.
	DialAt() time.Duration
	Dialed(c *Conn)
	// Failed tells of a connect that could not begin, failed or hung. The connection is dialed
	// again after a pause, if the owner wants it then.
	Failed(c *Conn, err error)
	// Opened tells that it is connected, from which local address, and when the connect began.
	// Number counts it now. The state is Greeting or Up, as Config.Greeting says.
	Opened(c *Conn, local netip.AddrPort, began time.Duration)
	// Missed tells of a connect that was given up, and succeeded all the same.
	Missed(c *Conn)

	// Received is the completion of a receive. No data is the end of the stream. data belongs to the
	// port, and is valid during the call (C10).
	Received(c *Conn, data []byte, err error)
	// Sent is the completion of a send of n bytes: perhaps fewer than asked (C5), and 0 for a
	// failure. It is told of a dying connection, too: the buffer is the owner's again.
	Sent(c *Conn, n int, err error)
	// Dead tells that the connection is about to be given up; its state is still the old one.
	Dead(c *Conn)
	// Released tells that nothing of the connection is in flight any more, and the handle is closed.
	Released(c *Conn)

	// Fired tells that a timer of the owner's is over (Engine.After). It was due at the time at.
	Fired(c *Conn, what uint8, at time.Duration)

	// Next is when the owner has something to do even if nothing completes, and how long the thread
	// may sleep at most.
	Next() (at, longest time.Duration)
	// Woke comes before the completions of a batch: when the batch before began, when the thread
	// went to sleep, and how long it wanted to sleep.
	Woke(before, asleep, wait time.Duration)
	// Advance does what time and the completions have made possible. It reports true when the
	// thread is to end; it then ends as soon as every connection is down.
	Advance() (over bool)
	// Ended is the thread's last call, before Done is closed.
	Ended()
}

// Config is what an engine is made of.
type Config struct {
	Open     func() (iocp.Port, error) // for one worker
	Target   netip.AddrPort
	Clock    func() time.Duration // one for all engines of a run
	Trace    *trace.Ring          // nil: no footprints
	Greeting bool                 // a connection begins with a session, which the owner ends (Greeted)
	Dialing  int                  // connects in flight, at most
	DialMost int                  // connects begun in one batch, at most; 0 = the owner calls DialNext
}

// Engine is a thread, its completion port and the connections on it.
type Engine struct {
	cfg     Config
	owner   Owner
	port    iocp.Port
	io      iocp.Worker
	entries [256]iocp.Entry
	now     time.Duration // by the clock, which is read once for each batch
	asleep  time.Duration // when the last sleep began
	mail    mailbox
	timers  timers
	dials   Queue // to be dialed, each slot once
	dialing int   // connects in flight
	open    int   // connections that are not down
	done    chan struct{}
}

// New opens a port. Start makes the thread. If an engine was started, its owner must end it
// (Advance) and then close it. Otherwise Close is enough.
func New(cfg Config, owner Owner) (*Engine, error) {
	port, err := cfg.Open()
	if err != nil {
		return nil, err
	}
	return &Engine{cfg: cfg, owner: owner, port: port, done: make(chan struct{})}, nil
}

// Start makes the thread that serves the port. The error comes from the port.
func (e *Engine) Start() error {
	started := make(chan error, 1)
	go e.run(started)
	return <-started
}

// Close frees the port. The thread, if there is one, must have ended.
func (e *Engine) Close() error { return e.port.CloseHandle() }

// Done is closed when the thread has ended.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Backend is the name of the port's implementation.
func (e *Engine) Backend() string { return e.port.Backend() }

// Mail has the thread run f at the end of its present batch. Any goroutine may call it. It reports
// false if the thread has ended or is about to end; f does not run then.
func (e *Engine) Mail(f func()) bool { return e.mail.send(e.port, f) }

// Now is the time of the present batch.
func (e *Engine) Now() time.Duration { return e.now }

// Open is how many connections are not down.
func (e *Engine) Open() int { return e.open }

// Connecting is how many connects are in flight.
func (e *Engine) Connecting() int { return e.dialing }

// After calls the owner's Fired for a connection after a delay. what is 0 to 254. A connection may
// have one timer of each what at a time: so there is a bound on them.
func (e *Engine) After(delay time.Duration, c *Conn, what uint8) {
	e.timers.push(timer{at: e.now + delay, slot: c.Slot, what: what})
}

// run is the thread. It ends when the owner says so and every connection is down.
func (e *Engine) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	err := e.Bind()
	started <- err
	if err != nil {
		return
	}
	e.Tick(e.cfg.Clock())
	for over := false; !over; {
		wait := e.maxSleep()
		n := e.get(wait)
		before := e.now
		e.Tick(e.cfg.Clock())
		e.owner.Woke(before, e.asleep, wait)
		e.completeAll(n)
		over = e.Advance()
	}
	e.end()
}

// Bind makes the calling goroutine the engine's thread. Bind, Tick, Complete and Advance are what
// the thread does; whoever drives an engine by hand calls them.
func (e *Engine) Bind() error {
	io, err := e.port.Worker()
	e.io = io
	return err
}

// Tick sets the time of the present batch.
func (e *Engine) Tick(now time.Duration) {
	e.now = now
	if e.cfg.Trace != nil {
		e.cfg.Trace.SetTime(now)
	}
}

func (e *Engine) get(wait time.Duration) int {
	n, err := e.io.Get(e.entries[:], wait)
	if err != nil {
		panic(fmt.Sprintf("conn: the completion port is broken: %v", err))
	}
	return n
}

func (e *Engine) completeAll(n int) {
	for i := range e.entries[:n] {
		e.Complete(&e.entries[i])
	}
}

// Complete handles one completion. It lowers the count of what is in flight at the bottom, after any
// post that followed. If that makes it 0 and the connection is dying, this completion was the last,
// and releases the connection.
func (e *Engine) Complete(entry *iocp.Entry) {
	if entry.Overlapped == &e.mail.ov {
		e.mail.woken.Store(false) // Advance reads the letters
		return
	}
	c := e.owner.At(uint32(entry.Overlapped.Key))
	switch entry.Overlapped.Op {
	case iocp.OpConnect:
		e.connected(c, entry.Err)
	case iocp.OpRecv:
		c.flags &^= receiving
		if c.state != Dying {
			e.Note(trace.RecvDone, c, entry.Transferred)
			e.owner.Received(c, entry.Data, entry.Err)
		}
	case iocp.OpSend:
		c.flags &^= sending
		e.Note(trace.SendDone, c, entry.Transferred)
		e.owner.Sent(c, entry.Transferred, entry.Err)
	default:
		panic(fmt.Sprintf("conn: completion of operation %d", entry.Overlapped.Op))
	}
	c.inFlight--
	if c.inFlight == 0 && c.state == Dying {
		e.release(c)
	}
}

// Advance does what time and the completions have made possible. It reports true when the thread
// is to end.
func (e *Engine) Advance() (over bool) {
	if e.mail.full.Load() {
		e.mail.read()
	}
	e.fire()
	e.dialDue()
	return e.owner.Advance() && e.open == 0
}

// maxSleep is how long the thread may sleep for a completion.
func (e *Engine) maxSleep() time.Duration {
	at, longest := e.owner.Next()
	at = min(at, e.timers.next(), e.dialTime())
	if at <= e.now || e.mail.full.Load() {
		return 0
	}
	e.asleep = e.cfg.Clock() // the batch may have taken long
	return max(0, min(at-e.asleep, longest))
}

// fire calls the timers that are due.
func (e *Engine) fire() {
	for e.timers.next() <= e.now {
		t := e.timers.pop()
		if t.what == redial {
			e.dials.Push(t.slot)
			continue
		}
		e.owner.Fired(e.owner.At(t.slot), t.what, t.at)
	}
}

// end reads the last mail and gives back the thread's part of the port.
func (e *Engine) end() {
	e.mail.close()
	for e.mail.woken.Load() { // the port still has the last wake-up
		e.completeAll(e.get(-1))
	}
	if err := e.io.Close(); err != nil {
		panic(fmt.Sprintf("conn: closing with nothing in flight: %v", err))
	}
	e.owner.Ended()
	close(e.done)
}

// Send posts one send of data; none may be in flight. data must not change until Sent. After an
// error nothing was posted.
func (e *Engine) Send(c *Conn, data []byte) error {
	c.flags |= sending
	c.sentAt = e.now
	c.inFlight++
	e.Note(trace.SendPost, c, len(data))
	err := e.io.Send(c.sock, data, &c.send)
	if err != nil {
		c.inFlight--
		c.flags &^= sending
	}
	return err
}

// Receive posts the next receive; none may be in flight. After an error nothing was posted.
func (e *Engine) Receive(c *Conn) error {
	c.flags |= receiving
	c.inFlight++
	err := e.io.Recv(c.sock, &c.recv)
	if err != nil {
		c.inFlight--
		c.flags &^= receiving
	}
	return err
}

// LocalAddr is a connection's own address; the zero AddrPort if it has none, or none any more.
func (e *Engine) LocalAddr(c *Conn) netip.AddrPort {
	if c.sock == iocp.InvalidSocket {
		return netip.AddrPort{}
	}
	return e.port.LocalAddr(c.sock)
}

// Acked is how many bytes the peer's system has acknowledged. ok is false if our system does not
// tell.
func (e *Engine) Acked(c *Conn) (n uint64, ok bool) { return iocp.BytesAcked(e.port, c.sock) }

// Note leaves a footprint of a connection.
func (e *Engine) Note(k trace.Kind, c *Conn, n int) {
	if e.cfg.Trace != nil {
		e.cfg.Trace.Record(k, trace.Nowhere, c.ID(), int(c.inFlight), n)
	}
}
