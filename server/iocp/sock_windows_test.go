package iocp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/windows"

	"dummyload/server/iocp/iocptest/deadport"
)

func TestConnect(t *testing.T) {
	r := newRig(t, 4096)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	remote := l.Addr().(*net.TCPAddr).AddrPort()
	ov := new(Overlapped)
	for _, local := range []netip.Addr{{}, netip.MustParseAddr("127.0.0.9")} {
		s, err := r.NewSocket(local, remote)
		r.must(err)
		r.must(r.Connect(s, remote, ov))
		if e := r.get(1)[0]; e.Err != nil || e.Overlapped != ov || ov.Op != OpConnect {
			t.Fatalf("connect: %s", show(e))
		}
		c, err := l.Accept()
		r.must(err)
		if got := r.RemoteAddr(s); got != remote {
			t.Errorf("RemoteAddr is %v, want %v", got, remote)
		}
		from := c.RemoteAddr().(*net.TCPAddr).AddrPort()
		if got := r.LocalAddr(s); got != from || local.IsValid() && got.Addr() != local {
			t.Errorf("LocalAddr is %v, want %v", got, from)
		}
		r.sendAll(s, []byte("hello"))
		r.Shutdown(s)
		if b, err := io.ReadAll(c); err != nil || string(b) != "hello" {
			t.Errorf("the peer received %q, %v", b, err)
		}
		c.Close()
		r.Close(s)
	}
	l.Close()
	nobody, free := deadport.New(t)
	defer free()
	s, err := r.NewSocket(netip.Addr{}, nobody)
	r.must(err)
	r.must(r.Connect(s, nobody, ov))
	if e := r.get(1)[0]; Classify(e.Err) != ClassRefused {
		t.Errorf("nobody listens: %s, want refused", show(e))
	}
	r.Close(s)
	if got := r.LocalAddr(s); got.IsValid() {
		t.Errorf("a closed socket has address %v", got)
	}
}

func TestListenIsExclusive(t *testing.T) {
	r := newRig(t, 4096)
	l, addr, err := r.Listen(loopback, 16)
	r.must(err)
	defer r.Close(l)
	if l2, _, err := r.Listen(addr, 16); err == nil {
		r.Close(l2)
		t.Errorf("two listeners on %v", addr)
	} else if Classify(err) != ClassLocalPort {
		t.Errorf("second listener: %v is %v", err, Classify(err))
	}
}

func TestSockaddr(t *testing.T) {
	for given, want := range map[string]string{
		"127.0.0.5:6000":       "127.0.0.5:6000",
		"[::1]:65535":          "[::1]:65535",
		"[::ffff:10.1.2.3]:1":  "10.1.2.3:1",
		"[fe80::1:2%7]:0":      "[fe80::1:2%7]:0",
		"[2001:db8::1234]:443": "[2001:db8::1234]:443",
	} {
		got := addrPortOf(sockaddrOf(netip.MustParseAddrPort(given)))
		if got.String() != want {
			t.Errorf("%s became %v, want %s", given, got, want)
		}
	}
	if got := addrPortOf(new(windows.SockaddrUnix)); got.IsValid() {
		t.Errorf("a path became %v", got)
	}
}

func TestBacklogHint(t *testing.T) {
	for backlog, want := range map[int]int{
		5: 5, 200: 200, 201: -201, 4096: -4096, 1 << 20: -65535,
	} {
		if got := backlogHint(backlog); got != want {
			t.Errorf("%d became %d, want %d", backlog, got, want)
		}
	}
	r := newRig(t, 4096)
	l, addr, err := r.Listen(loopback, 4096)
	r.must(err)
	defer r.Close(l)
	for range 300 { // as many wait in the queue
		c, err := net.Dial("tcp", addr.String())
		r.must(err)
		defer c.Close()
	}
}

// Both families listen, accept and connect.
func TestIPv6(t *testing.T) {
	r := newRig(t, 4096)
	l, addr, err := r.Listen(netip.MustParseAddrPort("[::1]:0"), 16)
	if Classify(err) == ClassLocalPort || errors.Is(err, windows.WSAEAFNOSUPPORT) {
		t.Logf("no IPv6 here: %v", err)
		return
	}
	r.must(err)
	defer r.Close(l)
	accept, connect := new(Overlapped), new(Overlapped)
	r.must(r.Accept(l, accept))
	s, err := r.NewSocket(netip.Addr{}, addr)
	r.must(err)
	defer r.Close(s)
	r.must(r.Connect(s, addr, connect))
	for _, e := range r.get(2) {
		r.must(e.Err)
		if e.Overlapped == accept {
			defer r.Close(e.Socket)
			if got := r.RemoteAddr(e.Socket); got != r.LocalAddr(s) || !got.Addr().Is6() {
				t.Errorf("accepted from %v, connected from %v", got, r.LocalAddr(s))
			}
		}
	}
}

// A peer that resets its connection before it is accepted fails the AcceptEx that was to take
// it. Wine accepts such a connection all the same, so the completion is made here.
func TestAcceptGoesOnAfterAReset(t *testing.T) {
	r := newRig(t, 4096)
	l, addr, err := r.Listen(loopback, 16)
	r.must(err)
	defer r.Close(l)
	failed, err := r.newSocket(addr)
	r.must(err)
	ov := new(Overlapped)
	o := ov.begin(OpAccept, l)
	ov.sys.accept = &acceptTarget{sock: failed}
	o.Internal = uintptr(windows.STATUS_CONNECTION_RESET)
	if class := Classify(ov.status()); class != ClassReset {
		t.Fatalf("the completion made here is of class %d", class)
	}
	r.must(windows.PostQueuedCompletionStatus(r.handle, 0, keyIO, o))
	c, err := net.Dial("tcp", addr.String())
	r.must(err)
	defer c.Close()
	e := r.get(1)[0]
	if e.Overlapped != ov || e.Err != nil || e.Socket == InvalidSocket {
		t.Fatalf("accept after one that was reset: %s", show(e))
	}
	r.Close(e.Socket)
}
