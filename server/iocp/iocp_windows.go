package iocp

import (
	"fmt"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/windows"
)

// Completion keys: they tell a packet of Post from the packet of an I/O operation. The
// poster's own key is Overlapped.Key, not this one, which would cost the kernel's memory per
// socket and could not differ between operations.
const (
	keyIO   uintptr = iota // every socket is associated with this one
	keyPost                // PostQueuedCompletionStatus
)

// iocpPort is the real thing: an I/O completion port of Windows.
//
// # Which thread posts
//
// Any thread may (C8); WSARecv and WSASend are calls of their own on Windows, there is nothing
// to batch. Windows cancels an operation when the thread that posted it ends, if its handle
// had no port; Wine does so always. Worker threads are locked to their goroutines and end with
// their worker; Go does not end other threads while the program runs, except one whose locked
// goroutine returned without UnlockOSThread: such a goroutine must not post.
//
// # After Cancel and Abort
//
// CancelIoEx reaches what is pending at that moment. A post made by another thread just after
// it would stay: a send to a peer that does not read, for ever. So both first mark the socket
// as ended (endedSet); a post looks at the mark before the call and again after it:
//
//	Cancel:  mark ─► CancelIoEx(all)
//	post:    WSASend ─► mark set? ─► CancelIoEx(this one)
//
// Whichever of the two comes second sees what the first one did, so one of them cancels.
//
// # No shortcuts
//
// FILE_SKIP_COMPLETION_PORT_ON_SUCCESS is not used: an operation that succeeds at once also
// sends its packet (C1), and a layered provider or Wine that ignored the mode would make two
// completions out of one.
type iocpPort struct {
	handle   windows.Handle
	recvSize int
	workers  int32
	made     atomic.Int32 // Worker calls so far, less those closed
	ended    endedSet
}

func newIOCP(cfg Config) (Port, error) {
	// ConnectEx is an extension that Winsock has to be asked for; without it nothing runs.
	if err := windows.LoadConnectEx(); err != nil {
		return nil, fmt.Errorf("ConnectEx: %w", err)
	}
	h, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("CreateIoCompletionPort: %w", err)
	}
	fineTimer(true)
	return &iocpPort{handle: h, recvSize: cfg.RecvSize, workers: int32(cfg.Workers)}, nil
}

func (p *iocpPort) Backend() string { return "iocp" }

func (p *iocpPort) Worker() (Worker, error) {
	if p.made.Add(1) > p.workers {
		p.made.Add(-1)
		return nil, errNoMoreWorkers(int(p.workers))
	}
	return newIOCPWorker(p), nil
}

// Post is PostQueuedCompletionStatus. A nil ov arrives as a packet without OVERLAPPED.
func (p *iocpPort) Post(ov *Overlapped) error {
	var o *windows.Overlapped
	if ov != nil {
		o = ov.begin(OpNone, InvalidSocket)
	}
	// The kernel only stores the pointer; it names an object that the poster keeps (C3).
	if err := windows.PostQueuedCompletionStatus(p.handle, 0, keyPost, o); err != nil {
		return fmt.Errorf("PostQueuedCompletionStatus: %w", err)
	}
	return nil
}

func (p *iocpPort) CloseHandle() error {
	if n := p.made.Load(); n != 0 {
		return errOpenWorkers(int(n))
	}
	fineTimer(false)
	return windows.CloseHandle(p.handle)
}

// Accept is AcceptEx, on a socket made here. The socket joins the port now, so that a lack of
// memory fails the post instead of an accepted connection. A connection that its peer has
// reset while it waited in the queue is passed over: it is gone, and not the listener's fault.
func (p *iocpPort) Accept(listener Socket, ov *Overlapped) error {
	if p.ended.has(listener) {
		return errEnded
	}
	addr := p.LocalAddr(listener)
	if !addr.IsValid() {
		return fmt.Errorf("AcceptEx: %w", windows.WSAENOTSOCK)
	}
	s, err := p.newSocket(addr)
	if err != nil {
		return err
	}
	t := acceptTargets.Get().(*acceptTarget)
	t.sock = s
	o := ov.begin(OpAccept, listener)
	ov.sys.accept = t
	for {
		// t is held by ov, and ov by the poster: both outlive the call (C3).
		err = windows.AcceptEx(windows.Handle(listener), windows.Handle(s), &t.addrs[0],
			0, acceptAddrSize, acceptAddrSize, &ov.sys.done, o)
		if err != windows.WSAECONNRESET {
			break
		}
	}
	if err = p.posted(listener, o, err); err != nil {
		ov.sys.accept = nil
		acceptTargets.Put(t)
		p.Close(s)
		return fmt.Errorf("AcceptEx: %w", err)
	}
	return nil
}

// Connect is ConnectEx. It needs a bound socket: NewSocket has bound it.
func (p *iocpPort) Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error {
	if p.ended.has(s) {
		return errEnded
	}
	o := ov.begin(OpConnect, s)
	// The kernel copies the address before the call returns; ov is the poster's (C3).
	err := windows.ConnectEx(windows.Handle(s), sockaddrOf(remote), nil, 0, nil, o)
	if err = p.posted(s, o, err); err != nil {
		return fmt.Errorf("ConnectEx: %w", err)
	}
	return nil
}

// Recv is a WSARecv of zero bytes: it completes when there is something to receive, and Get
// then takes that with a receive that does not wait, straight into its worker's memory. So a
// connection that waits for data has no buffer, and no page locked by the kernel (C10). It
// costs one system call more than a WSARecv into a buffer. The other ways: a buffer for every
// pending receive (32 KB times ten thousand idle connections, all of it locked), a small one
// (most receives would be cut), or RIO (registered buffers are locked, too, and its requests
// need a queue per socket).
func (p *iocpPort) Recv(s Socket, ov *Overlapped) error {
	if p.ended.has(s) {
		return errEnded
	}
	o := ov.begin(OpRecv, s)
	ov.sys.buf = windows.WSABuf{}
	ov.sys.flags = 0
	// Everything the kernel may write to lies in ov, which the poster keeps (C3).
	err := windows.WSARecv(windows.Handle(s), &ov.sys.buf, 1, nil, &ov.sys.flags, o, nil)
	return p.posted(s, o, err)
}

// Send is WSASend. How many bytes the call itself claims to have sent is not looked at: only
// the completion's number counts, and it may be short (C5; Wine does that).
func (p *iocpPort) Send(s Socket, buf []byte, ov *Overlapped) error {
	if len(buf) == 0 {
		return errEmptySend
	}
	if p.ended.has(s) {
		return errEnded
	}
	o := ov.begin(OpSend, s)
	ov.buf = buf
	ov.sys.buf = windows.WSABuf{Len: uint32(len(buf)), Buf: &buf[0]}
	// buf is held by ov, and ov by the poster: both outlive the call (C3).
	err := windows.WSASend(windows.Handle(s), &ov.sys.buf, 1, nil, 0, o, nil)
	if err = p.posted(s, o, err); err != nil {
		ov.buf = nil
		ov.sys.buf = windows.WSABuf{}
	}
	return err
}

// posted says what an overlapped call's error means: success and "pending" alike send a packet
// later, anything else sends none (C1). From here on o may be in use again: its address is all
// that counts, and cancelling by it on an ended socket can only hit what must end anyway.
func (p *iocpPort) posted(s Socket, o *windows.Overlapped, err error) error {
	if err != nil && err != windows.ERROR_IO_PENDING {
		return err
	}
	if p.ended.has(s) {
		// Not found means that it has completed.
		_ = windows.CancelIoEx(windows.Handle(s), o)
	}
	return nil
}
