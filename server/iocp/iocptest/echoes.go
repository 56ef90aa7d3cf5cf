package iocptest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"time"

	"dummyload/server/iocp"
)

var echoCases = []Case{
	{
		Name: "EchoOneWorker", Clause: "C2", limit: time.Minute,
		Why: "200 connections with 200 messages each get every byte back, in order.",
		run: func(r *rig) { r.echo(1) }, served: true,
	},
	{
		Name: "EchoFourWorkers", Clause: "C2", limit: time.Minute,
		Why: "The same while four workers dequeue the receives and sends of one socket.",
		run: func(r *rig) { r.echo(4) }, cfg: iocp.Config{Workers: 4}, served: true,
	},
	{
		Name: "EchoUnderCollection", Clause: "C3", limit: time.Minute,
		Why: "Memory that the kernel or the port still uses must stay reachable: garbage is " +
			"collected all the time (GODEBUG=clobberfree=1 overwrites what was freed).",
		run: echoUnderCollection, cfg: iocp.Config{Workers: 2}, served: true,
	},
	{
		Name: "Churn", Clause: "C6", limit: time.Minute,
		Why: "Connections that come, echo and end by FIN or RST at four workers all end, and " +
			"no echo goes to another connection.",
		run: churn, cfg: iocp.Config{Workers: 4}, served: true,
	},
}

// echoServer is a full-duplex echo: the next receive is posted while a send is in flight,
// so that both directions of a socket are dequeued by different workers.
type echoServer struct {
	r        *rig
	listener iocp.Socket
	mu       sync.Mutex // guards the fields below and every session
	live     map[iocp.Socket]*echoSession
	stopping bool
	accept   iocp.Overlapped
	accepted int
}

type echoSession struct {
	s          iocp.Socket
	recv, send iocp.Overlapped
	queue      []byte // to send after what is in flight
	flying     []byte
	inFlight   int
	ended      bool
}

func (r *rig) startEcho(workers int) (*echoServer, func()) {
	r.t.Helper()
	r.listen(256)
	srv := &echoServer{r: r, listener: r.listener, live: map[iocp.Socket]*echoSession{}}
	stop := r.serve(workers, srv.handle)
	r.check("Accept", r.port.Accept(r.listener, &srv.accept))
	return srv, func() {
		srv.mu.Lock()
		srv.stopping = true
		r.port.Cancel(r.listener)
		for s := range srv.live {
			r.port.Cancel(s)
		}
		srv.mu.Unlock()
		r.until("every session to end", func() bool {
			srv.mu.Lock()
			defer srv.mu.Unlock()
			return len(srv.live) == 0 && srv.listener == iocp.InvalidSocket
		})
		stop()
	}
}

func (v *echoServer) handle(w iocp.Worker, e iocp.Entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.Overlapped == &v.accept {
		v.accepts(w, e)
		return
	}
	k := v.live[iocp.Socket(e.Overlapped.Key)]
	if k == nil || e.Overlapped != &k.recv && e.Overlapped != &k.send {
		v.r.t.Errorf("a completion of no session: %+v", e)
		return
	}
	k.inFlight--
	switch {
	case e.Transferred == 0:
		k.ended = true
	case e.Overlapped == &k.recv:
		k.queue = append(k.queue, e.Data...)
		v.post(k, w.Recv(k.s, &k.recv))
	default:
		k.flying = k.flying[e.Transferred:]
	}
	v.next(w, k, e.Overlapped == &k.send)
}

// next sends what is queued if nothing is being sent, and ends a session that is over.
func (v *echoServer) next(w iocp.Worker, k *echoSession, sent bool) {
	if sent && len(k.flying) == 0 {
		k.flying = nil
	}
	if !k.ended {
		switch {
		case sent && k.flying != nil:
			v.post(k, w.Send(k.s, k.flying, &k.send))
		case k.flying == nil && len(k.queue) > 0:
			k.flying, k.queue = k.queue, nil
			v.post(k, w.Send(k.s, k.flying, &k.send))
		}
	}
	if k.ended && k.inFlight > 0 {
		v.r.port.Cancel(k.s)
	}
	if k.ended && k.inFlight == 0 {
		delete(v.live, k.s)
		v.r.port.Close(k.s)
	}
}

func (v *echoServer) post(k *echoSession, err error) {
	if err != nil {
		k.ended = true
		return
	}
	k.inFlight++
}

func (v *echoServer) accepts(w iocp.Worker, e iocp.Entry) {
	switch {
	case e.Err != nil && v.stopping:
		v.closeListener()
		return
	case e.Err != nil:
		v.r.t.Errorf("Accept: %v", e.Err)
		return
	case v.live[e.Socket] != nil:
		v.r.t.Errorf("Accept gave handle %d, which has not been closed", e.Socket)
	}
	v.accepted++
	k := &echoSession{s: e.Socket}
	k.recv.Key, k.send.Key = uint64(e.Socket), uint64(e.Socket)
	v.live[e.Socket] = k
	v.post(k, w.Recv(k.s, &k.recv))
	v.next(w, k, false)
	switch err := w.Accept(v.listener, &v.accept); {
	case err != nil && v.stopping:
		v.closeListener()
	case err != nil:
		v.r.t.Errorf("Accept: %v", err)
	}
}

func (v *echoServer) closeListener() {
	v.r.port.Close(v.listener)
	v.listener = iocp.InvalidSocket
}

// echo runs the echo server and verifies every byte of 200 × 200 messages.
func (r *rig) echo(workers int) {
	_, stop := r.startEcho(workers)
	r.peersEcho(200, 200)
	stop()
	delete(r.sockets, r.listener)
}

// peersEcho has n peers verify the given number of messages of 1 to 2,000 bytes each.
func (r *rig) peersEcho(n, messages int) {
	results := make(chan error, n)
	for i := range n {
		c := r.dial()
		go func() { results <- echoPeer(c, uint32(i), messages) }()
	}
	for range n {
		r.check("peer", take(r, "the peers to verify their echoes", results))
	}
}

// echoPeer writes ahead of what it reads, in one goroutine each.
func echoPeer(c net.Conn, seed uint32, messages int) error {
	wrote := make(chan error, 1)
	go func() {
		for m := range messages {
			if _, err := c.Write(message(seed, m)); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	got := make([]byte, 2000)
	for m := range messages {
		want := message(seed, m)
		if _, err := io.ReadFull(c, got[:len(want)]); err != nil {
			return fmt.Errorf("peer %d, message %d: %w", seed, m, err)
		}
		if !bytes.Equal(got[:len(want)], want) {
			return fmt.Errorf("peer %d, message %d: read %.16x, want %.16x",
				seed, m, got, want)
		}
	}
	return <-wrote
}

func message(seed uint32, m int) []byte {
	id := seed<<16 | uint32(m)
	return pattern(1+int(id*2654435761>>8)%2000, id)
}

func echoUnderCollection(r *rig) {
	_, stop := r.startEcho(2)
	collect := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-collect:
				return
			default:
				runtime.GC()
			}
		}
	})
	r.peersEcho(100, 100)
	close(collect)
	wg.Wait()
	stop()
	delete(r.sockets, r.listener)
}

func churn(r *rig) {
	const peers, lives = 20, 20
	srv, stop := r.startEcho(4)
	results := make(chan error, peers)
	for p := range peers {
		go func() {
			for life := range lives {
				if err := r.churnLife(uint32(p*lives + life)); err != nil {
					results <- err
					return
				}
			}
			results <- nil
		}()
	}
	for range peers {
		r.check("peer", take(r, "the peers to end", results))
	}
	r.until("every session to end by itself", func() bool {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		return len(srv.live) == 0 && srv.accepted == peers*lives
	})
	stop()
	delete(r.sockets, r.listener)
}

func (r *rig) churnLife(seed uint32) error {
	c, err := net.DialTimeout("tcp", r.addr.String(), timeLeft(r))
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(r.deadline)
	if err := echoPeer(c, seed, 3); err != nil {
		return err
	}
	if seed%2 == 0 {
		return c.(*net.TCPConn).SetLinger(0)
	}
	return nil
}
