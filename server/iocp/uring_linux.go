package iocp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The uring backend: one io_uring per worker, made and used by the worker's own thread.
//
// io_uring does not tie a socket to a ring, so a worker's post goes into its own ring, and costs
// no system call: it is submitted by the next Get, which has to enter the kernel anyway. A post
// through the Port goes to the rings in turn, by way of their inboxes: that spreads fresh
// connections evenly. Receives alone have a home (uring_recv_linux.go): the ring that got the
// first one. A connection stays with its worker, since whoever dequeues posts the next operation.

// ringSizes are the queue lengths of a worker's ring. A full SQ is submitted early, a full
// CQ overflows into kernel memory (slower, nothing is lost); the SQ bounds the time that one
// submission takes, for a collection may have to wait for it.
type ringSizes struct{ sq, cq uint32 }

var defaultRing = ringSizes{sq: 512, cq: 16384}

type uringPort struct {
	cfg     Config
	flags   uint32 // of io_uring_setup
	sizes   ringSizes
	posts   posts
	inboxes []inbox
	ids     workerIDs
	gone    []gone        // by worker
	turn    atomic.Uint32 // whose turn it is to get what is posted through the Port

	mu     sync.Mutex
	made   int // workers made so far
	active int // of them, not yet closed
}

// newUring opens a port over io_uring. Its error says what this kernel or sandbox lacks.
func newUring(cfg Config) (Port, error) {
	flags, err := probeUring()
	if err != nil {
		return nil, err
	}
	return openUring(cfg, flags, defaultRing)
}

func openUring(cfg Config, flags uint32, sizes ringSizes) (*uringPort, error) {
	p := &uringPort{cfg: cfg, flags: flags, sizes: sizes, ids: newIDs(cfg.Workers)}
	p.inboxes, p.gone = make([]inbox, cfg.Workers), make([]gone, cfg.Workers)
	p.posts.tokens = -1
	for i := range p.inboxes {
		p.inboxes[i].wake = -1
	}
	err := p.openEvents()
	if err != nil {
		p.closeEvents()
		return nil, err
	}
	return p, nil
}

func (p *uringPort) openEvents() (err error) {
	if p.posts.tokens, err = eventOpen(unix.EFD_SEMAPHORE); err != nil {
		return err
	}
	for i := range p.inboxes {
		if p.inboxes[i].wake, err = eventOpen(0); err != nil {
			return err
		}
	}
	return nil
}

func (p *uringPort) closeEvents() {
	for i := range p.inboxes {
		if fd := p.inboxes[i].wake; fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	if p.posts.tokens >= 0 {
		_ = unix.Close(p.posts.tokens)
	}
}

// The setup flags, best first. DEFER_TASKRUN lets completions wait until the thread asks
// for them, in place of interrupting it. Every kernel that has buffer rings (5.19) has
// COOP_TASKRUN, so there is no third way.
var uringFlags = []uint32{setupSingleIssuer | setupDeferTaskrun, setupCoopTaskrun}

// probeUring finds out whether io_uring can run here and with which setup flags.
func probeUring() (flags uint32, err error) {
	runtime.LockOSThread() // a ring with one issuer refuses other threads' registrations
	defer runtime.UnlockOSThread()
	var r *ring
	for _, flags = range uringFlags {
		if r, err = openRing(flags, 8, 16); !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	if err != nil {
		return 0, explainUring(err)
	}
	defer r.close()
	if err := tryRing(r); err != nil {
		return 0, explainUring(err)
	}
	if err := probeOperations(r); err != nil {
		return 0, explainUring(err)
	}
	b, err := openBufs(r, 1, 1)
	if err != nil {
		return 0, fmt.Errorf("no buffer rings (Linux 5.19 has them): %w", err)
	}
	b.close()
	return flags, nil
}

// tryRing has the ring do nothing once: a sandbox may let a ring be made and forbid its use.
func tryRing(r *ring) error {
	const tries = 100 // an enter may do nothing at first, see enterError
	*r.next() = sqe{opcode: opNop, userData: dataNothing}
	for range tries {
		if err := r.enter(enterGetEvents); err != nil {
			return err
		}
		if r.ended() > 0 {
			defer r.pop(1)
			return enterError(unix.Errno(-r.peek(0).res))
		}
	}
	return errors.New("io_uring is there, but runs no operation")
}

func probeOperations(r *ring) error {
	var probe opProbe // lives in this frame until the call has filled it
	err := uringRegister(r.fd, registerProbe, unsafe.Pointer(&probe), probeOps)
	if err != nil {
		return os.NewSyscallError("io_uring_register", err)
	}
	for _, op := range []uint8{opPollAdd, opAccept, opSend, opRecv} {
		if probe.ops[op].flags&probeSupported == 0 {
			return fmt.Errorf("io_uring of this kernel lacks operation %d", op)
		}
	}
	return nil
}

func explainUring(err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return fmt.Errorf("this kernel has no io_uring or an old one, 5.19 is needed: %w", err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("io_uring is forbidden here"+
			" (see sysctl kernel.io_uring_disabled and the container's seccomp profile): %w", err)
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("no memory for io_uring (see ulimit -l): %w", err)
	}
	return err
}

func (p *uringPort) Backend() string { return "uring" }

func (p *uringPort) Listen(addr netip.AddrPort, backlog int) (Socket, netip.AddrPort, error) {
	// In blocking mode, like all sockets that io_uring waits for: with O_NONBLOCK some kernels
	// end an accept with EAGAIN and do not wait (io_uring_enter(2)).
	return newListener(addr, backlog, 0)
}

func (p *uringPort) NewSocket(local netip.Addr, remote netip.AddrPort) (Socket, error) {
	return newConnector(local, remote)
}

func (p *uringPort) LocalAddr(s Socket) netip.AddrPort  { return localAddr(s) }
func (p *uringPort) RemoteAddr(s Socket) netip.AddrPort { return remoteAddr(s) }
func (p *uringPort) Shutdown(s Socket)                  { shutdownSend(s) }
func (p *uringPort) Cancel(s Socket)                    { cancelSocket(s) }
func (p *uringPort) Abort(s Socket)                     { abortSocket(s) }

// Close also ends what a ring does for the socket.
func (p *uringPort) Close(s Socket) {
	p.leave(s)
	closeSocket(s)
}

func (p *uringPort) Accept(listener Socket, ov *Overlapped) error {
	ov.accept(listener)
	return p.hand(ov)
}

func (p *uringPort) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	ov.connect(s, remote)
	return p.hand(ov)
}

func (p *uringPort) Recv(s Socket, ov *Overlapped) error {
	ov.recv(s)
	if b := p.homeOf(s); b != nil {
		p.give(b, ov)
		return nil
	}
	return p.hand(ov)
}

func (p *uringPort) Send(s Socket, buf []byte, ov *Overlapped) error {
	ov.send(s, buf)
	return p.hand(ov)
}

// hand gives ov to the next worker in turn that is not closed. A worker may close between the
// look and the push: then whoever sees that, worker or pusher, hands on all that is left.
func (p *uringPort) hand(ov *Overlapped) error {
	// One turn for each call, not for each look: others take turns at the same time, and this call
	// might look at closed workers only.
	first, n := p.turn.Add(1)-1, uint32(len(p.inboxes))
	for i := range n {
		if b := &p.inboxes[(first+i)%n]; !b.closed.Load() {
			p.give(b, ov)
			return nil
		}
	}
	return errPortClosed
}

// give pushes ov into an inbox whose worker was there a moment ago.
func (p *uringPort) give(b *inbox, ov *Overlapped) {
	if err := b.push(ov); err != nil {
		panic("iocp: the port was closed while in use: " + err.Error())
	}
	if b.closed.Load() {
		p.handOn(b)
	}
}

// handOn empties the inbox of a worker that is closed. When all are, nobody is left to dequeue
// anything.
func (p *uringPort) handOn(b *inbox) {
	for ov := b.take(); ov != nil; {
		next := ov.sys.next
		_ = p.hand(ov)
		ov = next
	}
}

func (p *uringPort) Post(ov *Overlapped) error {
	if ov != nil {
		ov.Op = OpNone
	}
	return p.posts.push(ov)
}

func (p *uringPort) CloseHandle() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active != 0 {
		return errOpenWorkers(p.active)
	}
	p.closeEvents()
	p.inboxes = nil // a second call closes nothing that has been opened since
	p.posts.tokens = -1
	return nil
}
