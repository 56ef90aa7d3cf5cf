package iocp

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The epoll backend: readiness turned into completions.
//
// Each worker has an epoll of its own. A socket is watched by one of them, edge-triggered
// and for both directions, from the first operation that has to wait until Close: one
// epoll_ctl per connection. That worker tries what became ready and dequeues the result, so
// that a connection stays with one worker. A Send is tried when it is posted; a Recv only at
// an edge, in Get, where the worker's own memory is there to take the bytes.
//
// Two kinds of results go through the inboxes: those that arise outside of a worker, and those
// of accepts, which go to the workers in turn so that connections spread evenly.
type epollPort struct {
	cfg     Config
	posts   posts
	ids     workerIDs
	inboxes []inbox
	epolls  []int // by worker; open as long as the port is
	turn    atomic.Uint32

	mu     sync.Mutex
	made   int // workers made so far
	active int // of them, not yet closed
}

var errUnwatched = errors.New("iocp: epoll could not take the socket")

func newEpoll(cfg Config) (Port, error) {
	p := &epollPort{cfg: cfg, ids: newIDs(cfg.Workers), inboxes: make([]inbox, cfg.Workers)}
	p.posts.tokens = -1
	for i := range p.inboxes {
		p.inboxes[i].wake = -1
	}
	if err := p.openEpolls(); err != nil {
		p.closeEpolls()
		return nil, err
	}
	return p, nil
}

func (p *epollPort) openEpolls() (err error) {
	if p.posts.tokens, err = eventOpen(unix.EFD_SEMAPHORE); err != nil {
		return err
	}
	for i := range p.inboxes {
		ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			return os.NewSyscallError("epoll_create1", err)
		}
		p.epolls = append(p.epolls, ep)
		if p.inboxes[i].wake, err = eventOpen(0); err != nil {
			return err
		}
		// Edge-triggered: each write is an event, and the count need never be read.
		if err := p.watch(ep, p.inboxes[i].wake, unix.EPOLLIN|unix.EPOLLET, ownEvent); err != nil {
			return err
		}
		// Level-triggered: whoever reads 1 off the semaphore owns a posted packet, and epoll
		// goes on to wake the others while there is one.
		if err := p.watch(ep, p.posts.tokens, unix.EPOLLIN, ownEvent); err != nil {
			return err
		}
	}
	return nil
}

func (p *epollPort) closeEpolls() {
	for _, ep := range p.epolls {
		_ = unix.Close(ep)
	}
	for i := range p.inboxes {
		if fd := p.inboxes[i].wake; fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	if p.posts.tokens >= 0 {
		_ = unix.Close(p.posts.tokens)
	}
}

// watch adds fd to an epoll. An event's data are the descriptor and the life of its state.
func (p *epollPort) watch(ep, fd int, events, life uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: int32(life)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &ev))
}

func (p *epollPort) Backend() string { return "epoll" }

func (p *epollPort) Listen(addr netip.AddrPort, backlog int) (Socket, netip.AddrPort, error) {
	return newListener(addr, backlog, unix.SOCK_NONBLOCK)
}

func (p *epollPort) NewSocket(local netip.Addr, remote netip.AddrPort) (Socket, error) {
	return newConnector(local, remote)
}

func (p *epollPort) LocalAddr(s Socket) netip.AddrPort  { return localAddr(s) }
func (p *epollPort) RemoteAddr(s Socket) netip.AddrPort { return remoteAddr(s) }
func (p *epollPort) Shutdown(s Socket)                  { shutdownSend(s) }
func (p *epollPort) Cancel(s Socket)                    { cancelSocket(s) }
func (p *epollPort) Abort(s Socket)                     { abortSocket(s) }

// Close also ends the watching of the socket: epoll forgets a descriptor that is closed.
func (p *epollPort) Close(s Socket) {
	if st := epollStates.at(s); st != nil {
		st.reset()
	}
	closeSocket(s)
}

func (p *epollPort) Post(ov *Overlapped) error {
	if ov != nil {
		ov.Op = OpNone
	}
	return p.posts.push(ov)
}

func (p *epollPort) Accept(listener Socket, ov *Overlapped) error {
	return p.accept(p.near(listener), listener, ov)
}

func (p *epollPort) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	return p.connect(p.near(s), s, remote, ov)
}

func (p *epollPort) Recv(s Socket, ov *Overlapped) error {
	return p.recv(p.near(s), s, ov)
}

func (p *epollPort) Send(s Socket, buf []byte, ov *Overlapped) error {
	return p.send(p.near(s), s, buf, ov)
}

// near is the worker that watches s, else the one whose turn it is.
func (p *epollPort) near(s Socket) poster {
	if st := epollStates.at(s); st != nil {
		if at, ok := p.ids.number(st.home.Load()); ok {
			return poster{at: at}
		}
	}
	return p.inTurn()
}

// inTurn is each worker in turn.
func (p *epollPort) inTurn() poster {
	return poster{at: int(p.turn.Add(1)-1) % len(p.inboxes)}
}

// hand gives ov to worker at, or to one after it if that one is closed. A worker may close
// between the look and the push: then whoever sees that, worker or pusher, hands on all that
// is left.
func (p *epollPort) hand(at int, ov *Overlapped) {
	for i := range p.inboxes {
		b := &p.inboxes[(at+i)%len(p.inboxes)]
		if b.closed.Load() {
			continue
		}
		if err := b.push(ov); err != nil {
			panic("iocp: the port was closed while in use: " + err.Error())
		}
		if b.closed.Load() {
			p.handOn(at+i+1, b.take())
		}
		return
	}
}

// handOn hands a whole chain to worker at. When all are closed, nobody is left to dequeue
// anything.
func (p *epollPort) handOn(at int, chain *Overlapped) {
	for chain != nil {
		next := chain.sys.next
		p.hand(at, chain)
		chain = next
	}
}

func (p *epollPort) CloseHandle() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active != 0 {
		return errOpenWorkers(p.active)
	}
	p.closeEpolls()
	p.epolls, p.inboxes = nil, nil // a second call closes nothing that has been opened since
	p.posts.tokens = -1
	return nil
}
