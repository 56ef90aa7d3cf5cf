package iocp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
	k, err := r.w.Get(r.batch, 10*time.Second)
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
				if _, err := unix.Write(int(near[i]), fmt.Appendf(nil, "%d/%d", i, round)); err != nil {
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
		free, at, err := r.p.Listen(loopback, 1)
		if err != nil {
			r.Fatal(err)
		}
		r.p.Close(free)
		s, err := r.p.NewSocket(netip.Addr{}, at)
		if err != nil {
			r.Fatal(err)
		}
		ov := &Overlapped{}
		_ = r.w.Connect(s, at, ov)
		if e := r.one(ov); Classify(e.Err) != ClassRefused {
			r.Errorf("error %v, want refused", e.Err)
		}
		r.p.Close(s)
		// An address that connect(2) refuses at once still gives an Entry.
		if s, err = r.p.NewSocket(netip.Addr{}, at); err != nil {
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
						r.Fatalf("received %d bytes, %v, or other than was sent", e.Transferred, e.Err)
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

func TestUringErrorsSayWhatIsMissing(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.ENOSYS: "5.19", unix.EPERM: "io_uring_disabled", unix.ENOMEM: "ulimit",
	} {
		err := explainUring(errno)
		if !errors.Is(err, errno) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q does not mention %q", errno, err, want)
		}
	}
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
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			r.Errorf("read %d, %v, want the end of the stream", n, err)
		}
	})
}
