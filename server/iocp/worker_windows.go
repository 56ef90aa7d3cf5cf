package iocp

import (
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// Sizes of a worker's memory.
const (
	maxPackets  = 256       // most packets of one Get
	arenaTarget = 256 << 10 // bytes for what one Get receives
)

// iocpWorker is one thread's access to the port. Windows shares the port's queue among the
// threads by itself, so all that is the worker's own is the memory that Get uses.
//
// Packets that were dequeued wait in packets[head:tail] until they are handed out, usually in
// the same Get. What is received goes into the arena, one after the other. When there is no
// room for a full receive, the other packets wait for the next Get: so the memory does not grow
// with the size of the batch.
type iocpWorker struct {
	*iocpPort
	dequeue    dequeueFunc
	packets    []packet
	head, tail int
	dequeued   uint32 // argument of dequeue
	stops      int    // orders to stop among the packets, not handed out yet

	arena []byte
	used  int
	buf   windows.WSABuf // arguments of the receive that does not wait
	got   uint32
	flags uint32
}

func newIOCPWorker(p *iocpPort) *iocpWorker {
	return &iocpWorker{
		iocpPort: p,
		dequeue:  pickDequeue(),
		packets:  make([]packet, maxPackets),
		arena:    make([]byte, max(arenaTarget, 4*p.recvSize)),
	}
}

func (w *iocpWorker) Close() error {
	if w.head < w.tail || w.stops > 0 {
		panic("iocp: a worker is closed while it holds completions that Get has not handed out")
	}
	w.packets, w.arena = nil, nil
	w.made.Add(-1)
	return nil
}

// Get waits only when it holds nothing. A receive that found nothing after all (a peer may
// wake it by urgent data) and an accept of a connection that is gone are posted again and are
// no completions, so Get goes on waiting.
func (w *iocpWorker) Get(entries []Entry, wait time.Duration) (int, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	w.used = 0
	var start time.Time
	if wait > 0 {
		start = time.Now()
	}
	for left := wait; ; {
		if w.head == w.tail && w.stops == 0 {
			w.head = 0
			var err error
			room := w.packets[:min(len(entries), maxPackets)]
			w.tail, err = w.dequeue(w.handle, room, &w.dequeued, waitMillis(left))
			if w.tail == 0 {
				return 0, os.NewSyscallError("GetQueuedCompletionStatus", err)
			}
		}
		if n, err := w.handOut(entries); n > 0 || err != nil {
			return n, err
		}
		if wait > 0 {
			left = max(wait-time.Since(start), 0)
		}
	}
}

// handOut turns packets into entries. An order to stop comes last, when the worker holds
// nothing else, and one at a time: whoever gets it may leave at once, and a second one in the
// same batch was meant for another worker, so it goes back to the port (C7).
func (w *iocpWorker) handOut(entries []Entry) (int, error) {
	n := 0
	for w.head < w.tail && n < len(entries) {
		k := &w.packets[w.head]
		ov := k.owner()
		if ov != nil && ov.Op == OpRecv && len(w.arena)-w.used < w.recvSize {
			return n, nil
		}
		w.head++
		if ov == nil {
			w.stops++
		} else if w.finish(ov, int(k.transferred), &entries[n]) {
			n++
		}
	}
	if w.stops == 0 || w.head < w.tail || n == len(entries) {
		return n, nil
	}
	for ; w.stops > 1; w.stops-- {
		if err := w.Post(nil); err != nil {
			return n, err
		}
	}
	w.stops = 0
	entries[n] = Entry{Socket: InvalidSocket}
	return n + 1, nil
}

// finish makes the entry of one completion; false means that the operation goes on.
func (w *iocpWorker) finish(ov *Overlapped, transferred int, e *Entry) bool {
	*e = Entry{Overlapped: ov, Socket: InvalidSocket}
	switch ov.Op {
	case OpNone:
	case OpAccept:
		return w.accepted(ov, e)
	case OpConnect:
		e.Err = w.connected(ov)
	case OpRecv:
		return w.received(ov, e)
	case OpSend:
		e.Transferred, e.Err = transferred, ov.status()
		ov.buf = nil
		ov.sys.buf = windows.WSABuf{}
	default:
		panic("iocp: a completion of no operation: its Overlapped was written to in flight")
	}
	return true
}

// accepted passes over a connection that its peer has reset while it waited in the queue, as
// Accept does: the accept goes on to the next one, on a fresh socket.
func (w *iocpWorker) accepted(ov *Overlapped, e *Entry) bool {
	t := ov.sys.accept
	s, err := t.sock, ov.status()
	ov.sys.accept = nil
	acceptTargets.Put(t)
	if err == nil {
		err = inherit(windows.Handle(s), windows.Handle(ov.sock))
	}
	if err == nil {
		e.Socket = s
		return true
	}
	w.iocpPort.Close(s)
	if Classify(err) == ClassReset {
		if err = w.Accept(ov.sock, ov); err == nil {
			return false
		}
	}
	e.Err = err
	return true
}

// connected fails a connect that ended before its Cancel came: at that time shutdown did not know
// the socket as connected yet, so Cancel has sent no FIN.
func (w *iocpWorker) connected(ov *Overlapped) error {
	if err := ov.status(); err != nil {
		return err
	}
	if w.ended.has(ov.sock) {
		return windows.ERROR_OPERATION_ABORTED
	}
	return updateConnected(windows.Handle(ov.sock))
}

// received takes what has arrived. There is room for a full receive: handOut has looked.
func (w *iocpWorker) received(ov *Overlapped, e *Entry) bool {
	if e.Err = ov.status(); e.Err != nil {
		return true
	}
	room := w.arena[w.used : w.used+w.recvSize]
	w.buf = windows.WSABuf{Len: uint32(len(room)), Buf: &room[0]}
	w.flags = 0
	// Not an overlapped call: the kernel is done with w's fields when it returns.
	err := windows.WSARecv(windows.Handle(ov.sock), &w.buf, 1, &w.got, &w.flags, nil, nil)
	if err == windows.WSAEWOULDBLOCK {
		if err = w.Recv(ov.sock, ov); err == nil {
			return false
		}
	}
	if err != nil {
		e.Err = os.NewSyscallError("WSARecv", err)
		return true
	}
	n := int(w.got)
	e.Transferred, e.Data = n, room[:n:n]
	w.used += n
	return true
}
