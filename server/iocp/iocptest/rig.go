package iocptest

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dummyload/server/iocp"
)

var anyPort = netip.MustParseAddrPort("127.0.0.1:0")

// rig is one case's port with the books about it. Its methods are for the case's goroutine,
// which is the first worker, unless they say otherwise.
type rig struct {
	t        *testing.T
	open     func(*testing.T, iocp.Config) iocp.Port
	port     iocp.Port
	w        iocp.Worker // nil while serve's workers run
	deadline time.Time

	before   int // descriptors
	inFlight map[*iocp.Overlapped]string
	done     map[*iocp.Overlapped]iocp.Entry // dequeued, not yet asked for
	batch    []iocp.Entry
	listener iocp.Socket
	addr     netip.AddrPort
	sockets  map[iocp.Socket]bool
	peers    []net.Conn
	after    []func()       // what else of the far side is to be ended
	aside    sync.WaitGroup // calls of the port from other goroutines
}

func newRig(t *testing.T, c Case, newPort func(*testing.T, iocp.Config) iocp.Port) *rig {
	t.Helper()
	warmUp(t)
	limit := c.limit
	if limit == 0 {
		limit = caseLimit
	}
	runtime.LockOSThread()
	r := emptyRig(t, time.Now().Add(limit))
	r.open, r.before = newPort, iocp.DescriptorsInUse()
	r.port = newPort(t, c.cfg)
	if !c.served {
		r.w = r.worker()
	}
	return r
}

func emptyRig(t *testing.T, deadline time.Time) *rig {
	return &rig{
		t: t, deadline: deadline, batch: make([]iocp.Entry, 64),
		inFlight: map[*iocp.Overlapped]string{}, done: map[*iocp.Overlapped]iocp.Entry{},
		sockets: map[iocp.Socket]bool{},
	}
}

// warmUp makes what package net keeps for ever (its poller), so that it is not taken for a
// leak.
func warmUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func (r *rig) worker() iocp.Worker {
	r.t.Helper()
	w, err := r.port.Worker()
	if err != nil {
		r.t.Fatalf("Worker: %v", err)
	}
	return w
}

// finish ends what the case left, as a server would: cancel, dequeue what was in flight,
// close; then looks for leaks.
func (r *rig) finish() {
	defer runtime.UnlockOSThread()
	for _, c := range r.peers {
		c.Close()
	}
	for _, end := range r.after {
		end()
	}
	r.aside.Wait() // nobody may call the port about a handle that is being closed
	for s := range r.sockets {
		r.port.Cancel(s)
	}
	if r.w != nil {
		for len(r.inFlight) > 0 && !r.t.Failed() {
			r.get("what was in flight at the end of the case")
		}
	}
	if r.t.Failed() {
		return // the books are not in order, so that closing would not be legal
	}
	for s := range r.sockets {
		r.port.Close(s)
	}
	if r.w != nil {
		r.expectNone()
		r.check("Worker.Close", r.w.Close())
	}
	r.check("CloseHandle", r.port.CloseHandle())
	r.checkLeaks()
}

func (r *rig) checkLeaks() {
	r.t.Helper()
	if err := goleak.Find(); err != nil {
		r.t.Errorf("goroutines are left: %v", err)
	}
	if runtime.GOOS != "linux" {
		return // elsewhere the count moves with the runtime's threads
	}
	r.until("the descriptors to be back at their number", func() bool {
		return iocp.DescriptorsInUse() <= r.before
	})
}

func (r *rig) check(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Errorf("%s: %v", what, err)
	}
}

// until polls a condition; any goroutine of the case may.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for !ok() {
		if time.Now().After(r.deadline) {
			r.t.Errorf("waited in vain for %s", what)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// take receives from a goroutine of the case.
func take[T any](r *rig, what string, from <-chan T) T {
	r.t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(time.Until(r.deadline)):
		r.t.Fatalf("waited in vain for %s", what)
		panic("not reached: Fatalf ends the goroutine")
	}
}

// posted enters a post into the books. A failed one must not complete, which get checks.
func (r *rig) posted(what string, ov *iocp.Overlapped, err error) *iocp.Overlapped {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	r.inFlight[ov] = what
	return ov
}

// mayFail posts what cannot succeed: the post fails, or its Entry tells of 0 bytes (C1, C4).
func (r *rig) mayFail(what string, post func(*iocp.Overlapped) error) {
	r.t.Helper()
	ov := new(iocp.Overlapped)
	if post(ov) != nil {
		return
	}
	r.inFlight[ov] = what
	e := r.wait(what, ov)
	if e.Transferred != 0 || ov.Op == iocp.OpSend && e.Err == nil {
		r.t.Errorf("%s transferred %d bytes, error %v", what, e.Transferred, e.Err)
	}
}

func (r *rig) recv(s iocp.Socket) *iocp.Overlapped {
	r.t.Helper()
	ov := &iocp.Overlapped{Key: uint64(s)}
	return r.posted("Recv", ov, r.w.Recv(s, ov))
}

func (r *rig) send(s iocp.Socket, b []byte) *iocp.Overlapped {
	r.t.Helper()
	ov := &iocp.Overlapped{Key: uint64(s)}
	return r.posted("Send", ov, r.w.Send(s, b, ov))
}

func (r *rig) accept() *iocp.Overlapped {
	r.t.Helper()
	ov := &iocp.Overlapped{Key: uint64(r.listener)}
	return r.posted("Accept", ov, r.w.Accept(r.listener, ov))
}

func (r *rig) connect(s iocp.Socket, to netip.AddrPort) *iocp.Overlapped {
	r.t.Helper()
	ov := &iocp.Overlapped{Key: uint64(s)}
	return r.posted("Connect", ov, r.w.Connect(s, to, ov))
}

// get dequeues at least one completion and enters them into the books. Data is copied.
func (r *rig) get(what string) {
	r.t.Helper()
	n, err := r.w.Get(r.batch, time.Until(r.deadline))
	if err != nil {
		r.t.Fatalf("Get, waiting for %s: %v", what, err)
	}
	if n == 0 {
		r.t.Fatalf("waited in vain for %s", what)
	}
	for _, e := range r.batch[:n] {
		r.enter(e)
	}
}

func (r *rig) enter(e iocp.Entry) {
	r.t.Helper()
	what, ok := r.inFlight[e.Overlapped]
	if !ok {
		r.t.Fatalf("a completion of nothing that is in flight: %+v", e)
	}
	if e.Overlapped.Op == iocp.OpRecv && len(e.Data) != e.Transferred {
		r.t.Errorf("%s: %d bytes transferred, %d of data", what, e.Transferred, len(e.Data))
	}
	delete(r.inFlight, e.Overlapped)
	e.Data = bytes.Clone(e.Data)
	r.done[e.Overlapped] = e
	if e.Overlapped.Op == iocp.OpAccept && e.Err == nil {
		if r.sockets[e.Socket] {
			r.t.Errorf("Accept gave handle %d, which has not been closed", e.Socket)
		}
		r.sockets[e.Socket] = true
	}
}

// wait dequeues until ov's completion is there. Others are kept for their own wait.
func (r *rig) wait(what string, ov *iocp.Overlapped) iocp.Entry {
	r.t.Helper()
	for {
		if e, ok := r.done[ov]; ok {
			delete(r.done, ov)
			return e
		}
		r.get(what)
	}
}

// expectNone looks once for a completion that nobody asked for.
func (r *rig) expectNone() { r.lookFor(0) }

// lookFor takes what comes within d, as wait does; mostly nothing should come.
func (r *rig) lookFor(d time.Duration) {
	r.t.Helper()
	n, err := r.w.Get(r.batch, d)
	if err != nil {
		r.t.Fatalf("Get: %v", err)
	}
	for _, e := range r.batch[:n] {
		r.enter(e)
	}
}

// listen opens the case's listener.
func (r *rig) listen(backlog int) {
	r.t.Helper()
	var err error
	r.listener, r.addr, err = r.port.Listen(anyPort, backlog)
	if err != nil {
		r.t.Fatalf("Listen: %v", err)
	}
	r.sockets[r.listener] = true
}

// dial connects a peer through package net. The caller's goroutine waits for the kernel's
// handshake, which needs no accept.
func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.DialTimeout("tcp", r.addr.String(), time.Until(r.deadline))
	if err != nil {
		r.t.Fatalf("dialing the listener: %v", err)
	}
	return r.peer(c)
}

func (r *rig) peer(c net.Conn) *net.TCPConn {
	_ = c.SetDeadline(r.deadline)
	r.peers = append(r.peers, c)
	return c.(*net.TCPConn)
}

// pair is a connection: its accepted end, and the peer's.
func (r *rig) pair() (iocp.Socket, *net.TCPConn) {
	r.t.Helper()
	if r.listener == 0 {
		r.listen(128)
	}
	ov := r.accept()
	c := r.dial()
	e := r.wait("the accept of a connection", ov)
	if e.Err != nil {
		r.t.Fatalf("Accept: %v", e.Err)
	}
	return e.Socket, c
}

// close frees a handle of which nothing is in flight.
func (r *rig) close(s iocp.Socket) {
	delete(r.sockets, s)
	r.port.Close(s)
}

// fill sends until a send stays pending since the peer does not read; that one is returned
// with its length.
func (r *rig) fill(s iocp.Socket) (*iocp.Overlapped, int) {
	r.t.Helper()
	chunk := make([]byte, 4<<20)
	for range 64 {
		ov := r.send(s, chunk)
		n, err := r.w.Get(r.batch, 50*time.Millisecond)
		if err != nil {
			r.t.Fatalf("Get: %v", err)
		}
		if n == 0 {
			return ov, len(chunk)
		}
		for _, e := range r.batch[:n] {
			r.enter(e)
		}
		if _, ok := r.done[ov]; !ok {
			return ov, len(chunk)
		}
		if e := r.wait("a send", ov); e.Err != nil {
			r.t.Fatalf("Send to a peer that does not read: %v", e.Err)
		}
	}
	r.t.Fatal("256 MiB were sent to a peer that does not read")
	return nil, 0
}

// serve runs n workers, each with handle for its entries, until each has had its order to
// stop. stop posts the orders, waits for the workers, and may be called once.
func (r *rig) serve(n int, handle func(w iocp.Worker, e iocp.Entry)) (stop func()) {
	var all sync.WaitGroup
	for range n {
		ready := make(chan struct{})
		all.Go(func() { r.work(ready, handle) })
		<-ready
	}
	return func() {
		for range n {
			r.check("Post of the order to stop", r.port.Post(nil))
		}
		all.Wait()
	}
}

// work is one worker's thread.
func (r *rig) work(ready chan struct{}, handle func(iocp.Worker, iocp.Entry)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w, err := r.port.Worker()
	close(ready)
	if err != nil {
		r.t.Errorf("Worker: %v", err)
		return
	}
	defer func() { r.check("Worker.Close", w.Close()) }()
	batch := make([]iocp.Entry, 64)
	for {
		n, err := w.Get(batch, time.Until(r.deadline))
		if n == 0 || err != nil {
			r.t.Errorf("a worker waited in vain for its order to stop: %v", err)
			return
		}
		for i, e := range batch[:n] {
			if e.Overlapped != nil {
				handle(w, e)
				continue
			}
			if i != n-1 {
				r.t.Errorf("the order to stop is entry %d of %d", i, n)
			}
			return
		}
	}
}
