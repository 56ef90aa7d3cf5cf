package iocp

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// rig is a port with one worker, driven by the test's own goroutine.
type rig struct {
	*iocpPort
	t *testing.T
	w *iocpWorker
}

func newRig(t *testing.T, recvSize int) *rig {
	t.Helper()
	runtime.LockOSThread()
	p, err := newIOCP(Config{Workers: 1, RecvSize: recvSize})
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.Worker()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{iocpPort: p.(*iocpPort), t: t, w: w.(*iocpWorker)}
	t.Cleanup(func() {
		if err := r.w.Close(); err != nil {
			t.Error(err)
		}
		if err := r.CloseHandle(); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	return r
}

// show words an entry without its data.
func show(e Entry) string {
	op := OpNone
	if e.Overlapped != nil {
		op = e.Overlapped.Op
	}
	return fmt.Sprintf("%p op %d, %d bytes, socket %#x, error %v (%d)",
		e.Overlapped, op, e.Transferred, e.Socket, e.Err, Classify(e.Err))
}

// get dequeues exactly n completions.
func (r *rig) get(n int) []Entry {
	r.t.Helper()
	var all []Entry
	for deadline := time.Now().Add(patience); len(all) < n; {
		batch := make([]Entry, n-len(all))
		got, err := r.w.Get(batch, time.Until(deadline))
		if err != nil {
			r.t.Fatal(err)
		}
		if got == 0 {
			r.t.Fatalf("%d of %d completions came", len(all), n)
		}
		for _, e := range batch[:got] {
			e.Data = bytes.Clone(e.Data)
			all = append(all, e)
		}
	}
	return all
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// accept gives a connected socket of the port and the peer's end, a foreign one of package net.
func (r *rig) accept() (Socket, *net.TCPConn) {
	r.t.Helper()
	l, addr, err := r.Listen(loopback, 16)
	r.must(err)
	defer r.Close(l)
	ov := new(Overlapped)
	r.must(r.Accept(l, ov))
	c, err := net.Dial("tcp", addr.String())
	r.must(err)
	e := r.get(1)[0]
	r.must(e.Err)
	if e.Overlapped != ov || ov.Op != OpAccept {
		r.t.Fatalf("accept completed as %s", show(e))
	}
	r.must(c.SetDeadline(time.Now().Add(patience)))
	return e.Socket, c.(*net.TCPConn)
}

func TestOwnerOf(t *testing.T) {
	ov := new(Overlapped)
	o := ov.begin(OpSend, 4)
	if ownerOf(o) != ov || ownerOf(nil) != nil {
		t.Error("ownerOf does not lead back to the Overlapped")
	}
	// A copy in flight: the kernel would write to the original.
	defer func() {
		if recover() == nil {
			t.Error("a completion of a copied Overlapped went unnoticed")
		}
	}()
	twin := *ov
	ownerOf(&twin.sys.o)
}

// The kernel writes packets; their layout is not ours to choose.
func TestPacketLayout(t *testing.T) {
	var k packet
	if unsafe.Sizeof(k) != 4*unsafe.Sizeof(uintptr(0)) ||
		unsafe.Offsetof(k.transferred) != 3*unsafe.Sizeof(uintptr(0)) {
		t.Error("packet is laid out differently from OVERLAPPED_ENTRY")
	}
}

func TestWaitMillis(t *testing.T) {
	for wait, want := range map[time.Duration]uint32{
		-1: windows.INFINITE, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2,
		time.Second: 1000, math.MaxInt64 - time.Hour: math.MaxUint32 - 1,
	} {
		if got := waitMillis(wait); got != want {
			t.Errorf("waitMillis(%v) = %d, want %d", wait, got, want)
		}
	}
}

// Both ways to dequeue hand out the same, whatever became of the operations.
func TestDequeue(t *testing.T) {
	for name, dequeue := range map[string]dequeueFunc{
		"GetQueuedCompletionStatusEx": dequeueMany,
		"GetQueuedCompletionStatus":   dequeueOne,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 4096)
			r.w.dequeue = dequeue
			if n, err := r.w.Get(make([]Entry, 4), time.Millisecond); n != 0 || err != nil {
				t.Fatalf("Get on an empty port: %d, %v", n, err)
			}
			var posted, recv Overlapped
			r.must(r.Post(&posted))
			if e := r.get(1)[0]; e.Overlapped != &posted || e.Err != nil {
				t.Errorf("Post arrived as %s", show(e))
			}
			s, c := r.accept()
			defer c.Close()
			r.must(r.Recv(s, &recv))
			r.Cancel(s)
			if e := r.get(1)[0]; e.Overlapped != &recv || Classify(e.Err) != ClassCanceled {
				t.Errorf("cancelled receive: %s", show(e))
			}
			r.Close(s)
			r.must(r.Post(nil))
			if e := r.get(1)[0]; e.Overlapped != nil || e.Err != nil {
				t.Errorf("order to stop: %s", show(e))
			}
		})
	}
}

func TestDequeueOnBrokenPort(t *testing.T) {
	for name, dequeue := range map[string]dequeueFunc{"Ex": dequeueMany, "one": dequeueOne} {
		if n, err := dequeue(0, make([]packet, 4), new(uint32), 0); n != 0 || err == nil {
			t.Errorf("%s: no port gave %d packets and error %v", name, n, err)
		}
	}
}

// An order to stop is handed out last and alone: its worker holds nothing when it leaves, and
// the other orders of the batch are there for the other workers.
func TestStopComesLastAndAlone(t *testing.T) {
	r := newRig(t, 4096)
	ovs := make([]Overlapped, 3)
	r.must(r.Post(nil))
	for i := range ovs {
		r.must(r.Post(&ovs[i]))
		r.must(r.Post(nil))
	}
	entries := make([]Entry, 16)
	n, err := r.w.Get(entries, patience)
	r.must(err)
	if n != len(ovs)+1 || entries[n-1].Overlapped != nil {
		t.Fatalf("first Get: %d entries, the last %s", n, show(entries[max(n, 1)-1]))
	}
	for i := range ovs {
		if entries[i].Overlapped != &ovs[i] {
			t.Errorf("entry %d is %s", i, show(entries[i]))
		}
	}
	for i := range ovs {
		n, err := r.w.Get(entries, patience)
		r.must(err)
		if n != 1 || entries[0].Overlapped != nil {
			t.Fatalf("order %d: %d entries, the first %s", i+2, n, show(entries[0]))
		}
	}
	if n, err := r.w.Get(entries, 0); n != 0 || err != nil {
		t.Errorf("a fifth order out of four: %d, %v", n, err)
	}
}
