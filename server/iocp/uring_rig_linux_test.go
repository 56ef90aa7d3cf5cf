package iocp

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// uringRig is a port with its only worker, on the test's own thread.
type uringRig struct {
	*testing.T
	p     *uringPort
	w     *uringWorker
	ln    Socket
	at    netip.AddrPort
	batch []Entry
}

// tiny is a ring that overflows at once.
var tiny = ringSizes{sq: 2, cq: 4}

// eachUring runs a test with every way to set up a ring that the kernel has.
func eachUring(t *testing.T, cfg Config, test func(r *uringRig)) {
	t.Helper()
	best, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]uint32{"best": best, "coop": setupCoopTaskrun}
	for name, flags := range ways {
		for _, sizes := range []ringSizes{defaultRing, tiny} {
			t.Run(fmt.Sprintf("%s/%d", name, sizes.sq), func(t *testing.T) {
				withUring(t, cfg, flags, sizes, test)
			})
		}
	}
}

func withUring(t *testing.T, cfg Config, flags uint32, sizes ringSizes, test func(*uringRig)) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := DescriptorsInUse()
	t.Cleanup(func() { // after what the test itself cleans up
		if after := DescriptorsInUse(); !t.Failed() && after != before {
			t.Errorf("%d descriptors before, %d after", before, after)
		}
	})
	p, err := openUring(cfg, flags, sizes)
	if err != nil {
		t.Fatal(err)
	}
	r := &uringRig{T: t, p: p, batch: make([]Entry, 64)}
	if r.ln, r.at, err = p.Listen(loopback, 4096); err != nil {
		t.Fatal(err)
	}
	w, err := p.Worker()
	if err != nil {
		t.Fatal(err)
	}
	r.w = w.(*uringWorker)
	test(r)
	p.Close(r.ln)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := p.CloseHandle(); err != nil {
		t.Error(err)
	}
}

// get dequeues what there is, at least one completion.
func (r *uringRig) get() []Entry {
	r.Helper()
	k, err := r.w.Get(r.batch, patience)
	if err != nil || k == 0 {
		r.Fatalf("waited in vain for a completion, error %v", err)
	}
	return r.batch[:k]
}

// collect dequeues until n completions have come and gives each to seen.
func (r *uringRig) collect(n int, seen func(Entry)) {
	r.Helper()
	for n > 0 {
		got := r.get()
		n -= len(got)
		for _, e := range got {
			seen(e)
		}
	}
	if n < 0 {
		r.Fatalf("%d completions too many", -n)
	}
}

// one dequeues the only completion that can come.
func (r *uringRig) one(ov *Overlapped) Entry {
	r.Helper()
	return getOne(r.T, r.w, ov)
}

// pairs makes n connections with both ends in the port.
func (r *uringRig) pairs(n int) (near, far []Socket) {
	r.Helper()
	accepts, connects := make([]Overlapped, n), make([]Overlapped, n)
	near, far = make([]Socket, n), make([]Socket, n)
	for i := range n {
		s, err := r.p.NewSocket(netip.Addr{}, r.at)
		if err != nil {
			r.Fatal(err)
		}
		near[i] = s
		accepts[i].Key, connects[i].Key = uint64(i), uint64(i)
		_ = r.w.Accept(r.ln, &accepts[i])
		_ = r.w.Connect(s, r.at, &connects[i])
	}
	byPeer := map[netip.AddrPort]Socket{}
	r.collect(2*n, func(e Entry) {
		if e.Err != nil {
			r.Fatalf("op %d: %v", e.Overlapped.Op, e.Err)
		}
		if e.Overlapped.Op == OpAccept {
			byPeer[r.p.RemoteAddr(e.Socket)] = e.Socket
		}
	})
	for i, s := range near {
		var ok bool
		if far[i], ok = byPeer[r.p.LocalAddr(s)]; !ok {
			r.Fatalf("connection %d has not been accepted", i)
		}
	}
	return near, far
}

func (r *uringRig) close(sockets ...[]Socket) {
	for _, list := range sockets {
		for _, s := range list {
			r.p.Close(s)
		}
	}
}

// postBoth leaves a receive and a send pending on each socket: the peers neither write nor
// read. It returns how many operations that are.
func (r *uringRig) postBoth(sockets []Socket, recvs, sends []Overlapped) int {
	r.Helper()
	big := make([]byte, 1<<20)
	for i, s := range sockets {
		_ = r.w.Recv(s, &recvs[i])
		_ = r.w.Send(s, big, &sends[i])
	}
	// A short send is posted again until it finds the socket full and stays.
	for {
		k, err := r.w.Get(r.batch, 50*time.Millisecond)
		if err != nil {
			r.Fatal(err)
		}
		if k == 0 {
			return 2 * len(sockets)
		}
		for _, e := range r.batch[:k] {
			if e.Overlapped.Op != OpSend || e.Err != nil {
				r.Fatalf("op %d ended: %v", e.Overlapped.Op, e.Err)
			}
			_ = r.w.Send(e.Overlapped.sock, big, e.Overlapped)
		}
	}
}

func (r *uringRig) expectFailed(n int) {
	r.Helper()
	r.collect(n, func(e Entry) {
		if e.Transferred != 0 {
			r.Errorf("op %d transferred %d bytes", e.Overlapped.Op, e.Transferred)
		}
		if e.Overlapped.Op == OpSend && e.Err == nil {
			r.Error("a send of 0 bytes without an error")
		}
	})
}
