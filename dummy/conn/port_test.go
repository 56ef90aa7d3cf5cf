package conn

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"dummyload/server/iocp"
)

// port is a completion port without a system below it: a test completes what was posted. It holds
// the engine to the contract: one receive and one send of a socket at a time (C2), and no handle
// closed that has something in flight (C6).
type port struct {
	mu      sync.Mutex
	wake    chan struct{} // holds one token while ready is not empty
	ready   []iocp.Entry
	sockets map[iocp.Socket]*socket
	made    iocp.Socket
	refuse  error // NewSocket's
	posted  func(op *operation)
	closed  bool
}

type socket struct {
	pending   map[iocp.Op]*operation
	ended     bool // cancelled or aborted
	shutdown  bool
	remote    netip.AddrPort
	local     netip.AddrPort
	connected bool
}

type operation struct {
	sock iocp.Socket
	ov   *iocp.Overlapped
	op   iocp.Op
	data []byte
}

var errCancelled = errors.New("cancelled")

func newPort() *port {
	return &port{wake: make(chan struct{}, 1), sockets: map[iocp.Socket]*socket{}}
}

// complete makes one entry of a posted operation; p.mu is held.
func (p *port) complete(op *operation, n int, data []byte, err error) {
	s := p.sockets[op.sock]
	delete(s.pending, op.op)
	if op.op == iocp.OpConnect && err == nil {
		s.connected = true
	}
	p.push(iocp.Entry{Overlapped: op.ov, Transferred: n, Data: data, Err: err})
}

func (p *port) push(e iocp.Entry) {
	p.ready = append(p.ready, e)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// pending are the operations in flight of a kind.
func (p *port) pending(op iocp.Op) (all []*operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := iocp.Socket(0); s <= p.made; s++ {
		if one := p.sockets[s]; one != nil && one.pending[op] != nil {
			all = append(all, one.pending[op])
		}
	}
	return all
}

// finish completes the oldest operation of a kind.
func (p *port) finish(op iocp.Op, data string, err error) {
	all := p.pending(op)
	if len(all) == 0 {
		panic(fmt.Sprintf("no operation %d is in flight", op))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(data)
	if op == iocp.OpSend && err == nil {
		n = len(all[0].data)
	}
	p.complete(all[0], n, []byte(data), err)
}

func (p *port) post(s iocp.Socket, ov *iocp.Overlapped, op iocp.Op, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.sockets[s]
	if one == nil {
		panic("a post on a closed handle")
	}
	if one.pending[op] != nil {
		panic(fmt.Sprintf("two operations %d of one socket", op))
	}
	ov.Op = op
	posted := &operation{s, ov, op, data}
	one.pending[op] = posted
	switch {
	case one.ended:
		p.complete(posted, 0, nil, errCancelled)
	case p.posted != nil:
		p.posted(posted)
	}
	return nil
}

func (p *port) NewSocket(_ netip.Addr, remote netip.AddrPort) (iocp.Socket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		return iocp.InvalidSocket, p.refuse
	}
	p.made++
	p.sockets[p.made] = &socket{pending: map[iocp.Op]*operation{}, remote: remote,
		local: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(10_000+p.made))}
	return p.made, nil
}

func (p *port) Connect(s iocp.Socket, _ netip.AddrPort, ov *iocp.Overlapped) error {
	return p.post(s, ov, iocp.OpConnect, nil)
}
func (p *port) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	return p.post(s, ov, iocp.OpRecv, nil)
}
func (p *port) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	return p.post(s, ov, iocp.OpSend, buf)
}

// with changes the port between two operations.
func (p *port) with(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *port) LocalAddr(s iocp.Socket) netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sockets[s].local
}

func (p *port) Shutdown(s iocp.Socket) { p.with(func() { p.sockets[s].shutdown = true }) }

func (p *port) Cancel(s iocp.Socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.sockets[s]
	one.ended = true
	for _, op := range one.pending {
		p.complete(op, 0, nil, errCancelled)
	}
}
func (p *port) Abort(s iocp.Socket) { p.Cancel(s) }

func (p *port) Close(s iocp.Socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.sockets[s]; one == nil || len(one.pending) > 0 {
		panic("closesocket of a handle that is closed, or has something in flight")
	}
	delete(p.sockets, s)
}

func (p *port) Post(ov *iocp.Overlapped) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ov.Op = iocp.OpNone
	p.push(iocp.Entry{Overlapped: ov})
	return nil
}

func (p *port) CloseHandle() error                         { p.closed = true; return nil }
func (p *port) Backend() string                            { return "test" }
func (p *port) Worker() (iocp.Worker, error)               { return worker{p}, nil }
func (p *port) Accept(iocp.Socket, *iocp.Overlapped) error { panic("not a server") }
func (p *port) RemoteAddr(iocp.Socket) netip.AddrPort      { panic("of no interest") }
func (p *port) Listen(netip.AddrPort, int) (iocp.Socket, netip.AddrPort, error) {
	panic("not a server")
}

// worker is the port's only one.
type worker struct{ *port }

func (w worker) Close() error { return nil }

// Get hands out what is complete, and waits for it as long as it may.
func (w worker) Get(entries []iocp.Entry, wait time.Duration) (int, error) {
	if wait != 0 {
		var over <-chan time.Time
		if wait > 0 && wait != Never {
			over = time.After(wait)
		}
		select {
		case <-w.wake:
		case <-over:
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := copy(entries, w.ready)
	w.ready = append([]iocp.Entry(nil), w.ready[n:]...)
	select {
	case <-w.wake:
	default:
	}
	if len(w.ready) > 0 {
		w.wake <- struct{}{}
	}
	return n, nil
}

// owner has one connection for each slot and writes down what the engine tells of it.
type owner struct {
	mu       sync.Mutex
	log      []string
	all      []Conn
	engine   *Engine
	at       func() time.Duration
	unwanted bool
	over     bool
	gone     bool // Ended was called
	dialAt   time.Duration
	scan     time.Duration // Hangs after that long; 0 = never
	next     time.Duration
	opened   func(c *Conn)
	received func(c *Conn, data []byte)
	ended    func(c *Conn)
}

func (o *owner) say(c *Conn, format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log = append(o.log, fmt.Sprintf("%v #%d %s", o.at(), c.Slot, fmt.Sprintf(format, args...)))
}

func (o *owner) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.log...)
}

func (o *owner) At(slot uint32) *Conn       { return &o.all[slot] }
func (o *owner) Wants(*Conn) bool           { return !o.unwanted }
func (o *owner) Source(*Conn) netip.Addr    { return netip.Addr{} }
func (o *owner) DialAt() time.Duration      { return o.dialAt }
func (o *owner) Dialed(c *Conn)             { o.say(c, "dialed") }
func (o *owner) Failed(c *Conn, err error)  { o.say(c, "failed: %v", err) }
func (o *owner) Missed(c *Conn)             { o.say(c, "missed") }
func (o *owner) Dead(c *Conn)               { o.say(c, "dead, was %v", c.State()) }
func (o *owner) Released(c *Conn)           { o.say(c, "released") }
func (o *owner) Woke(_, _, _ time.Duration) {}
func (o *owner) Opened(c *Conn, _ netip.AddrPort, _ time.Duration) {
	o.say(c, "opened %d, %v", c.Number, c.State())
	if o.opened != nil {
		o.opened(c)
	}
}
func (o *owner) Received(c *Conn, data []byte, err error) {
	o.say(c, "received %q %v", data, err)
	switch {
	case len(data) == 0 && o.ended != nil:
		o.ended(c)
	case len(data) > 0 && o.received != nil:
		o.received(c, data)
	}
}
func (o *owner) Sent(c *Conn, n int, err error)             { o.say(c, "sent %d %v", n, err) }
func (o *owner) Fired(c *Conn, what uint8, _ time.Duration) { o.say(c, "fired %d", what) }
func (o *owner) Next() (at, longest time.Duration) {
	if o.scan > 0 {
		return o.next, Never
	}
	return Never, Never
}
func (o *owner) Ended() { o.gone = true }
func (o *owner) Advance() bool {
	if o.scan > 0 && o.engine.Now() >= o.next {
		for i := range o.all {
			o.engine.Hangs(&o.all[i], o.scan)
		}
		o.next = o.engine.Now() + 5*time.Millisecond
	}
	return o.over
}
