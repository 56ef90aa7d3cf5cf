package iocp

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// patience bounds every wait of these tests, so that a hang ends; none is expected to come near it.
const patience = time.Minute

// getOne waits for a completion of ov.
func getOne(t *testing.T, w Worker, ov *Overlapped) Entry {
	t.Helper()
	var batch [1]Entry
	n, err := w.Get(batch[:], patience)
	if err != nil || n != 1 || batch[0].Overlapped != ov {
		t.Fatalf("Get: %d entries, error %v, overlapped %p; want one of %p",
			n, err, batch[0].Overlapped, ov)
	}
	return batch[0]
}

func TestNetEchoesOnce(t *testing.T) {
	p, err := New(Config{Backend: "net"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.Worker()
	if err != nil {
		t.Fatal(err)
	}
	l, addr, err := p.Listen(loopback, 16)
	if err != nil {
		t.Fatal(err)
	}
	ov := &Overlapped{Key: 7}
	if err := p.Accept(l, ov); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	s := getOne(t, w, ov).Socket
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Recv(s, ov); err != nil {
		t.Fatal(err)
	}
	e := getOne(t, w, ov)
	echo := bytes.Clone(e.Data)
	if err := w.Send(s, echo, ov); err != nil {
		t.Fatal(err)
	}
	if e := getOne(t, w, ov); e.Transferred != 5 {
		t.Fatalf("sent %d of 5 bytes, error %v", e.Transferred, e.Err)
	}
	var back [5]byte
	if _, err := c.Read(back[:]); err != nil || string(back[:]) != "hello" {
		t.Fatalf("echo %q, error %v", back, err)
	}
	c.Close()
	p.Close(s)
	p.Close(l)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.CloseHandle(); err != nil {
		t.Fatal(err)
	}
}
