package iocptest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"dummyload/server/iocp"
	"dummyload/server/iocp/iocptest/deadport"
)

var acceptCases = []Case{
	{
		Name: "SeveralAccepts", Clause: "C1",
		Why: "Several Accepts of one listener may be pending; each takes one connection.",
		run: severalAccepts,
	},
	{
		Name: "AcceptAddresses", Clause: "C1",
		Why: "An accepted socket knows both its addresses, as the peer sees them.",
		run: acceptAddresses,
	},
	{
		Name: "ConnectStorm", Clause: "C1", limit: 60 * time.Second,
		Why: "500 connects at once with a backlog of 5 are all accepted, once each.",
		run: connectStorm,
	},
}

var connectCases = []Case{
	{
		Name: "ConnectAndEcho", Clause: "C1",
		Why: "A socket of NewSocket connects, knows its addresses, sends and receives.",
		run: connectAndEcho,
	},
	{
		Name: "ConnectRefused", Clause: "C4",
		Why: "A refused Connect is one failed Entry, of ClassRefused.",
		run: connectRefused,
	},
	{
		Name: "ConnectFrom", Clause: "C1", os: "linux",
		Why: "NewSocket binds the source address, so that a loopback target can be reached " +
			"from all of 127.0.0.0/8.",
		run: connectFrom,
	},
	{
		Name: "IPv6", Clause: "C1",
		Why: "Listeners and sockets of the other address family work the same.",
		run: ipv6,
	},
	{
		Name: "BothFamilies", Clause: "C1",
		Why: "A listener at [::] takes IPv4 connections on every system, and calls them IPv4.",
		run: bothFamilies,
	},
	{
		Name: "ConnectUnused", Clause: "C6",
		Why: "A socket that was never connected is cancelled and closed like any other.",
		run: connectUnused,
	},
}

func severalAccepts(r *rig) {
	const accepts = 8
	r.listen(64)
	var ovs []*iocp.Overlapped
	for range accepts {
		ovs = append(ovs, r.accept())
	}
	peers := map[netip.AddrPort]bool{}
	for range accepts {
		peers[addrPort(r.dial().LocalAddr())] = true
	}
	for _, ov := range ovs {
		e := r.wait("an accept", ov)
		if e.Err != nil {
			r.t.Fatalf("Accept: %v", e.Err)
		}
		delete(peers, r.port.RemoteAddr(e.Socket))
	}
	if len(peers) != 0 {
		r.t.Errorf("peers that no accept took: %v", peers)
	}
}

func addrPort(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }

func acceptAddresses(r *rig) {
	s, c := r.pair()
	if got, want := r.port.RemoteAddr(s), addrPort(c.LocalAddr()); got != want {
		r.t.Errorf("RemoteAddr %v, the peer's own is %v", got, want)
	}
	if got := r.port.LocalAddr(s); got != r.addr {
		r.t.Errorf("LocalAddr %v, the listener's is %v", got, r.addr)
	}
	if got := r.port.LocalAddr(r.listener); got != r.addr || !r.addr.IsValid() {
		r.t.Errorf("the listener's LocalAddr %v, Listen returned %v", got, r.addr)
	}
}

// connectStorm has each peer send its number and read it back: a handshake alone does not
// show that the server's side has the connection too.
func connectStorm(r *rig) {
	const storm = 500
	r.listen(5)
	for range 4 {
		r.accept()
	}
	answers := make(chan error, storm)
	for i := range storm {
		go func() { answers <- r.stormPeer(uint32(i)) }()
	}
	echoed := 0
	for answered := 0; answered < storm || echoed < storm; {
		select {
		case err := <-answers:
			answered++
			if err != nil {
				r.t.Fatalf("peer: %v (after %d echoes)", err, echoed)
			}
		default:
			if timeLeft(r) < 0 {
				r.t.Fatalf("%d of %d peers answered, %d echoes sent", answered, storm, echoed)
			}
			echoed += r.stormStep()
		}
	}
}

// stormStep answers what has come and returns the number of echoes it saw sent.
func (r *rig) stormStep() (sent int) {
	n, err := r.w.Get(r.batch, 10*time.Millisecond)
	if err != nil {
		r.t.Fatalf("Get: %v", err)
	}
	for _, e := range r.batch[:n] {
		r.enter(e)
	}
	for ov, e := range r.done {
		delete(r.done, ov)
		switch ov.Op {
		case iocp.OpAccept:
			if e.Err != nil {
				r.t.Fatalf("Accept: %v", e.Err)
			}
			r.accept()
			r.recv(e.Socket)
		case iocp.OpRecv:
			if e.Transferred > 0 {
				r.send(iocp.Socket(ov.Key), e.Data)
			}
		case iocp.OpSend:
			sent++
		}
	}
	return sent
}

// stormPeer tries again soon where a full backlog means a refusal (Windows) or silence
// (Linux, whose own repetitions come after 1, 2, 4 … seconds, all peers' at once).
func (r *rig) stormPeer(id uint32) error {
	const patience = 200 * time.Millisecond
	var c net.Conn
	var err error
	for c == nil {
		if c, err = net.DialTimeout("tcp", r.addr.String(), patience); err != nil {
			if timeLeft(r) < 0 {
				return fmt.Errorf("connecting: %w", err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	defer c.Close()
	_ = c.SetDeadline(r.deadline)
	var sent, got [4]byte
	binary.LittleEndian.PutUint32(sent[:], id)
	if _, err := c.Write(sent[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, got[:]); err != nil {
		return err
	}
	if got != sent {
		return fmt.Errorf("peer %d read %d", id, binary.LittleEndian.Uint32(got[:]))
	}
	return nil
}

// socket makes one to connect.
func (r *rig) socket(to netip.AddrPort) iocp.Socket {
	r.t.Helper()
	s, err := r.port.NewSocket(netip.Addr{}, to)
	if err != nil {
		r.t.Fatalf("NewSocket: %v", err)
	}
	r.sockets[s] = true
	return s
}

// foreign is a listener of package net, whose accepted connections arrive in the channel.
func (r *rig) foreign() (netip.AddrPort, <-chan net.Conn) {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	accepted := make(chan net.Conn, 64)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue // reset before it was accepted: some systems tell
			}
			accepted <- c
		}
	})
	r.after = append(r.after, func() { l.Close(); wg.Wait() })
	return addrPort(l.Addr()), accepted
}

func connectAndEcho(r *rig) {
	addr, accepted := r.foreign()
	s := r.socket(addr)
	ov := r.connect(s, addr)
	if e := r.wait("the connect", ov); e.Err != nil || ov.Op != iocp.OpConnect {
		r.t.Fatalf("Connect: op %d, %v", ov.Op, e.Err)
	}
	c := r.peer(take(r, "the other end's accept", accepted))
	if l, rem := r.port.LocalAddr(s), r.port.RemoteAddr(s); l != addrPort(c.RemoteAddr()) ||
		rem != addr {
		r.t.Errorf("addresses %v → %v, the peer's are %v → %v", l, rem, c.RemoteAddr(), addr)
	}
	r.wait("a send", r.send(s, []byte("ping")))
	r.mustRead(c, []byte("ping"))
	r.mustWrite(c, []byte("pong"))
	if e := r.wait("a receive", r.recv(s)); string(e.Data) != "pong" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
}

func connectRefused(r *rig) {
	nobody, free := deadport.New(r.t)
	r.after = append(r.after, free)
	ov := r.connect(r.socket(nobody), nobody)
	if e := r.wait("the refused connect", ov); iocp.Classify(e.Err) != iocp.ClassRefused {
		r.t.Errorf("Connect to a port where nobody listens: %v", e.Err)
	}
	r.expectNone()
}

func connectFrom(r *rig) {
	addr, accepted := r.foreign()
	source := netip.MustParseAddr("127.0.0.5")
	s, err := r.port.NewSocket(source, addr)
	if err != nil {
		r.t.Fatalf("NewSocket: %v", err)
	}
	r.sockets[s] = true
	if e := r.wait("the connect", r.connect(s, addr)); e.Err != nil {
		r.t.Fatalf("Connect: %v", e.Err)
	}
	c := r.peer(take(r, "the other end's accept", accepted))
	if got := addrPort(c.RemoteAddr()).Addr(); got != source {
		r.t.Errorf("the peer sees %v, want %v", got, source)
	}
}

// listen6 listens at an IPv6 address; false where the system has none.
func (r *rig) listen6(at string) bool {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		r.t.Logf("this system has no ::1: %v", err)
		return false
	}
	probe.Close()
	r.listener, r.addr, err = r.port.Listen(netip.MustParseAddrPort(at), 16)
	if err != nil {
		r.t.Fatalf("Listen: %v", err)
	}
	r.sockets[r.listener] = true
	return true
}

func bothFamilies(r *rig) {
	if !r.listen6("[::]:0") {
		return
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		accept := r.accept()
		c, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(r.addr.Port())))
		if err != nil {
			r.t.Fatal(err)
		}
		r.peer(c)
		e := r.wait("the accept", accept)
		if e.Err != nil {
			r.t.Fatalf("Accept from %s: %v", host, e.Err)
		}
		want := addrPort(c.LocalAddr())
		if got := r.port.RemoteAddr(e.Socket); got != want {
			r.t.Errorf("the accepted end's peer is %v, want %v", got, want)
		}
	}
}

func ipv6(r *rig) {
	if !r.listen6("[::1]:0") {
		return
	}
	near := r.socket(r.addr)
	connect, accept := r.connect(near, r.addr), r.accept()
	if e := r.wait("the connect", connect); e.Err != nil {
		r.t.Fatalf("Connect: %v", e.Err)
	}
	far := r.wait("the accept", accept)
	if far.Err != nil {
		r.t.Fatalf("Accept: %v", far.Err)
	}
	if got, want := r.port.RemoteAddr(far.Socket), r.port.LocalAddr(near); got != want ||
		!got.Addr().Is6() {
		r.t.Errorf("the accepted end's peer is %v, the near end is %v", got, want)
	}
	r.wait("a send", r.send(near, []byte("ping")))
	if e := r.wait("a receive", r.recv(far.Socket)); string(e.Data) != "ping" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
}

func connectUnused(r *rig) {
	addr, _ := r.foreign()
	for range 20 {
		s := r.socket(addr)
		r.port.Cancel(s)
		r.port.Abort(s)
		r.close(s)
	}
	r.expectNone()
}
