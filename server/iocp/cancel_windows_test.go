package iocp

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

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

// A post that raced with Abort completes: the mark was set after the post had looked at it
// for the first time, and CancelIoEx came too early.
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
	before := DescriptorsInUse()
	for range 5 {
		round()
	}
	s, c := r.accept()
	if open := DescriptorsInUse(); open <= before {
		t.Errorf("%d handles before, %d with a connection more", before, open)
	}
	r.Close(s)
	c.Close()
	// 100 connections in between; a few handles more are threads of the Go runtime.
	if after := DescriptorsInUse(); after > before+10 {
		t.Errorf("%d handles before, %d after", before, after)
	}
}
