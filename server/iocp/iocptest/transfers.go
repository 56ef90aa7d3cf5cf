package iocptest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"dummyload/server/iocp"
)

var transferCases = []Case{
	{
		Name: "OncePerPost", Clause: "C1",
		Why: "A Recv and a Send that were posted complete once each, with the byte counts.",
		run: oncePerPost,
	},
	{
		Name: "BadHandle", Clause: "C1",
		Why: "A post that returns an error completes never, one that returns nil once, also " +
			"when the handle is no socket.",
		run: badHandle,
	},
	{
		Name: "ShortReceives", Clause: "C5", cfg: iocp.Config{RecvSize: 16},
		Why: "A Recv hands out RecvSize bytes at most; the rest waits, in order, for the next.",
		run: shortReceives,
	},
	{
		Name: "LargeSend", Clause: "C5",
		Why: "A Send larger than the kernel's buffer completes once; sending the rest again " +
			"delivers every byte once and in order to a slow reader.",
		run: largeSend,
	},
	{
		Name: "BothDirections", Clause: "C2",
		Why: "A blocked Send must not keep a Recv from completing, nor the Recv the Send.",
		run: bothDirections,
	},
	{
		Name: "SendWhileReceiving", Clause: "C2",
		Why: "Sends complete while the same socket's Recv waits for bytes that do not come.",
		run: sendWhileReceiving,
	},
	{
		Name: "LargeBatch", Clause: "C10", cfg: iocp.Config{RecvSize: 64 << 10},
		Why: "Receives that are together larger than a worker's memory come in several batches.",
		run: largeBatch,
	},
	{
		Name: "DataOfABatch", Clause: "C10",
		Why: "Data stays what it was until the next Get, through the rest of its batch and " +
			"through posts made meanwhile.",
		run: dataOfABatch,
	},
}

func largeBatch(r *rig) {
	const conns, size = 60, 48 << 10
	want := map[*iocp.Overlapped][]byte{}
	got := map[*iocp.Overlapped][]byte{}
	for i := range conns {
		s, c := r.pair()
		b := pattern(size, uint32(i))
		r.mustWrite(c, b)
		ov := &iocp.Overlapped{Key: uint64(s)}
		want[ov] = b
	}
	for ov := range want {
		r.posted("Recv", ov, r.w.Recv(iocp.Socket(ov.Key), ov))
	}
	for left := conns * size; left > 0; {
		n, err := r.w.Get(r.batch, timeLeft(r))
		if n == 0 || err != nil {
			r.t.Fatalf("waited in vain for the last %d bytes: %v", left, err)
		}
		for _, e := range r.batch[:n] {
			if e.Transferred == 0 {
				r.t.Fatalf("a receive of 0 bytes: %v", e.Err)
			}
			left -= e.Transferred
			got[e.Overlapped] = append(got[e.Overlapped], e.Data...)
			delete(r.inFlight, e.Overlapped)
		}
		for _, e := range r.batch[:n] {
			if ov := e.Overlapped; len(got[ov]) < size {
				r.posted("Recv", ov, r.w.Recv(iocp.Socket(ov.Key), ov))
			}
		}
	}
	for ov, b := range want {
		if !bytes.Equal(got[ov], b) {
			r.t.Fatalf("received %d bytes %.16x, want %.16x", len(got[ov]), got[ov], b)
		}
	}
}

// drain reads until the connection ends.
func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// pattern is n bytes that differ from place to place and from seed to seed.
func pattern(n int, seed uint32) []byte {
	b := make([]byte, n)
	x := seed*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// mustWrite is a peer's write.
func (r *rig) mustWrite(c net.Conn, b []byte) {
	r.t.Helper()
	if _, err := c.Write(b); err != nil {
		r.t.Fatalf("the peer's write: %v", err)
	}
}

// mustRead is a peer's read of exactly want.
func (r *rig) mustRead(c net.Conn, want []byte) {
	r.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil {
		r.t.Fatalf("the peer's read of %d bytes: %v", len(want), err)
	}
	if !bytes.Equal(got, want) {
		r.t.Fatalf("the peer read %.32q, want %.32q", got, want)
	}
}

func oncePerPost(r *rig) {
	s, c := r.pair()
	rov := r.recv(s)
	r.mustWrite(c, []byte("hello"))
	e := r.wait("5 bytes", rov)
	if e.Transferred != 5 || string(e.Data) != "hello" || e.Err != nil {
		r.t.Errorf("Recv: %d bytes %q, %v", e.Transferred, e.Data, e.Err)
	}
	if rov.Op != iocp.OpRecv || rov.Key != uint64(s) {
		r.t.Errorf("Recv: op %d, key %d", rov.Op, rov.Key)
	}
	sov := r.send(s, []byte("olleh"))
	e = r.wait("the send of 5 bytes", sov)
	if e.Transferred != 5 || e.Data != nil || e.Err != nil || sov.Op != iocp.OpSend {
		r.t.Errorf("Send: op %d, %+v", sov.Op, e)
	}
	r.mustRead(c, []byte("olleh"))
	r.expectNone()
}

func badHandle(r *rig) {
	s, _ := r.pair()
	r.close(s)
	r.mayFail("a receive on a freed handle", func(ov *iocp.Overlapped) error {
		return r.w.Recv(s, ov)
	})
	r.mayFail("a send on a freed handle", func(ov *iocp.Overlapped) error {
		return r.w.Send(s, []byte("x"), ov)
	})
	r.expectNone()
}

func shortReceives(r *rig) {
	s, c := r.pair()
	want := pattern(1000, 1)
	r.mustWrite(c, want)
	var got []byte
	for len(got) < len(want) {
		e := r.wait("the rest of 1000 bytes", r.recv(s))
		if e.Transferred < 1 || e.Transferred > 16 {
			r.t.Fatalf("Recv of at most 16 bytes transferred %d: %v", e.Transferred, e.Err)
		}
		got = append(got, e.Data...)
	}
	if !bytes.Equal(got, want) {
		r.t.Error("the bytes are not the ones that were sent")
	}
}

func largeSend(r *rig) {
	s, c := r.pair()
	want := pattern(8<<20, 2)
	verdict := make(chan error, 1)
	go func() { verdict <- readSlowly(c, want) }()
	for rest := want; len(rest) > 0; {
		e := r.wait("a large send", r.send(s, rest))
		if e.Transferred < 1 || e.Transferred > len(rest) {
			r.t.Fatalf("Send of %d bytes transferred %d: %v", len(rest), e.Transferred, e.Err)
		}
		rest = rest[e.Transferred:]
	}
	r.check("the peer", take(r, "the peer to read all", verdict))
	r.expectNone()
}

// readSlowly takes small pieces, so that the sender's buffer stays full.
func readSlowly(c net.Conn, want []byte) error {
	piece := make([]byte, 32<<10)
	for len(want) > 0 {
		n, err := c.Read(piece)
		if err != nil {
			return err
		}
		if n > len(want) || !bytes.Equal(piece[:n], want[:n]) {
			return errors.New("read other bytes than were sent")
		}
		want = want[n:]
	}
	return nil
}

func bothDirections(r *rig) {
	s, c := r.pair()
	rov := r.recv(s)
	sov, asked := r.fill(s)
	r.mustWrite(c, []byte("ping"))
	if e := r.wait("a receive while a send is blocked", rov); string(e.Data) != "ping" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
	rov = r.recv(s)
	go drain(c)
	e := r.wait("the send, now that the peer reads", sov)
	if e.Transferred < 1 || e.Transferred > asked || e.Err != nil {
		r.t.Errorf("Send of %d bytes transferred %d: %v", asked, e.Transferred, e.Err)
	}
	r.mustWrite(c, []byte("pong"))
	if e := r.wait("a receive after the send", rov); string(e.Data) != "pong" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
}

func sendWhileReceiving(r *rig) {
	s, c := r.pair()
	rov := r.recv(s)
	for range 100 {
		if e := r.wait("a send", r.send(s, []byte("tick"))); e.Transferred != 4 {
			r.t.Fatalf("sent %d of 4: %v", e.Transferred, e.Err)
		}
	}
	r.mustRead(c, bytes.Repeat([]byte("tick"), 100))
	r.mustWrite(c, []byte("x"))
	if e := r.wait("the receive", rov); string(e.Data) != "x" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
}

func dataOfABatch(r *rig) {
	const conns, rounds = 50, 10
	want := map[*iocp.Overlapped][]byte{}
	peers := map[iocp.Socket]net.Conn{}
	for range conns {
		s, c := r.pair()
		peers[s] = c
	}
	seed := uint32(0)
	next := func(s iocp.Socket) {
		seed++
		b := pattern(600, seed)
		r.mustWrite(peers[s], b)
		want[r.recv(s)] = b
	}
	for s := range peers {
		next(s)
	}
	largest := 0
	for got := 0; got < conns*rounds; {
		time.Sleep(2 * time.Millisecond) // for larger batches; nothing depends on it
		n, err := r.w.Get(r.batch, timeLeft(r))
		if n == 0 || err != nil {
			r.t.Fatalf("waited in vain for receive %d of %d: %v", got, conns*rounds, err)
		}
		got, largest = got+n, max(largest, n)
		// Posts and arrivals come before the look at Data: they must not touch it.
		for _, e := range r.batch[:n] {
			next(iocp.Socket(e.Overlapped.Key))
		}
		for _, e := range r.batch[:n] {
			if _, ok := r.inFlight[e.Overlapped]; !ok {
				r.t.Fatalf("a completion of nothing that is in flight: %+v", e)
			}
			delete(r.inFlight, e.Overlapped)
			if !bytes.Equal(e.Data, want[e.Overlapped]) {
				r.t.Fatalf("Data is %.16x (%d bytes), want %.16x",
					e.Data, len(e.Data), want[e.Overlapped])
			}
		}
	}
	if largest < 2 {
		r.t.Errorf("%d receives on %d connections came one at a time", conns*rounds, conns)
	}
}
