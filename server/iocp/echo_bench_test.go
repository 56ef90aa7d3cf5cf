package iocp

import (
	"net/netip"
	"runtime"
	"testing"
)

// BenchmarkEcho plays ping-pong over 100 connections with both ends in one worker, so that
// an operation is a round trip of 32 bytes: two sends and two receives, with the kernel's
// share. Compare backends only among runs taken in turn.
func BenchmarkEcho(b *testing.B) {
	for _, name := range Backends() {
		b.Run(name, func(b *testing.B) { benchEcho(b, name) })
	}
}

// benchEnd is one end of a connection. It sends as much as it has received.
type benchEnd struct {
	recv, send Overlapped
	s          Socket
	msg        []byte
	near       bool
	sending    bool // send is in flight
	due        bool // the answer came before the completion of the send that it answers
}

func benchEcho(b *testing.B, backend string) {
	const conns, size = 100, 32
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := New(Config{Backend: backend})
	if err != nil {
		b.Fatal(err)
	}
	w, err := p.Worker()
	if err != nil {
		b.Fatal(err)
	}
	ends := benchConnect(b, p, w, conns)
	for i, e := range ends {
		e.recv.Key, e.send.Key = uint64(i), uint64(i)
		e.msg = make([]byte, size)
		if err := w.Recv(e.s, &e.recv); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	benchRun(b, w, ends)
	b.StopTimer()
	for _, e := range ends {
		p.Cancel(e.s)
	}
	for left := len(ends); left > 0; left -= benchGet(b, w, func(Entry) {}) {
	}
	for _, e := range ends {
		p.Close(e.s)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if err := p.CloseHandle(); err != nil {
		b.Fatal(err)
	}
}

// benchConnect makes n connections; of ends, the near ones come first.
func benchConnect(b *testing.B, p Port, w Worker, n int) []*benchEnd {
	ln, at, err := p.Listen(loopback, n)
	if err != nil {
		b.Fatal(err)
	}
	ends := make([]*benchEnd, 2*n)
	for i := range ends {
		ends[i] = &benchEnd{near: i < n}
	}
	for i := range n {
		near, far := ends[i], ends[n+i]
		if near.s, err = p.NewSocket(netip.Addr{}, at); err != nil {
			b.Fatal(err)
		}
		if err := w.Accept(ln, &far.recv); err != nil {
			b.Fatal(err)
		}
		if err := w.Connect(near.s, at, &near.recv); err != nil {
			b.Fatal(err)
		}
		for left := 2; left > 0; {
			left -= benchGet(b, w, func(e Entry) {
				if e.Overlapped == &far.recv {
					far.s = e.Socket
				}
			})
		}
	}
	p.Close(ln)
	return ends
}

// benchRun makes b.N round trips, and returns when all that was sent has come back.
func benchRun(b *testing.B, w Worker, ends []*benchEnd) {
	begun, inFlight := 0, 0
	send := func(e *benchEnd) {
		if e.due = e.sending; e.due {
			return
		}
		if e.near {
			if begun == b.N {
				return
			}
			begun++
		}
		inFlight++
		e.sending = true
		if err := w.Send(e.s, e.msg, &e.send); err != nil {
			b.Fatal(err)
		}
	}
	for _, e := range ends[:len(ends)/2] {
		send(e)
	}
	for echoes := 0; echoes < b.N || inFlight > 0; {
		benchGet(b, w, func(ent Entry) {
			e := ends[ent.Overlapped.Key]
			if ent.Overlapped == &e.send {
				inFlight--
				if e.sending = false; e.due {
					send(e)
				}
				return
			}
			if ent.Transferred != len(e.msg) {
				b.Fatalf("%d bytes received, %v", ent.Transferred, ent.Err)
			}
			if err := w.Recv(e.s, &e.recv); err != nil {
				b.Fatal(err)
			}
			if e.near {
				echoes++
			}
			send(e)
		})
	}
}

// benchBatch is shared by the benchmark's calls of Get.
var benchBatch [256]Entry

func benchGet(b *testing.B, w Worker, seen func(Entry)) int {
	n, err := w.Get(benchBatch[:], -1)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range benchBatch[:n] {
		seen(e)
	}
	return n
}
