package iocp

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"

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

// An echo allocates nothing (the errors of x/sys that do are not on its way).
func TestEchoDoesNotAllocate(t *testing.T) {
	r := newRig(t, 4096)
	s, c := r.accept()
	defer c.Close()
	defer r.Close(s)
	var port Port = r
	recv, send := new(Overlapped), new(Overlapped)
	entries := make([]Entry, 4)
	msg, back := []byte("an echo"), make([]byte, 64)
	step := func(want *Overlapped) int {
		n, err := r.w.Get(entries, patience)
		if n != 1 || err != nil || entries[0].Overlapped != want || entries[0].Err != nil {
			t.Fatalf("Get: %d, %v, %s", n, err, show(entries[0]))
		}
		return entries[0].Transferred
	}
	allocs := testing.AllocsPerRun(200, func() {
		r.must(port.Send(s, msg, send))
		step(send)
		n, err := c.Read(back)
		r.must(err)
		r.must(port.Recv(s, recv))
		_, err = c.Write(back[:n])
		r.must(err)
		step(recv)
	})
	if allocs >= 1 {
		t.Errorf("%v allocations per echo", allocs)
	}
}
