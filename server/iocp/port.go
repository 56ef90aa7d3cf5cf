// Package iocp is the completion port: asynchronous accept, connect, receive and send
// whose results are dequeued by worker threads. Its names are Win32's; on systems that
// have no completion port of their own a backend makes one out of what they have.
//
// # The contract
//
// Everything above this package (the server, the dummies, the simulator's oracles) relies
// on these clauses and on nothing else. Package iocptest checks a backend against them.
//
//   - C1  A post (Accept, Connect, Recv, Send) that returns nil yields exactly one Entry; it
//     may be dequeued by another worker before the post returns. A post that returns an error
//     yields none.
//   - C2  Entries of one socket come in any order and to any worker of the port, two workers
//     at once included. At most one Recv and one Send of a socket may be in flight.
//   - C3  From the post to its Entry the Overlapped, and a Send's buffer, belong to the port.
//     The poster keeps both reachable (a session table, say) and touches neither. Neither
//     may be stack memory; posting through an interface makes them escape to the heap.
//   - C4  An operation that fails after it was posted still yields its Entry: Transferred is 0
//     or short. Err says why; it is for the trace, and no rule of the server rests on it.
//   - C5  Transferred may be less than was asked. A Recv of 0 bytes is the end of the stream
//     or a failure; a Send of 0 bytes is a failure.
//   - C6  Cancel and Abort make every pending operation of the socket yield its Entry soon.
//     They may be called from any goroutine, any number of times, and do not free the
//     handle value. Close frees it, and is legal only when nothing is in flight on the socket.
//   - C7  Post delivers one Entry to one worker, whichever dequeues it first. With a nil
//     Overlapped it is the order to stop: N workers need N of them, since one Get returns
//     at most one, as the last of its batch.
//   - C8  Any goroutine may post, through the Port. A Worker posts through itself: that costs
//     no system call of its own where the kernel can take it together with the next Get.
//   - C9  Get hands out Entries in batches.
//   - C10 A received Entry's Data lies in the port's memory and is valid until the same
//     Worker's next Get. A Recv holds no buffer while nothing has arrived, so an idle
//     connection costs none.
//   - C11 A backend asked for by name that cannot run is an error. "auto" tries the
//     platform's candidates in order; Port.Backend names the one it took.
package iocp

import (
	"net/netip"
	"time"
)

// Socket is a handle value (Win32 SOCKET, a file descriptor). After Close the same value
// may be handed out again at once, which is why rule R11 of the server exists.
type Socket uintptr

// InvalidSocket is no socket (INVALID_SOCKET).
const InvalidSocket = ^Socket(0)

// Op says which operation an Overlapped was posted for.
type Op uint8

// The operations.
const (
	OpNone    Op = iota // posted by Post, not by an I/O call
	OpAccept            // AcceptEx
	OpConnect           // ConnectEx
	OpRecv              // WSARecv
	OpSend              // WSASend
)

// Entry is one dequeued completion (OVERLAPPED_ENTRY).
type Entry struct {
	// Overlapped is the one that was posted; nil is the order to stop (C7).
	Overlapped *Overlapped
	// Transferred is the number of bytes received or sent; 0 for Accept and Connect.
	Transferred int
	// Data is what was received, len(Data) == Transferred (C10). Nil for other operations.
	Data []byte
	// Socket is the new connection of an Accept, InvalidSocket when it failed.
	Socket Socket
	// Err is nil when the operation succeeded. Classify names the kinds worth telling apart.
	Err error
}

// Poster starts asynchronous operations. All its methods are safe for use by any goroutine
// on a Port; on a Worker only its own goroutine may call them.
type Poster interface {
	// Accept takes one connection from a listener's queue (AcceptEx). Several may be pending.
	// The new socket has TCP_NODELAY set and is ready for Recv and Send. A connection that its
	// peer resets while it waits in the queue may be passed over; it never fails an Accept.
	Accept(listener Socket, ov *Overlapped) error
	// Connect opens a socket made by NewSocket to remote (ConnectEx).
	Connect(s Socket, remote netip.AddrPort, ov *Overlapped) error
	// Recv receives up to the port's receive size (WSARecv).
	Recv(s Socket, ov *Overlapped) error
	// Send sends buf, which is not empty (WSASend).
	Send(s Socket, buf []byte, ov *Overlapped) error
}

// Port is a completion port (CreateIoCompletionPort).
type Port interface {
	Poster

	// Backend names the implementation: "iocp", "uring", "epoll" or "net".
	Backend() string
	// Worker makes one of the port's Config.Workers workers. The goroutine that calls it must
	// be locked to its thread (runtime.LockOSThread) and is the only one to use the result.
	Worker() (Worker, error)
	// Post queues ov, its Op set to OpNone, for one worker (PostQueuedCompletionStatus); nil
	// is the order to stop.
	Post(ov *Overlapped) error

	// Listen opens a listening socket. Port 0 takes a free one; the address taken is returned.
	// At [::] it takes IPv4 connections, too; their addresses are given as IPv4.
	Listen(addr netip.AddrPort, backlog int) (Socket, netip.AddrPort, error)
	// NewSocket makes a socket of remote's family for Connect, with TCP_NODELAY set. A valid
	// local binds its source address; the port is chosen when it connects.
	NewSocket(local netip.Addr, remote netip.AddrPort) (Socket, error)
	// LocalAddr and RemoteAddr are zero when the socket has none (any more).
	LocalAddr(s Socket) netip.AddrPort
	RemoteAddr(s Socket) netip.AddrPort

	// Shutdown ends the sending side: the peer gets a FIN after what was sent (SD_SEND).
	Shutdown(s Socket)
	// Cancel ends both directions with a FIN and completes what is pending, and what is posted
	// later unless that post fails (SD_SEND and CancelIoEx, or shutdown SHUT_RDWR). On a
	// listener it completes the pending Accepts.
	Cancel(s Socket)
	// Abort is Cancel with a RST in place of the FIN, sent at the latest by Close.
	Abort(s Socket)
	// Close frees the handle (closesocket); see C6.
	Close(s Socket)

	// CloseHandle frees the port. Every worker must have been closed.
	CloseHandle() error
}

// Worker is one thread's access to its port.
type Worker interface {
	Poster
	// Get dequeues up to len(entries) completions (GetQueuedCompletionStatusEx). It submits
	// what this worker posted, then waits at most wait for the first completion; negative is
	// for ever, 0 is not at all. It returns 0 when the time is over. An error means that
	// the port itself is broken.
	Get(entries []Entry, wait time.Duration) (int, error)
	// Close gives back the worker's own resources. What is in flight must have completed, and no
	// socket whose receives this worker dequeued may be received from again: what came for it
	// since may be gone with the worker.
	Close() error
}

// Limits and defaults of Config.
const (
	// DefaultRecvSize takes 16 echoes of 1 KiB with their headers in one receive. What does not
	// fit costs a second receive and send, and a frame cut in two is copied together.
	DefaultRecvSize = 32 << 10
	MaxRecvSize     = 1 << 20
	MaxWorkers      = 256
)

// Config describes a port to New.
type Config struct {
	// Backend is "auto" (or empty) or a name from Backends.
	Backend string
	// Workers is the number of Worker calls to come, 1 to MaxWorkers; 0 means 1.
	Workers int
	// RecvSize is the most bytes one Recv hands out, up to MaxRecvSize; 0 means
	// DefaultRecvSize.
	RecvSize int
	// Skipped, when not nil, is called by New for every candidate that "auto" tried before the
	// one it took, with the reason why that one cannot run here.
	Skipped func(backend string, err error)
}
