package sim

import (
	"fmt"
	"net/netip"
	"syscall"

	"dummyload/server/iocp"
)

// Port is the simulated completion port; see the package's comment for what it does and
// iocp.Port for what its methods are.
type Port struct {
	// Owner says whose an operation is: the session's id. A socket belongs to whoever posts on
	// it first, and to nobody else.
	Owner func(ov *iocp.Overlapped) uint64
	// Sound makes no post fail, and no Accept.
	Sound bool
	// Loose allows what a system allows although the contract does not: a second receive or send
	// while one is in flight, and closing what is not open.
	Loose bool
	// LooseClose lets Close end what is in flight, as closesocket does. Otherwise that is a
	// breach of C6.
	LooseClose bool
	// LastFirst hands out the handle value freed last; otherwise it is the lowest one.
	LastFirst bool
	// Died is why the server's process died.
	Died string
	// Failed is how many posts of Recv and Send were made to fail.
	Failed int

	world   *World
	conns   []*Conn // of this run, in the order of connecting
	queue   []*Conn // connected and not accepted
	socks   []*Conn // by handle value; nil is free
	freed   []iocp.Socket
	accepts []accept
	closed  bool // the listener is
	stops   int  // orders to stop, not dequeued yet
	serial  int
	ready   []int // scratch of Get
	workers []*worker
	made    int // of workers, in this run
}

type accept struct {
	ov        *iocp.Overlapped
	cancelled bool
	serial    int
	inside    bool
}

var _ iocp.Port = (*Port)(nil)

// listenerHandle is the value of the one listener; connections have others.
const listenerHandle iocp.Socket = 3

const firstHandle = 5

// What operations fail with.
var (
	errNoBuffers = syscall.ENOBUFS
	errReset     = syscall.ECONNRESET
	errCanceled  = syscall.ECANCELED
	errNoFiles   = syscall.EMFILE
	errNotSocket = syscall.ENOTSOCK
)

// NewPort makes a port in a world. Begin starts each run.
func NewPort(w *World) *Port { return &Port{world: w} }

// Begin forgets the last run.
func (p *Port) Begin() {
	p.conns, p.queue, p.socks = p.conns[:0], p.queue[:0], p.socks[:0]
	p.freed, p.accepts = p.freed[:0], p.accepts[:0]
	p.closed, p.stops, p.serial, p.made = false, 0, 0, 0
}

// Conns is every connection of the run.
func (p *Port) Conns() []*Conn { return p.conns }

// at is the connection behind a handle, nil when the handle is not open.
func (p *Port) at(s iocp.Socket) *Conn {
	if s < firstHandle || s-firstHandle >= iocp.Socket(len(p.socks)) {
		return nil
	}
	return p.socks[s-firstHandle]
}

// open gives a connection a handle.
func (p *Port) open(c *Conn) iocp.Socket {
	c.Accepted = true
	if len(p.freed) == 0 {
		p.socks = append(p.socks, c)
		c.sock = iocp.Socket(firstHandle + len(p.socks) - 1)
		return c.sock
	}
	at := len(p.freed) - 1
	for i, s := range p.freed {
		if !p.LastFirst && s < p.freed[at] {
			at = i
		}
	}
	c.sock = p.freed[at]
	p.freed = append(p.freed[:at], p.freed[at+1:]...)
	p.socks[c.sock-firstHandle] = c
	Met(HandleReused)
	return c.sock
}

// Own says who a socket belongs to before its first post.
func (p *Port) Own(s iocp.Socket, id uint64) {
	if c := p.at(s); c != nil {
		p.owned(c, id)
	}
}

// owned asserts that an operation's owner and its socket belong together.
func (p *Port) owned(c *Conn, id uint64) {
	if c.Owner == id {
		return
	}
	stranger := c.Owner != 0
	for _, other := range p.conns {
		stranger = stranger || other != c && other.Owner == id
	}
	if stranger {
		p.world.Fail("post on another session's socket: %x's on handle %d of c%d, which is %x's",
			id, c.sock, c.Number, c.Owner)
	}
	c.Owner = id
}

// enter is the beginning of a Recv or Send: the socket, and whether the post fails at once.
func (p *Port) enter(s iocp.Socket, ov *iocp.Overlapped, op iocp.Op) (*Conn, error) {
	c := p.at(s)
	if c == nil {
		return nil, errNotSocket
	}
	p.owned(c, p.Owner(ov))
	if !p.Sound && p.world.Rare() {
		if !c.broken() && !c.Fin {
			Met(HealthyPostFailed)
		}
		c.PostFault = true
		p.Failed++
		return nil, errNoBuffers
	}
	ov.Op = op
	p.serial++
	return c, nil
}

// Recv implements iocp.Poster.
func (p *Port) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	p.world.point("before WSARecv")
	c, err := p.enter(s, ov, iocp.OpRecv)
	if err != nil {
		return p.refuse("WSARecv", s, err)
	}
	serial := p.serial
	if c.recv.ov != nil {
		if !p.Loose {
			p.world.Fail("two receives in flight on c%d", c.Number)
		}
		c.later = append(c.later, op{ov: ov, serial: serial})
		return nil
	}
	c.recv = op{ov: ov, serial: serial, inside: true}
	p.saySocket("WSARecv posted", c)
	p.world.point("in WSARecv")
	if c.recv.serial == serial {
		c.recv.inside = false
	}
	return nil
}

// Send implements iocp.Poster.
func (p *Port) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	p.world.point("before WSASend")
	c, err := p.enter(s, ov, iocp.OpSend)
	if err != nil {
		return p.refuse("WSASend", s, err)
	}
	serial := p.serial
	if c.send.ov != nil {
		if !p.Loose {
			p.world.Fail("two sends in flight on c%d", c.Number)
		}
		c.later = append(c.later, op{ov: ov, buf: buf, serial: serial})
		return nil
	}
	c.send = op{ov: ov, buf: buf, serial: serial, inside: true}
	p.saySocket("WSASend posted", c)
	p.world.point("in WSASend")
	if c.send.serial == serial {
		c.send.inside = false
	}
	return nil
}

// Accept implements iocp.Poster.
func (p *Port) Accept(listener iocp.Socket, ov *iocp.Overlapped) error {
	p.world.point("before AcceptEx")
	if listener != listenerHandle || p.closed {
		return errNotSocket
	}
	if !p.Sound && p.world.Rare() {
		return errNoBuffers
	}
	ov.Op = iocp.OpAccept
	p.serial++
	serial := p.serial
	p.accepts = append(p.accepts, accept{ov: ov, serial: serial, inside: true})
	p.world.point("in AcceptEx")
	for i := range p.accepts {
		if p.accepts[i].serial == serial {
			p.accepts[i].inside = false
		}
	}
	return nil
}

func (p *Port) refuse(call string, s iocp.Socket, err error) error {
	if p.world.Showing() {
		p.world.say(fmt.Sprintf("%s on handle %d fails at once: %v", call, s, err))
	}
	return err
}

func (p *Port) saySocket(what string, c *Conn) {
	if p.world.Showing() {
		p.world.say(fmt.Sprintf("%s on handle %d (c%d)", what, c.sock, c.Number))
	}
}

// Cancel implements iocp.Port.
func (p *Port) Cancel(s iocp.Socket) {
	p.world.point("before Cancel")
	if s == listenerHandle {
		for i := range p.accepts {
			p.accepts[i].cancelled = true
		}
		return
	}
	if c := p.at(s); c != nil {
		c.Cancelled = true
		p.saySocket("Cancel", c)
		c.end()
	}
}

// Abort implements iocp.Port; clients here do not tell a RST from a FIN.
func (p *Port) Abort(s iocp.Socket) { p.Cancel(s) }

// Shutdown implements iocp.Port; nothing in a server without half-closing calls it.
func (p *Port) Shutdown(s iocp.Socket) { p.Cancel(s) }

// Close implements iocp.Port.
func (p *Port) Close(s iocp.Socket) {
	p.world.point("before closesocket")
	if s == listenerHandle {
		p.closed = true
		return
	}
	c := p.at(s)
	if c == nil && p.Loose {
		return
	}
	if c == nil {
		p.world.Fail("closesocket of handle %d, which is not open", int(s))
	}
	if !p.LooseClose && (c.recv.ov != nil || c.send.ov != nil) {
		p.world.Fail("closesocket with I/O in flight on c%d (C6)", c.Number)
	}
	p.saySocket("closesocket", c)
	c.Closed = true
	p.socks[s-firstHandle] = nil
	p.freed = append(p.freed, s)
	c.end()
}

// Kill ends the server, in a hosted world, as its system does when its process dies: every connection
// is reset, those that were not accepted as well, and nobody listens any more.
func (p *Port) Kill(why string) {
	p.world.say("the server's process dies: " + why)
	p.closed, p.Died = true, why
	for _, c := range p.conns {
		c.reset()
	}
	p.queue = p.queue[:0]
	for _, wk := range p.workers[:p.made] {
		wk.owner.guest.died = true
	}
}

// Post implements iocp.Port. Only orders to stop are posted here.
func (p *Port) Post(ov *iocp.Overlapped) error {
	p.world.point("before PostQueuedCompletionStatus")
	if ov != nil {
		p.world.Fail("a packet that is no order to stop")
	}
	p.stops++
	p.world.say("order to stop posted")
	return nil
}

// Backend implements iocp.Port.
func (p *Port) Backend() string { return "sim" }

// Listen implements iocp.Port: there is one listener.
func (p *Port) Listen(a netip.AddrPort, _ int) (iocp.Socket, netip.AddrPort, error) {
	return listenerHandle, a, nil
}

// Connect implements iocp.Poster: connecting is the clients' side. Those that are coroutines Dial;
// those of a hosted world have a Remote.
func (p *Port) Connect(iocp.Socket, netip.AddrPort, *iocp.Overlapped) error { return errNotSocket }

// NewSocket implements iocp.Port.
func (p *Port) NewSocket(netip.Addr, netip.AddrPort) (iocp.Socket, error) {
	return iocp.InvalidSocket, errNotSocket
}

// LocalAddr implements iocp.Port: nobody has an address.
func (p *Port) LocalAddr(iocp.Socket) (a netip.AddrPort) { return a }

// RemoteAddr implements iocp.Port.
func (p *Port) RemoteAddr(iocp.Socket) (a netip.AddrPort) { return a }

// CloseHandle implements iocp.Port.
func (p *Port) CloseHandle() error { return nil }
