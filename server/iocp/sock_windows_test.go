package iocp

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

// receive collects n bytes, one Recv after the other.
func (r *rig) receive(s Socket, n, recvSize int) []byte {
	r.t.Helper()
	ov := new(Overlapped)
	var got []byte
	for len(got) < n {
		r.must(r.w.Recv(s, ov))
		e := r.get(1)[0]
		if e.Err != nil || e.Transferred == 0 || e.Transferred != len(e.Data) ||
			e.Transferred > recvSize {
			r.t.Fatalf("after %d of %d bytes: %s", len(got), n, show(e))
		}
		got = append(got, e.Data...)
	}
	return got
}

// sendAll sends all of b; a short send is no failure (C5).
func (r *rig) sendAll(s Socket, b []byte) {
	r.t.Helper()
	for ov := new(Overlapped); len(b) > 0; {
		r.must(r.w.Send(s, b, ov))
		e := r.get(1)[0]
		if e.Err != nil || e.Transferred == 0 || e.Transferred > len(b) {
			r.t.Fatalf("send of %d bytes: %s", len(b), show(e))
		}
		b = b[e.Transferred:]
	}
}

func TestEchoThroughForeignPeer(t *testing.T) {
	const recvSize, size = 1 << 10, 300 << 10
	r := newRig(t, recvSize)
	s, c := r.accept()
	defer c.Close()
	want := noise(size)
	sent := make(chan error, 1)
	go func() { _, err := c.Write(want); sent <- err }()
	if got := r.receive(s, size, recvSize); !bytes.Equal(got, want) {
		t.Error("received bytes differ from those sent")
	}
	r.must(<-sent)
	back := make(chan []byte, 1)
	go func() {
		b := make([]byte, size)
		n, _ := io.ReadFull(c, b)
		back <- b[:n]
	}()
	r.sendAll(s, want)
	if !bytes.Equal(<-back, want) {
		t.Error("the peer received other bytes than were sent")
	}
	r.Cancel(s)
	r.Close(s)
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after Cancel the peer reads %d, %v; want a FIN", n, err)
	}
}

// A batch of receives larger than the arena is handed out in several Gets, none lost.
func TestBatchLargerThanArena(t *testing.T) {
	const recvSize, conns = 256 << 10, 8 // the arena has room for 4
	r := newRig(t, recvSize)
	ovs := make([]Overlapped, conns)
	socks := make([]Socket, conns)
	want := noise(recvSize)
	for i := range socks {
		s, c := r.accept()
		defer c.Close()
		defer r.Close(s)
		socks[i] = s
		go func() { _, _ = c.Write(want) }()
	}
	for i := range ovs {
		ovs[i].Key = uint64(i)
		r.must(r.Recv(socks[i], &ovs[i]))
	}
	got := make([]int, conns)
	entries := make([]Entry, 2*conns)
	for open := conns; open > 0; {
		n, err := r.w.Get(entries, patience)
		r.must(err)
		if n == 0 {
			t.Fatalf("received %v of %d each", got, recvSize)
		}
		for _, e := range entries[:n] {
			i := e.Overlapped.Key
			if e.Err != nil || !bytes.Equal(e.Data, want[got[i]:got[i]+e.Transferred]) {
				t.Fatalf("connection %d: wrong bytes or error %v", i, e.Err)
			}
			if got[i] += e.Transferred; got[i] == recvSize {
				open--
				continue
			}
			r.must(r.Recv(e.Overlapped.sock, e.Overlapped))
		}
	}
}

// Urgent data wakes a receive of zero bytes without giving it anything: Get posts it again.
func TestUrgentDataIsNoCompletion(t *testing.T) {
	r := newRig(t, 4096)
	s, c := r.accept()
	defer c.Close()
	defer r.Close(s)
	ov := new(Overlapped)
	r.must(r.Recv(s, ov))
	raw, err := c.SyscallConn()
	r.must(err)
	var sendErr error
	r.must(raw.Control(func(fd uintptr) {
		b, n := []byte("!"), uint32(0)
		buf := windows.WSABuf{Len: 1, Buf: &b[0]}
		sendErr = windows.WSASend(
			windows.Handle(fd), &buf, 1, &n, windows.MSG_OOB, nil, nil)
	}))
	r.must(sendErr)
	entries := make([]Entry, 4)
	n, err := r.w.Get(entries, 50*time.Millisecond)
	r.must(err)
	if n != 0 {
		t.Fatalf("urgent data completed a receive: %s", show(entries[0]))
	}
	_, err = c.Write([]byte("data"))
	r.must(err)
	if e := r.get(1)[0]; e.Overlapped != ov || string(e.Data) != "data" {
		t.Errorf("data behind the urgent byte: %s", show(e))
	}
}

// fill makes the peer's window and the send buffer full, so that one send stays pending.
func (r *rig) fill(s Socket, ov *Overlapped) {
	r.t.Helper()
	block := make([]byte, 1<<20)
	entries := make([]Entry, 1)
	for range 256 {
		r.must(r.w.Send(s, block, ov))
		n, err := r.w.Get(entries, 300*time.Millisecond)
		r.must(err)
		if n == 0 {
			return
		}
		r.must(entries[0].Err)
	}
	r.t.Fatal("256 MiB went to a peer that does not read")
}

// Cancel and Abort complete what is pending, once each, and nothing is pending after them.
func TestCancelAndAbort(t *testing.T) {
	for name, end := range map[string]func(*rig, Socket){
		"Cancel": func(r *rig, s Socket) { r.Cancel(s) },
		"Abort":  func(r *rig, s Socket) { r.Abort(s) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 4096)
			s, c := r.accept()
			defer c.Close()
			recv, send := new(Overlapped), new(Overlapped)
			r.must(r.Recv(s, recv))
			r.fill(s, send)
			for range 3 {
				end(r, s)
			}
			for _, e := range r.get(2) {
				if e.Overlapped == recv && (e.Transferred != 0 || e.Err == nil) {
					t.Errorf("cancelled receive: %s", show(e))
				}
			}
			if err := r.Recv(s, recv); err == nil {
				t.Error("a receive was posted on an ended socket")
			}
			if err := r.Send(s, []byte("x"), send); err == nil {
				t.Error("a send was posted on an ended socket")
			}
			r.Close(s)
			if _, err := io.Copy(io.Discard, c); err != nil && name == "Cancel" {
				t.Errorf("the peer sees %v; want a FIN", err)
			}
		})
	}
}

// The peer of an aborted socket sees a RST. It waits in a receive of its own: under Wine a RST
// that comes while none is pending looks like the end of the stream.
func TestAbortResets(t *testing.T) {
	r := newRig(t, 4096)
	l, addr, err := r.Listen(loopback, 16)
	r.must(err)
	defer r.Close(l)
	peer, err := r.NewSocket(netip.Addr{}, addr)
	r.must(err)
	defer r.Close(peer)
	accept, connect, recv := new(Overlapped), new(Overlapped), new(Overlapped)
	r.must(r.Accept(l, accept))
	r.must(r.Connect(peer, addr, connect))
	s := InvalidSocket
	for _, e := range r.get(2) {
		r.must(e.Err)
		if e.Overlapped == accept {
			s = e.Socket
		}
	}
	r.must(r.Recv(peer, recv))
	r.Abort(s)
	r.Close(s)
	if e := r.get(1)[0]; e.Overlapped != recv || Classify(e.Err) != ClassReset {
		t.Errorf("the peer sees %s; want a RST", show(e))
	}
}

// posted makes a post that raced with Abort complete: the mark is set after the post looked
// at it for the first time, and CancelIoEx has come too early.
func TestAbortBetweenCheckAndPost(t *testing.T) {
	r := newRig(t, 4096)
	s, c := r.accept()
	defer c.Close()
	defer r.Close(s)
	ov := new(Overlapped)
	o := ov.begin(OpRecv, s)
	r.Abort(s)
	err := windows.WSARecv(windows.Handle(s), &ov.sys.buf, 1, nil, &ov.sys.flags, o, nil)
	r.must(r.posted(s, o, err))
	if e := r.get(1)[0]; e.Overlapped != ov || e.Err == nil {
		t.Errorf("late receive completed as %s", show(e))
	}
}

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
	s, err := r.NewSocket(netip.Addr{}, remote)
	r.must(err)
	r.must(r.Connect(s, remote, ov))
	if e := r.get(1)[0]; Classify(e.Err) != ClassRefused {
		t.Errorf("nobody listens: %s, want refused", show(e))
	}
	r.Close(s)
	if got := r.LocalAddr(s); got.IsValid() {
		t.Errorf("a closed socket has address %v", got)
	}
}

// A connect that nobody answers ends by Cancel. The address is of the range for documentation;
// where the network refuses it at once the connect fails, which ends it as well.
func TestCancelPendingConnect(t *testing.T) {
	r := newRig(t, 4096)
	remote := netip.MustParseAddrPort("192.0.2.1:9")
	s, err := r.NewSocket(netip.Addr{}, remote)
	r.must(err)
	ov := new(Overlapped)
	if err := r.Connect(s, remote, ov); err == nil {
		r.Cancel(s)
		if e := r.get(1)[0]; e.Overlapped != ov || e.Err == nil {
			t.Errorf("cancelled connect: %s", show(e))
		}
	}
	r.Close(s)
}

// A connect that is through when Cancel comes is reported as cancelled, not as connected.
func TestCancelCompletedConnect(t *testing.T) {
	r := newRig(t, 4096)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	defer l.Close()
	remote := l.Addr().(*net.TCPAddr).AddrPort()
	s, err := r.NewSocket(netip.Addr{}, remote)
	r.must(err)
	ov := new(Overlapped)
	r.must(r.Connect(s, remote, ov))
	c, err := l.Accept() // the handshake is over
	r.must(err)
	defer c.Close()
	r.Cancel(s)
	if e := r.get(1)[0]; e.Overlapped != ov || e.Err == nil {
		t.Errorf("cancelled connect: %s", show(e))
	}
	r.Close(s)
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

func TestCancelListener(t *testing.T) {
	r := newRig(t, 4096)
	l, _, err := r.Listen(loopback, 16)
	r.must(err)
	ovs := make([]Overlapped, 4)
	for i := range ovs {
		r.must(r.Accept(l, &ovs[i]))
	}
	r.Cancel(l)
	for _, e := range r.get(len(ovs)) {
		if e.Socket != InvalidSocket || Classify(e.Err) != ClassCanceled {
			t.Errorf("cancelled accept: %s", show(e))
		}
	}
	if err := r.Accept(l, &ovs[0]); err == nil {
		t.Error("an accept was posted on a cancelled listener")
	}
	r.Close(l)
}

// Sessions that come and go, in every way to end one, leave no handle behind.
func TestNoHandleLeft(t *testing.T) {
	r := newRig(t, 4096)
	round := func() {
		for i := range 20 {
			s, c := r.accept()
			ov := new(Overlapped)
			r.must(r.Recv(s, ov))
			switch i % 3 {
			case 0:
				r.Cancel(s)
			case 1:
				r.Abort(s)
			default:
				r.must(c.SetLinger(0))
				c.Close()
			}
			r.get(1)
			r.Close(s)
			c.Close()
		}
	}
	round() // what is made once: winsock's helpers, pages, threads of the runtime
	before := handles(t)
	for range 5 {
		round()
	}
	// 100 connections in between; a few handles more are threads of the Go runtime.
	if after := handles(t); after > before+10 {
		t.Errorf("%d handles before, %d after", before, after)
	}
}

func handles(t *testing.T) uint32 {
	var n uint32
	ok, _, err := kernel32.NewProc("GetProcessHandleCount").Call(
		uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		t.Fatal(err)
	}
	return n
}
