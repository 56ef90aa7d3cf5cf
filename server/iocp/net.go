package iocp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// netPort is the portable backend, over package net. An operation that cannot be done at
// once is a goroutine of its own: starting one costs about what waking a parked one costs,
// and Close leaves none behind. So an idle connection with its receive posted costs a
// goroutine but no buffer: 3 to 5 KB with its stack, ten times what it costs on the other
// backends.
type netPort struct {
	cfg   Config
	queue netQueue
	bufs  sync.Pool // *[]byte of cfg.RecvSize; one for each receive not yet given back
	table slabs[atomic.Pointer[netSock]]
	made  atomic.Int32 // workers made
	open  atomic.Int32 // workers not yet closed

	mu   sync.Mutex // guards the handle values
	free []Socket   // last freed, first reused
	next Socket
}

func newNet(cfg Config) (Port, error) {
	p := &netPort{cfg: cfg, next: 1}
	p.bufs.New = func() any {
		b := make([]byte, cfg.RecvSize)
		return &b
	}
	return p, nil
}

func (p *netPort) Backend() string { return "net" }

func (p *netPort) Worker() (Worker, error) {
	if n := int(p.made.Add(1)); n > p.cfg.Workers {
		return nil, errNoMoreWorkers(p.cfg.Workers)
	}
	p.open.Add(1)
	timer := time.NewTimer(0)
	timer.Stop()
	return &netWorker{Poster: p, port: p, wake: make(chan struct{}, 1), timer: timer}, nil
}

func (p *netPort) CloseHandle() error {
	if n := p.open.Load(); n != 0 {
		return errOpenWorkers(int(n))
	}
	p.queue.close()
	return nil
}

func (p *netPort) Post(ov *Overlapped) error {
	if ov != nil {
		ov.Op = OpNone
	}
	return p.queue.push(netDone{Entry: Entry{Overlapped: ov, Socket: InvalidSocket}})
}

// complete queues an operation's result. The port outlives its operations, so the push does not
// fail.
func (p *netPort) complete(d netDone) { _ = p.queue.push(d) }

func (p *netPort) sock(s Socket) (*netSock, error) {
	if e := p.table.at(s); e != nil {
		if k := e.Load(); k != nil {
			return k, nil
		}
	}
	return nil, fmt.Errorf("iocp: socket %d: %w", s, net.ErrClosed)
}

// enter gives a socket its handle value.
func (p *netPort) enter(k *netSock) (Socket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.next
	if n := len(p.free); n > 0 {
		s = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		p.next++
	}
	e := p.table.make(s)
	if e == nil {
		return InvalidSocket, errors.New("iocp: too many sockets")
	}
	e.Store(k)
	return s, nil
}

func (p *netPort) Listen(addr netip.AddrPort, backlog int) (Socket, netip.AddrPort, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(context.Background(), "tcp", addr.String())
	if err != nil {
		return InvalidSocket, netip.AddrPort{}, err
	}
	tl := l.(*net.TCPListener)
	setBacklog(tl, backlog)
	at := addrPort(l.Addr())
	s, err := p.enter(&netSock{listener: tl})
	if err == nil && !at.IsValid() {
		p.Close(s)
		return InvalidSocket, at, errNoAddress
	}
	if err != nil {
		l.Close()
		return InvalidSocket, netip.AddrPort{}, err
	}
	return s, at, nil
}

func (p *netPort) NewSocket(local netip.Addr, remote netip.AddrPort) (Socket, error) {
	k := &netSock{local: local}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return p.enter(k)
}

func (p *netPort) LocalAddr(s Socket) netip.AddrPort {
	k, err := p.sock(s)
	if err != nil {
		return netip.AddrPort{}
	}
	if k.listener != nil {
		return addrPort(k.listener.Addr())
	}
	if c := k.conn.Load(); c != nil {
		return addrPort(c.LocalAddr())
	}
	return netip.AddrPort{}
}

func (p *netPort) RemoteAddr(s Socket) netip.AddrPort {
	k, err := p.sock(s)
	if err != nil {
		return netip.AddrPort{}
	}
	if c := k.conn.Load(); c != nil {
		return addrPort(c.RemoteAddr())
	}
	return netip.AddrPort{}
}

// addrPort drops the IPv4-in-IPv6 form, which package net uses for dual-stack sockets.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (p *netPort) Shutdown(s Socket) {
	if k, err := p.sock(s); err == nil {
		if c := k.conn.Load(); c != nil {
			_ = c.CloseWrite() // fails when the connection is gone: then there is no FIN to send
		}
	}
}

func (p *netPort) Cancel(s Socket) {
	if k, err := p.sock(s); err == nil {
		k.end(false)
	}
}

func (p *netPort) Abort(s Socket) {
	if k, err := p.sock(s); err == nil {
		k.end(true)
	}
}

func (p *netPort) Close(s Socket) {
	k, err := p.sock(s)
	if err != nil {
		return
	}
	k.close()
	p.table.at(s).Store(nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, s)
}
