package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// quiet is a scripted port without the record of calls: what a test hands to deliver is all
// that completes.
type quiet struct {
	scriptedWorker
	next []iocp.Entry
	sent int
}

func (q *quiet) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpRecv
	return nil
}

func (q *quiet) Accept(iocp.Socket, *iocp.Overlapped) error { return nil }

func (q *quiet) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	ov.Op, q.sent = iocp.OpSend, len(buf)
	return nil
}

func (q *quiet) Get(entries []iocp.Entry, _ time.Duration) (int, error) {
	return copy(entries, q.next), nil
}

// echoes returns a function that lets the real worker echo the given chunks once.
func echoes(t testing.TB, format *frame.Format, chunks ...[]byte) func() {
	p, w := script(t, Config{Frame: format})
	s := p.accepted(w, 5)
	q := &quiet{scriptedWorker: scriptedWorker{p}}
	w.attach(q)
	entries := make([]iocp.Entry, 2)
	turn := func(e iocp.Entry) {
		entries[0] = e
		q.next = entries
		w.run()
		w.stopped = false
	}
	say := func(c []byte) {
		q.sent = 0
		turn(iocp.Entry{Overlapped: &s.recv, Transferred: len(c), Data: c})
		if q.sent > 0 {
			turn(iocp.Entry{Overlapped: &s.send, Transferred: q.sent})
		}
	}
	greeted := len(s.sendq.Peek(w.blocks))
	if greeted > 0 {
		turn(iocp.Entry{Overlapped: &s.send, Transferred: greeted})
	}
	sends, _ := login(format)
	for _, c := range sends {
		say(c)
	}
	return func() {
		for _, c := range chunks {
			say(c)
		}
		if s.ended() {
			t.Fatal(s.end.why())
		}
	}
}

func TestEchoAllocatesNothing(t *testing.T) {
	for _, format := range every {
		one := asked(format, "thirty-two bytes, more or less..")
		stream := bytes.Repeat(one, 16)
		half := len(stream)/2 + 3
		for name, chunks := range map[string][][]byte{
			"whole":    {stream},
			"cut":      {stream[:half], stream[half:]},
			"bytewise": split(one),
		} {
			once := echoes(t, format, chunks...)
			once() // fills the pool
			if n := testing.AllocsPerRun(100, once); n != 0 {
				t.Errorf("%v %s: %v allocations", format, name, n)
			}
		}
	}
}

func split(data []byte) (parts [][]byte) {
	for i := range data {
		parts = append(parts, data[i:i+1])
	}
	return parts
}

// BenchmarkWorker is this package's own share of an echo: no port, no kernel.
func BenchmarkWorker(b *testing.B) {
	for _, format := range []*frame.Format{raw, len16, frame.Builtin("id16"), frame.Builtin("net"), described(game)} {
		for _, depth := range []int{1, 16} {
			b.Run(fmt.Sprintf("%v/%d", format, depth), func(b *testing.B) {
				chunk := bytes.Repeat(asked(format, strings.Repeat("x", 32)), depth)
				once := echoes(b, format, chunk)
				b.ReportAllocs()
				for b.Loop() {
					once()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/echo")
			})
		}
	}
}

// BenchmarkEcho is one client's round trip over loopback.
func BenchmarkEcho(b *testing.B) {
	for _, backend := range iocp.Backends() {
		b.Run(backend, func(b *testing.B) {
			srv, err := Start(Config{Listen: loopback, Backend: backend, Workers: 1})
			if err != nil {
				b.Logf("not here: %v", err)
				return
			}
			defer srv.Stop(0)
			conn, err := net.Dial("tcp", srv.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			data := make([]byte, 32)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(data); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// idleSessions accepts n connections over a scripted port and returns how many bytes of the
// heap each takes: its session, its share of the table, and nothing else.
func idleSessions(t testing.TB, n int) float64 {
	const turns = 100
	p, w := script(t, Config{MaxSessions: n})
	w.attach(&quiet{scriptedWorker: scriptedWorker{p}})
	q := w.port.(*quiet)
	before := heap()
	entries := make([]iocp.Entry, turns+1)
	for turn := range n / turns {
		for i := range turns {
			ov := &w.accepts[0]
			ov.Op = iocp.OpAccept
			entries[i] = iocp.Entry{Overlapped: ov, Socket: iocp.Socket(10 + turn*turns + i)}
		}
		q.next = entries
		w.run()
		w.stopped = false
	}
	if live := p.srv.live(); live != uint64(n) {
		t.Fatalf("%d sessions", live)
	}
	each := (float64(heap()) - float64(before)) / float64(n)
	runtime.KeepAlive(p)
	return each
}

func TestAnIdleConnectionsMemory(t *testing.T) {
	each := idleSessions(t, 10_000)
	t.Logf("%.0f bytes each", each)
	if each > 512 {
		t.Errorf("%.0f bytes each, want at most 512", each)
	}
}

// BenchmarkIdleSessions is what a million of them take, on the structures alone: no port, no
// sockets. One iteration is enough (-benchtime 1x).
func BenchmarkIdleSessions(b *testing.B) {
	var each float64
	for b.Loop() {
		each = idleSessions(b, 1_000_000)
	}
	b.ReportMetric(each, "B/session")
}
