package iocptest

import (
	"bytes"
	"runtime"
	"time"

	"dummyload/server/iocp"
)

var memoryCases = []Case{
	{
		Name: "ManyReadable", Clause: "C10", limit: 2 * time.Minute,
		Why: "More sockets readable at once than the port has buffers: every one is received.",
		run: manyReadable,
	},
	{
		Name: "IdleHoldsNoBuffer", Clause: "C10", cfg: iocp.Config{RecvSize: 256 << 10},
		Why: "A Recv that waits holds no receive buffer.",
		run: idleHoldsNoBuffer,
	},
	{
		Name: "NothingIsLeft", Clause: "C6",
		Why: "A port that was opened, used and closed leaves no handle behind, many times over.",
		run: nothingIsLeft,
	},
}

// conns is want, or what the descriptor limit leaves room for.
func conns(want int) int {
	limit, ok := iocp.DescriptorLimit()
	if !ok {
		return want
	}
	return min(want, int(min(limit, 1<<20))/4)
}

func manyReadable(r *rig) {
	n := conns(2000)
	want := map[*iocp.Overlapped][]byte{}
	for i := range n {
		s, c := r.pair()
		b := pattern(300, uint32(i))
		want[r.recv(s)] = b
		r.mustWrite(c, b)
	}
	for ov, b := range want {
		if e := r.wait("one of many receives", ov); !bytes.Equal(e.Data, b) {
			r.t.Fatalf("received %d bytes %.16x: %v; want %.16x",
				e.Transferred, e.Data, e.Err, b)
		}
	}
	r.expectNone()
}

func idleHoldsNoBuffer(r *rig) {
	n := conns(400)
	before := heapInUse()
	for range n {
		s, _ := r.pair()
		r.recv(s)
	}
	r.expectNone() // lets the worker arm them
	if grown, held := heapInUse()-before, n*(256<<10); grown > int64(held/4) {
		r.t.Errorf("%d idle connections grew the heap by %d bytes; a buffer each is %d",
			n, grown, held)
	}
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func nothingIsLeft(r *rig) {
	const cycles = 30
	var early int
	for i := range cycles {
		if i == cycles/2 {
			early = iocp.DescriptorsInUse()
		}
		r.cycle()
	}
	if late := iocp.DescriptorsInUse(); late > early+cycles/4 {
		r.t.Errorf("%d ports opened and closed grew the handles in use from %d to %d",
			cycles/2, early, late)
	}
}

// cycle is one port's whole life, beside the case's own.
func (r *rig) cycle() {
	r.t.Helper()
	c := emptyRig(r.t, r.deadline)
	c.port = r.open(r.t, iocp.Config{})
	c.w = c.worker()
	s, peer := c.pair()
	ov := c.recv(s)
	c.port.Cancel(s)
	c.wait("the cancelled receive", ov)
	peer.Close()
	c.close(s)
	c.close(c.listener)
	c.check("Worker.Close", c.w.Close())
	c.check("CloseHandle", c.port.CloseHandle())
}
