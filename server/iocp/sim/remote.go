package sim

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"dummyload/server/iocp"
)

// Remote is a completion port of clients: the other end of a Port's connections, in a hosted
// world. It has one worker. Its entries, too, come in any order, in part, and as few at a time as
// the chooser likes.
type Remote struct {
	net   *Network
	name  string
	owner *Proc
	socks []*remoteSock // by handle, from 1; nil is free
	data  []byte
	ready []int // scratch of Get
	ports int

	mu    sync.Mutex // guards posts: anybody may Post
	posts []*iocp.Overlapped
}

var _ iocp.Port = (*Remote)(nil)

// remoteWorker is the Remote's one worker.
type remoteWorker struct{ *Remote }

// NewRemote makes a port of a client's program; name is its worker's in the timeline.
func NewRemote(n *Network, name string) *Remote { return &Remote{net: n, name: name} }

// Worker implements iocp.Port.
func (r *Remote) Worker() (iocp.Worker, error) {
	r.owner = r.net.world.admit(r.name)
	return remoteWorker{r}, nil
}

// at is the socket of a handle that is open.
func (r *Remote) at(s iocp.Socket) *remoteSock {
	if s < 1 || s > iocp.Socket(len(r.socks)) || r.socks[s-1] == nil {
		r.net.world.Fail("%s uses handle %d, which is not open", r.name, s)
	}
	return r.socks[s-1]
}

// post begins an operation.
func (r *Remote) post(o *op, kind iocp.Op, buf []byte, ov *iocp.Overlapped) error {
	w := r.net.world
	if w.running != r.owner {
		w.Fail("a post through the worker of %s (C8)", r.name)
	}
	if r.net.Faulty && w.Rare() {
		w.say("a post fails at once")
		return errNoBuffers
	}
	if o.ov != nil {
		w.Fail("two operations of one kind in flight at %s", r.name)
	}
	ov.Op = kind
	*o = op{ov: ov, buf: buf}
	return nil
}

// Connect implements iocp.Poster.
func (r *Remote) Connect(s iocp.Socket, _ netip.AddrPort, ov *iocp.Overlapped) error {
	k := r.at(s)
	if err := r.post(&k.connect, iocp.OpConnect, nil, ov); err != nil {
		return err
	}
	r.net.dial(k)
	return nil
}

// Recv implements iocp.Poster.
func (r *Remote) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	return r.post(&r.at(s).recv, iocp.OpRecv, nil, ov)
}

// Send implements iocp.Poster.
func (r *Remote) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	return r.post(&r.at(s).send, iocp.OpSend, buf, ov)
}

// Accept implements iocp.Poster: clients do not.
func (r *Remote) Accept(iocp.Socket, *iocp.Overlapped) error { return errNotSocket }

// What can be dequeued of a socket; postReady is a packet of Post.
const (
	connectReady = iota
	recvReady
	sendReady
	kinds
	postReady = -1
)

// list fills ready with what can be dequeued.
func (r *Remote) list() []int {
	r.ready = r.ready[:0]
	r.mu.Lock()
	if len(r.posts) > 0 {
		r.ready = append(r.ready, postReady)
	}
	r.mu.Unlock()
	for i, k := range r.socks {
		if k == nil {
			continue
		}
		if k.connect.ov != nil && (k.dialed || k.ended) {
			r.ready = append(r.ready, i*kinds+connectReady)
		}
		if k.recv.ov != nil && (len(k.in) > 0 || k.fin || k.torn || k.ended) {
			r.ready = append(r.ready, i*kinds+recvReady)
		}
		if k.send.ov != nil {
			r.ready = append(r.ready, i*kinds+sendReady)
		}
	}
	return r.ready
}

func (r *Remote) completable() bool { return len(r.list()) > 0 }

// Get implements iocp.Worker.
func (r remoteWorker) Get(entries []iocp.Entry, wait time.Duration) (int, error) {
	for i := range r.data {
		r.data[i] = spoil // C10
	}
	r.data = r.data[:0]
	r.owner.Await(r.completable, wait)
	n := 0
	for n < len(entries) && r.completable() && (n == 0 || r.net.world.Pick(4) > 0) {
		entries[n] = r.take()
		n++
	}
	return n, nil
}

// take dequeues one completion, chosen among those there are.
func (r *Remote) take() iocp.Entry {
	which := r.ready[r.net.world.Pick(len(r.ready))]
	if which == postReady {
		r.mu.Lock()
		defer r.mu.Unlock()
		ov := r.posts[0]
		r.posts = append(r.posts[:0], r.posts[1:]...)
		return iocp.Entry{Overlapped: ov, Socket: iocp.InvalidSocket}
	}
	k := r.socks[which/kinds]
	e := iocp.Entry{Socket: iocp.InvalidSocket}
	if k.ended {
		e.Err = errCanceled
	}
	switch which % kinds {
	case connectReady:
		e.Overlapped, k.connect = k.connect.ov, op{}
		if !k.ended {
			e.Err = k.failed
		}
	case recvReady:
		e.Overlapped, k.recv = k.recv.ov, op{}
		r.takeRecv(k, &e)
	default:
		r.takeSend(k, &e)
	}
	return e
}

// takeRecv completes a receive: what came before a RST is handed out before it.
func (r *Remote) takeRecv(k *remoteSock, e *iocp.Entry) {
	n := len(k.in)
	switch {
	case k.ended:
		return
	case n == 0 && k.torn:
		e.Err = errReset
	case n > 1 && r.net.world.Rare():
		n = 1 + r.net.world.Pick(n-1)
	}
	from := len(r.data)
	r.data = append(r.data, k.in[:n]...)
	e.Data, e.Transferred = r.data[from:len(r.data):len(r.data)], n
	k.in = append(k.in[:0], k.in[n:]...)
	r.say(k, "receive", n)
}

// takeSend completes a send. The buffer is read now (C3).
func (r *Remote) takeSend(k *remoteSock, e *iocp.Entry) {
	buf := k.send.buf
	e.Overlapped, k.send = k.send.ov, op{}
	switch {
	case k.ended:
		return
	case k.torn:
		e.Err = errReset
		return
	}
	n := len(buf)
	if n > 1 && r.net.world.Rare() {
		n = 1 + r.net.world.Pick(n-1)
	}
	e.Transferred = n
	k.goes(buf[:n])
	r.say(k, "send", n)
}

func (r *Remote) say(k *remoteSock, which string, n int) {
	if w := r.net.world; w.Showing() {
		w.say(fmt.Sprintf("dequeues a %s of c%d, transferred %d", which, k.conn.Number, n))
	}
}

// Post implements iocp.Port.
func (r *Remote) Post(ov *iocp.Overlapped) error {
	if ov != nil {
		ov.Op = iocp.OpNone
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = append(r.posts, ov)
	r.net.world.Kick()
	return nil
}

// NewSocket implements iocp.Port. The handle freed last is not used again first: which client's
// connection has which handle is of no interest here.
func (r *Remote) NewSocket(netip.Addr, netip.AddrPort) (iocp.Socket, error) {
	at := 0
	for at < len(r.socks) && r.socks[at] != nil {
		at++
	}
	if at == len(r.socks) {
		r.socks = append(r.socks, nil)
	}
	r.ports++
	r.socks[at] = &remoteSock{net: r.net, of: r, port: uint16(1024 + r.ports)}
	return iocp.Socket(at + 1), nil
}

// LocalAddr implements iocp.Port.
func (r *Remote) LocalAddr(s iocp.Socket) netip.AddrPort {
	return netip.AddrPortFrom(clientAddr, r.at(s).port)
}

var clientAddr = netip.AddrFrom4([4]byte{192, 0, 2, 2}) // RFC 5737: nobody's

// RemoteAddr implements iocp.Port; nothing in a client asks.
func (r *Remote) RemoteAddr(iocp.Socket) (a netip.AddrPort) { return a }

// Shutdown implements iocp.Port.
func (r *Remote) Shutdown(s iocp.Socket) { r.at(s).goesFin() }

// Cancel implements iocp.Port.
func (r *Remote) Cancel(s iocp.Socket) {
	k := r.at(s)
	k.goesFin()
	k.ended = true
}

// Abort implements iocp.Port.
func (r *Remote) Abort(s iocp.Socket) {
	k := r.at(s)
	k.goesReset()
	k.ended = true
}

// Close implements iocp.Port.
func (r *Remote) Close(s iocp.Socket) {
	k := r.at(s)
	if k.connect.ov != nil || k.recv.ov != nil || k.send.ov != nil {
		r.net.world.Fail("%s closes a handle with I/O in flight (C6)", r.name)
	}
	if !k.ended {
		r.Cancel(s)
	}
	r.socks[s-1] = nil
}

// Listen implements iocp.Port: clients do not.
func (r *Remote) Listen(netip.AddrPort, int) (iocp.Socket, netip.AddrPort, error) {
	return iocp.InvalidSocket, netip.AddrPort{}, errNotSocket
}

// Backend implements iocp.Port.
func (r *Remote) Backend() string { return "sim" }

// Close implements iocp.Worker.
func (r remoteWorker) Close() error {
	r.owner.Leave()
	return nil
}

// CloseHandle implements iocp.Port.
func (r *Remote) CloseHandle() error { return nil }
