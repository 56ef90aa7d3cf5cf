package iocp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// netSock is what a handle value stands for: a listener, or a connection that may still have
// to be dialed.
type netSock struct {
	listener *net.TCPListener
	conn     atomic.Pointer[net.TCPConn]

	local netip.Addr         // bound to when dialing
	ctx   context.Context    // ends the dialing; nil when there is nothing to dial
	stop  context.CancelFunc // of ctx

	mu    sync.Mutex // orders a Cancel against the end of the dialing
	ended bool
	reset bool
}

// longAgo is a deadline that has passed: it completes what waits, and what comes.
var longAgo = time.Unix(1, 0)

// end completes everything that is pending on the socket, now and later (C6).
func (k *netSock) end(reset bool) {
	if k.listener != nil {
		_ = k.listener.SetDeadline(longAgo)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	k.reset = k.reset || reset
	if k.stop != nil {
		k.stop()
	}
	if c := k.conn.Load(); c != nil {
		k.endConn(c)
	}
}

// endConn is called with mu held. Its calls fail when the connection is already gone.
func (k *netSock) endConn(c *net.TCPConn) {
	_ = c.SetDeadline(longAgo)
	if k.reset {
		_ = c.SetLinger(0) // Close sends the RST
		return
	}
	_ = c.CloseWrite()
}

// connected makes c the socket's connection.
func (k *netSock) connected(c *net.TCPConn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conn.Store(c)
	if k.ended {
		k.endConn(c)
	}
}

func (k *netSock) close() {
	if k.stop != nil {
		k.stop()
	}
	if k.listener != nil {
		_ = k.listener.Close()
	}
	if c := k.conn.Load(); c != nil {
		_ = c.Close()
	}
}

func (p *netPort) Accept(listener Socket, ov *Overlapped) error {
	k, err := p.sock(listener)
	if err != nil {
		return err
	}
	if k.listener == nil {
		return fmt.Errorf("iocp: socket %d does not listen", listener)
	}
	ov.Op = OpAccept
	go p.accept(k.listener, ov)
	return nil
}

func (p *netPort) accept(l *net.TCPListener, ov *Overlapped) {
	d := netDone{Entry: Entry{Overlapped: ov, Socket: InvalidSocket}}
	c, err := l.AcceptTCP()
	if err == nil {
		k := &netSock{}
		k.conn.Store(c)
		if d.Socket, err = p.enter(k); err != nil {
			c.Close()
		}
	}
	d.Err = err
	p.complete(d)
}

func (p *netPort) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	k, err := p.sock(s)
	if err != nil {
		return err
	}
	if k.ctx == nil || k.conn.Load() != nil {
		return fmt.Errorf("iocp: socket %d is not one to connect", s)
	}
	ov.Op = OpConnect
	go p.dial(k, remote, ov)
	return nil
}

func (p *netPort) dial(k *netSock, remote netip.AddrPort, ov *Overlapped) {
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	if k.local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(k.local, 0))
	}
	c, err := d.DialContext(k.ctx, "tcp", remote.String())
	if err == nil {
		k.connected(c.(*net.TCPConn))
	}
	p.complete(netDone{Entry: Entry{Overlapped: ov, Socket: InvalidSocket, Err: err}})
}

// connOf returns the connection that a Recv or Send is for.
func (p *netPort) connOf(s Socket) (*net.TCPConn, error) {
	k, err := p.sock(s)
	if err != nil {
		return nil, err
	}
	c := k.conn.Load()
	if c == nil {
		return nil, fmt.Errorf("iocp: socket %d is not connected", s)
	}
	return c, nil
}

func (p *netPort) Recv(s Socket, ov *Overlapped) error {
	c, err := p.connOf(s)
	if err != nil {
		return err
	}
	ov.Op = OpRecv
	go p.recv(c, ov)
	return nil
}

func (p *netPort) recv(c *net.TCPConn, ov *Overlapped) {
	d := netDone{Entry: Entry{Overlapped: ov, Socket: InvalidSocket}}
	buf, n, err := readWhenReady(c, &p.bufs)
	if buf != nil {
		d.buf, d.Data, d.Transferred = buf, (*buf)[:n], n
	}
	if !errors.Is(err, io.EOF) {
		d.Err = err
	}
	p.complete(d)
}

func (p *netPort) Send(s Socket, buf []byte, ov *Overlapped) error {
	c, err := p.connOf(s)
	if err != nil {
		return err
	}
	if len(buf) == 0 {
		return errEmptySend
	}
	ov.Op, ov.buf = OpSend, buf
	if n := writeNow(c, buf); n > 0 {
		p.sent(ov, n, nil)
		return nil
	}
	go func() {
		n, err := c.Write(buf)
		p.sent(ov, n, err)
	}()
	return nil
}

func (p *netPort) sent(ov *Overlapped, n int, err error) {
	ov.buf = nil
	p.complete(netDone{Entry: Entry{
		Overlapped: ov, Transferred: n, Socket: InvalidSocket, Err: err,
	}})
}
