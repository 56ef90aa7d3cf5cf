package iocp

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// A Cancel that comes while the dialing ends finds no connection yet; the connection must
// learn of it all the same.
func TestNetCancelBeforeTheDialEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()

	_ = c.SetDeadline(time.Now().Add(patience))
	k := &netSock{}
	k.end(false)
	k.connected(c.(*net.TCPConn))
	if _, err := c.Read(make([]byte, 1)); Classify(err) != ClassCanceled {
		t.Errorf("the connection's read: %v", err)
	}
	_ = far.SetDeadline(time.Now().Add(patience))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer's read: %v", err)
	}
	k.close()
}

// Handle values are used again as the kernel would: that is what rule R11 is tested with.
func TestNetHandleValuesAreReused(t *testing.T) {
	p, _ := netRig(t, 1)
	remote := netip.MustParseAddrPort("127.0.0.1:9")
	open := func() Socket {
		s, err := p.NewSocket(netip.Addr{}, remote)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := open(), open()
	p.Close(a)
	p.Close(b)
	if c := open(); c != b {
		t.Errorf("handle %d after %d was freed last", c, b)
	}
	if c := open(); c != a {
		t.Errorf("handle %d after %d was freed", c, a)
	}
}

func TestNetRefusesTheWrongKindOfSocket(t *testing.T) {
	p, _ := netRig(t, 1)
	l, addr, err := p.Listen(loopback, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(l)
	s, err := p.NewSocket(netip.Addr{}, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(s)
	for what, err := range map[string]error{
		"accept on a socket that does not listen": p.Accept(s, &Overlapped{}),
		"connect of a listener":                   p.Connect(l, addr, &Overlapped{}),
		"receive before the connect":              p.Recv(s, &Overlapped{}),
		"send on a listener":                      p.Send(l, []byte("x"), &Overlapped{}),
		"receive on no socket":                    p.Recv(InvalidSocket, &Overlapped{}),
	} {
		if err == nil {
			t.Errorf("%s was posted", what)
		}
	}
}
