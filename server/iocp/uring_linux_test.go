package iocp

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"dummyload/server/iocp/iocptest/deadport"
)

func TestUringEchoes(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		near, far := r.pairs(1)
		ping, pong := &Overlapped{}, &Overlapped{}
		for i := range 100 {
			want := fmt.Appendf(nil, "echo %d", i)
			_ = r.w.Recv(far[0], pong)
			_ = r.w.Send(near[0], want, ping)
			r.collect(2, func(e Entry) {
				if e.Transferred != len(want) || e.Err != nil || e.Socket != InvalidSocket ||
					e.Overlapped == pong && !bytes.Equal(e.Data, want) {
					r.Fatalf("round %d: %+v", i, e)
				}
			})
		}
		r.close(near, far)
	})
}

// Everything is ready before the first Get: more submissions than the SQ holds, and more
// completions than the CQ holds.
func TestUringOverflowLosesNothing(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		const n = 200
		near, far := r.pairs(n)
		recvs, sends := make([]Overlapped, n), make([]Overlapped, n)
		for i := range n {
			recvs[i].Key = uint64(i)
			_ = r.w.Recv(far[i], &recvs[i])
			_ = r.w.Send(near[i], fmt.Appendf(nil, "to %d", i), &sends[i])
		}
		got := map[string]int{}
		r.collect(2*n, func(e Entry) {
			if e.Overlapped.Op == OpRecv {
				got[fmt.Sprint(string(e.Data), " at ", e.Overlapped.Key)]++
			}
		})
		for i := range n {
			if got[fmt.Sprintf("to %d at %d", i, i)] != 1 {
				r.Errorf("socket %d did not get its data once: %v", i, got)
				break
			}
		}
		r.close(near, far)
	})
}

// 300 sockets have data and there are 16 buffers: the posters never see that.
func TestUringReceivesWaitForBuffers(t *testing.T) {
	eachUring(t, Config{RecvSize: MaxRecvSize}, func(r *uringRig) {
		if n := len(r.w.bufs.ring); n != minBufs {
			r.Fatalf("%d buffers, want %d", n, minBufs)
		}
		const n, rounds = 300, 3
		near, far := r.pairs(n)
		recvs := make([]Overlapped, n)
		for round := range rounds {
			for i := range n {
				data := fmt.Appendf(nil, "%d/%d", i, round)
				if _, err := unix.Write(int(near[i]), data); err != nil {
					r.Fatal(err)
				}
				recvs[i].Key = uint64(i)
				_ = r.w.Recv(far[i], &recvs[i])
			}
			r.collect(n, func(e Entry) {
				want := fmt.Sprintf("%d/%d", e.Overlapped.Key, round)
				if string(e.Data) != want || e.Err != nil {
					r.Fatalf("got %q, %v, want %q", e.Data, e.Err, want)
				}
			})
		}
		r.close(near, far)
	})
}

// 40 clients that send without end, and 16 buffers: who has had some goes behind those that have not.
func TestUringBuffersGoRound(t *testing.T) {
	eachUring(t, Config{RecvSize: bufBytes / minBufs}, func(r *uringRig) {
		const n, rounds = 40, 40
		near, far := r.pairs(n)
		big, answer := make([]byte, 1<<20), []byte("x")
		streams, answers := make([]Overlapped, n), make([]Overlapped, n)
		recvs, served, answering := make([]Overlapped, n), make([]int, n), make([]bool, n)
		for i := range n {
			recvs[i].Key, streams[i].Key, answers[i].Key = uint64(i), uint64(i), uint64(i)
			_ = r.w.Send(near[i], big, &streams[i])
			_ = r.w.Recv(far[i], &recvs[i])
		}
		ahead := 0
		for left := n * rounds; left > 0; {
			for _, e := range r.get() {
				i := e.Overlapped.Key
				switch {
				case e.Err != nil || e.Transferred == 0:
					r.Fatalf("op %d: %d bytes, %v", e.Overlapped.Op, e.Transferred, e.Err)
				case e.Overlapped == &streams[i]:
					_ = r.w.Send(near[i], big, &streams[i])
				case e.Overlapped == &answers[i]:
					answering[i] = false
				default:
					left--
					served[i]++
					ahead = max(ahead, served[i]-slices.Min(served))
					if !answering[i] { // or the receive would be in doubt
						answering[i] = true
						_ = r.w.Send(far[i], answer, &answers[i])
					}
					_ = r.w.Recv(far[i], &recvs[i])
				}
			}
		}
		// All buffers at once may go to whoever is first, and are then its next receives. An SQ of 2
		// has room for two of the 40 at a time: there it may happen again and again.
		if r.p.sizes != tiny && ahead > 2*minBufs {
			r.Errorf("one was served %d times more than another", ahead)
		}
		r.close(near, far)
	})
}

// Data stays as it is until the next Get, whatever arrives in the meantime.
func TestUringDataIsValidUntilTheNextGet(t *testing.T) {
	eachUring(t, Config{RecvSize: MaxRecvSize}, func(r *uringRig) {
		near, far := r.pairs(1)
		ov := &Overlapped{}
		for i := range 3 * minBufs {
			want := fmt.Appendf(nil, "message %d", i)
			if _, err := unix.Write(int(near[0]), want); err != nil {
				r.Fatal(err)
			}
			_ = r.w.Recv(far[0], ov)
			e := r.one(ov)
			if _, err := unix.Write(int(near[0]), []byte("overwrite")); err != nil {
				r.Fatal(err)
			}
			_ = r.w.Recv(far[0], ov)
			if err := r.w.ring.enter(0); err != nil {
				r.Fatal(err)
			}
			if !bytes.Equal(e.Data, want) {
				r.Fatalf("data became %q, want %q", e.Data, want)
			}
			r.one(ov)
		}
		r.close(near, far)
	})
}

func TestUringResetEndsBothDirections(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		const n = 50
		near, far := r.pairs(n)
		recvs, sends := make([]Overlapped, n), make([]Overlapped, n)
		pending := r.postBoth(far, recvs, sends)
		for _, s := range near {
			r.p.Abort(s) // the descriptor stays open: the RST must not wait for Close
		}
		r.expectFailed(pending)
		r.close(near, far)
	})
}

func TestUringCancelAndAbortEndBothDirections(t *testing.T) {
	for name, end := range map[string]func(p Port, s Socket){
		"cancel": Port.Cancel, "abort": Port.Abort,
	} {
		t.Run(name, func(t *testing.T) {
			eachUring(t, Config{}, func(r *uringRig) {
				const n = 20
				near, far := r.pairs(n)
				recvs, sends := make([]Overlapped, n), make([]Overlapped, n)
				pending := r.postBoth(far, recvs, sends)
				for _, s := range far {
					end(r.p, s)
				}
				r.expectFailed(pending)
				r.close(near, far)
			})
		})
	}
}

// The post has not been submitted yet when the Cancel comes: it must end all the same.
func TestUringCancelBeforeSubmission(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		near, far := r.pairs(1)
		stuck := stuckHandshake(r.T)
		var recv, accept, connect Overlapped
		_ = r.w.Recv(near[0], &recv)
		_ = r.w.Accept(r.ln, &accept)
		connect.Op, connect.sock = OpConnect, stuck
		r.w.start(&connect)
		for _, s := range []Socket{near[0], r.ln, stuck} {
			r.p.Cancel(s)
		}
		r.collect(3, func(e Entry) {
			if e.Overlapped != &recv && e.Err == nil {
				r.Errorf("op %d succeeded after Cancel", e.Overlapped.Op)
			}
			if e.Socket != InvalidSocket {
				r.Errorf("op %d has socket %d", e.Overlapped.Op, e.Socket)
			}
		})
		r.close(near, far)
	})
}

// Pending accepts wait exclusively: a wake-up for one alone would strand the others.
func TestUringAbortOfAListenerEndsAllAccepts(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		ovs := make([]Overlapped, 10)
		for i := range ovs {
			_ = r.w.Accept(r.ln, &ovs[i])
		}
		if k, err := r.w.Get(r.batch, 0); k != 0 || err != nil {
			r.Fatalf("%d completions, %v", k, err)
		}
		r.p.Abort(r.ln)
		r.collect(len(ovs), func(e Entry) {
			if e.Err == nil {
				r.Error("an accept succeeded")
			}
		})
	})
}

func TestUringConnectFailures(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		nobody, free := deadport.New(r.T)
		defer free()
		s, err := r.p.NewSocket(netip.Addr{}, nobody)
		if err != nil {
			r.Fatal(err)
		}
		ov := &Overlapped{}
		_ = r.w.Connect(s, nobody, ov)
		if e := r.one(ov); Classify(e.Err) != ClassRefused {
			r.Errorf("error %v, want refused", e.Err)
		}
		r.p.Close(s)
		// An address that connect(2) refuses at once still gives an Entry.
		if s, err = r.p.NewSocket(netip.Addr{}, nobody); err != nil {
			r.Fatal(err)
		}
		_ = r.p.Connect(s, netip.MustParseAddrPort("[2001:db8::1]:9"), ov)
		if e := r.one(ov); e.Err == nil {
			r.Error("an IPv4 socket was connected to an IPv6 address")
		}
		r.p.Close(s)
	})
}

func TestUringTenThousandConnects(t *testing.T) {
	best, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	withUring(t, Config{}, best, defaultRing, func(r *uringRig) {
		const waves, each = 5, 2000
		for range waves {
			near, far := r.pairs(each)
			r.close(near, far)
		}
	})
}

func TestUringGetWaits(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		for _, wait := range []time.Duration{0, time.Nanosecond, 20 * time.Millisecond} {
			start := time.Now()
			if n, err := r.w.Get(r.batch, wait); n != 0 || err != nil {
				r.Errorf("Get(%v): %d, %v", wait, n, err)
			}
			if d := time.Since(start); d < wait {
				r.Errorf("Get(%v) returned after %v", wait, d)
			}
		}
		if n, err := r.w.Get(nil, -1); n != 0 || err != nil {
			r.Errorf("Get without room: %d, %v", n, err)
		}
	})
}

// A collection must neither wait for a worker that sleeps nor free what is in flight.
func TestUringUnderCollections(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		near, far := r.pairs(1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 20 {
				runtime.GC()
			}
			if err := r.p.Post(nil); err != nil {
				t.Error(err)
			}
		}()
		recv, sends := &Overlapped{}, map[*Overlapped]bool{}
		_ = r.w.Recv(far[0], recv)
		sent, received := 0, 0
		for stopped := false; !stopped || len(sends) > 0 || sent != received; {
			if len(sends) == 0 && !stopped {
				ov := &Overlapped{} // the map keeps it reachable, and it its buffer
				sends[ov] = true
				_ = r.w.Send(near[0], bytes.Repeat([]byte{7}, 1000), ov)
			}
			for _, e := range r.get() {
				switch e.Overlapped {
				case nil:
					stopped = true
				case recv:
					if len(bytes.Trim(e.Data, "\x07")) != 0 || e.Transferred == 0 {
						r.Fatalf("received %d bytes, %v, or other than was sent",
							e.Transferred, e.Err)
					}
					received += e.Transferred
					_ = r.w.Recv(far[0], recv)
				default:
					sent += e.Transferred
					delete(sends, e.Overlapped)
				}
			}
		}
		<-done
		r.p.Cancel(far[0])
		r.one(recv)
		r.close(near, far)
	})
}

func TestUringDoesNotAllocatePerOperation(t *testing.T) {
	best, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	withUring(t, Config{}, best, defaultRing, func(r *uringRig) {
		near, far := r.pairs(1)
		recv, send, msg := &Overlapped{}, &Overlapped{}, make([]byte, 32)
		allocs := testing.AllocsPerRun(1000, func() {
			_ = r.w.Recv(far[0], recv)
			_ = r.w.Send(near[0], msg, send)
			for n := 2; n > 0; {
				k, _ := r.w.Get(r.batch, -1)
				n -= k
			}
		})
		if allocs != 0 {
			r.Errorf("%v allocations for a send and a receive", allocs)
		}
		r.close(near, far)
	})
}

func TestUringCountsItsWorkers(t *testing.T) {
	best, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	withUring(t, Config{}, best, defaultRing, func(r *uringRig) {
		if _, err := r.p.Worker(); err == nil {
			r.Error("a second worker of one was made")
		}
		if err := r.p.CloseHandle(); err == nil {
			r.Error("CloseHandle with a worker open")
		}
	})
}

// io_uring holds a reference to a socket only while an operation is in flight, so Close
// sends the FIN by itself once everything has completed.
func TestUringCloseSendsFin(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		ov := &Overlapped{}
		_ = r.w.Accept(r.ln, ov)
		c, err := net.Dial("tcp", r.at.String())
		if err != nil {
			r.Fatal(err)
		}
		defer c.Close()
		s := r.one(ov).Socket
		_ = r.w.Recv(s, ov)
		if _, err := c.Write([]byte("x")); err != nil {
			r.Fatal(err)
		}
		r.one(ov)
		r.p.Close(s)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			r.Errorf("read %d, %v, want the end of the stream", n, err)
		}
	})
}

// A connection that is gone before it is accepted is not the listener's failure. This kernel
// hands it out all the same, so the completion is made here, of an accept that has ended.
func TestUringAcceptGoesOnAfterAReset(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		ov := new(Overlapped)
		accepted := func() {
			c, err := net.Dial("tcp", r.at.String())
			if err != nil {
				r.Fatal(err)
			}
			defer c.Close()
			r.collect(1, func(e Entry) {
				if e.Overlapped != ov || e.Err != nil {
					r.Errorf("the accept completed as %+v", e)
				}
				r.p.Close(e.Socket)
			})
		}
		_ = r.w.Accept(r.ln, ov)
		accepted()
		var e Entry
		gone := cqe{userData: uint64(uintptr(unsafe.Pointer(ov))), res: -int32(unix.ECONNABORTED)}
		if r.w.finish(&gone, &e) {
			r.Fatalf("an Entry of a connection that is gone: %+v", e)
		}
		accepted()
	})
}
