package iocptest

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/server/iocp"
)

var postCases = []Case{
	{
		Name: "PostArrives", Clause: "C7",
		Why: "Post queues the caller's Overlapped with its Key, and with Op set to OpNone " +
			"even when its last use was a receive.",
		run: postArrives,
	},
	{
		Name: "PostFromMany", Clause: "C7", cfg: iocp.Config{Workers: 2}, served: true,
		Why: "Every Post is one Entry at one worker, however many goroutines post at once.",
		run: postFromMany,
	},
	{
		Name: "OneStopPerGet", Clause: "C7",
		Why: "A Get that took two orders to stop would leave another worker waiting for ever.",
		run: oneStopPerGet,
	},
	{
		Name: "EveryWorkerStops", Clause: "C7", cfg: iocp.Config{Workers: 4}, served: true,
		Why: "N orders to stop end N workers, also between other posts.",
		run: everyWorkerStops,
	},
	{
		Name: "PostWakesSleeper", Clause: "C8",
		Why: "A post from another goroutine must wake a worker that sleeps in Get.",
		run: postWakesSleeper,
	},
	{
		Name: "SendWakesSleeper", Clause: "C8",
		Why: "The completion of another goroutine's Send must wake a worker that sleeps in Get.",
		run: sendWakesSleeper,
	},
	{
		Name: "EveryPostWakesSleeper", Clause: "C8",
		Why: "Accept, Connect and Recv, too, may be posted by another goroutine while the only " +
			"worker sleeps in Get.",
		run: everyPostWakesSleeper,
	},
	{
		Name: "PostBeforeWorkers", Clause: "C8",
		Why: "Posts through the Port are kept until the first worker is made.",
		cfg: iocp.Config{Workers: 2}, served: true,
		run: postBeforeWorkers,
	},
	{
		Name: "GetKeepsItsTime", Clause: "C9",
		Why: "Get waits neither when told not to, nor for less than it was told.",
		run: getKeepsItsTime,
	},
	{
		Name: "OneAtATime", Clause: "C9",
		Why: "What does not fit into entries stays queued for the next Get.",
		run: oneAtATime,
	},
	{
		Name: "FreeOnceDequeued", Clause: "C3", cfg: iocp.Config{Workers: 2}, served: true,
		Why: "A completion may be dequeued and its Overlapped used again before the post " +
			"returned; the port must not touch it after that (seen with -race).",
		run: freeOnceDequeued,
	},
}

func postArrives(r *rig) {
	s, c := r.pair()
	ov := r.recv(s)
	c.Write([]byte("x"))
	r.wait("one byte", ov)
	ov.Key = 77
	r.posted("Post", ov, r.port.Post(ov))
	e := r.wait("the posted entry", ov)
	if ov.Key != 77 || ov.Op != iocp.OpNone || e.Transferred != 0 || e.Data != nil {
		r.t.Errorf("posted entry: key %d, op %d, %+v", ov.Key, ov.Op, e)
	}
}

func postFromMany(r *rig) {
	const goroutines, each = 8, 500
	ovs := make([]iocp.Overlapped, goroutines*each) // reachable until the last has arrived
	seen := make([]atomic.Int32, goroutines*each)
	var total atomic.Int32
	stop := r.serve(2, func(_ iocp.Worker, e iocp.Entry) {
		seen[e.Overlapped.Key].Add(1)
		total.Add(1)
	})
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				ov := &ovs[g*each+i]
				ov.Key = uint64(g*each + i)
				r.check("Post", r.port.Post(ov))
			}
		})
	}
	wg.Wait()
	r.until("4000 posted entries", func() bool { return total.Load() >= goroutines*each })
	stop()
	runtime.KeepAlive(ovs)
	for key := range seen {
		if n := seen[key].Load(); n != 1 {
			r.t.Fatalf("post %d arrived %d times", key, n)
		}
	}
}

func oneStopPerGet(r *rig) {
	const stops = 3
	for range stops {
		r.check("Post", r.port.Post(nil))
		ov := new(iocp.Overlapped)
		r.posted("Post", ov, r.port.Post(ov))
	}
	got := 0
	for got < stops || len(r.inFlight) > 0 {
		n, err := r.w.Get(r.batch, time.Until(r.deadline))
		if n == 0 || err != nil {
			r.t.Fatalf("waited in vain for order to stop %d: %v", got+1, err)
		}
		for i, e := range r.batch[:n] {
			switch {
			case e.Overlapped != nil:
				r.enter(e)
			case i != n-1:
				r.t.Fatalf("the order to stop is entry %d of %d", i, n)
			default:
				got++
			}
		}
	}
	if got != stops {
		r.t.Errorf("%d orders to stop arrived of %d", got, stops)
	}
}

func everyWorkerStops(r *rig) {
	var got atomic.Int32
	stop := r.serve(4, func(iocp.Worker, iocp.Entry) { got.Add(1) })
	const others = 37
	ovs := make([]iocp.Overlapped, others)
	for i := range ovs {
		r.check("Post", r.port.Post(&ovs[i]))
	}
	r.until("the posts between", func() bool { return got.Load() == others })
	stop()
	runtime.KeepAlive(ovs)
}

func postWakesSleeper(r *rig) {
	for range 200 {
		ov := new(iocp.Overlapped)
		posted := make(chan error, 1)
		r.inFlight[ov] = "Post"
		go func() { posted <- r.port.Post(ov) }()
		r.wait("a post from another goroutine", ov)
		r.check("Post", <-posted)
	}
}

func sendWakesSleeper(r *rig) {
	s, c := r.pair()
	go drain(c)
	for range 200 {
		ov := new(iocp.Overlapped)
		posted := make(chan error, 1)
		r.inFlight[ov] = "Send"
		go func() { posted <- r.port.Send(s, []byte("x"), ov) }()
		if e := r.wait("a send from another goroutine", ov); e.Transferred != 1 {
			r.t.Fatalf("sent %d of 1: %v", e.Transferred, e.Err)
		}
		r.check("Send", <-posted)
	}
}

// elsewhere makes a post from a goroutine that is no worker, while this one sleeps in Get.
func (r *rig) elsewhere(what string, post func(*iocp.Overlapped) error) iocp.Entry {
	r.t.Helper()
	ov := new(iocp.Overlapped)
	r.inFlight[ov] = what
	posted := make(chan error, 1)
	go func() {
		time.Sleep(time.Millisecond) // most likely asleep by then; right either way
		posted <- post(ov)
	}()
	e := r.wait(what, ov)
	r.check(what, <-posted)
	if e.Err != nil {
		r.t.Fatalf("%s: %v", what, e.Err)
	}
	return e
}

func everyPostWakesSleeper(r *rig) {
	r.listen(16)
	for range 10 {
		near := r.socket(r.addr)
		r.elsewhere("Connect", func(ov *iocp.Overlapped) error {
			return r.port.Connect(near, r.addr, ov)
		})
		far := r.elsewhere("Accept", func(ov *iocp.Overlapped) error {
			return r.port.Accept(r.listener, ov)
		}).Socket
		send := func(ov *iocp.Overlapped) error { return r.port.Send(near, []byte("ping"), ov) }
		recv := func(ov *iocp.Overlapped) error { return r.port.Recv(far, ov) }

		early := new(iocp.Overlapped) // before there is anything to receive
		r.posted("Recv", early, recv(early))
		r.elsewhere("Send", send)
		if e := r.wait("the receive that was posted first", early); string(e.Data) != "ping" {
			r.t.Fatalf("received %q: %v", e.Data, e.Err)
		}
		r.elsewhere("Send", send) // and after
		if e := r.elsewhere("Recv", recv); string(e.Data) != "ping" {
			r.t.Fatalf("received %q: %v", e.Data, e.Err)
		}
	}
}

func postBeforeWorkers(r *rig) {
	r.listen(16)
	accept, post := new(iocp.Overlapped), new(iocp.Overlapped)
	r.check("Accept", r.port.Accept(r.listener, accept))
	r.check("Post", r.port.Post(post))
	r.dial()
	var accepted atomic.Uint64
	var posted atomic.Bool
	stop := r.serve(2, func(_ iocp.Worker, e iocp.Entry) {
		switch e.Overlapped {
		case accept:
			accepted.Store(uint64(e.Socket))
		case post:
			posted.Store(true)
		}
	})
	r.until("an accept and a post from before the workers", func() bool {
		return accepted.Load() != 0 && posted.Load()
	})
	stop()
	r.sockets[iocp.Socket(accepted.Load())] = true
}

func getKeepsItsTime(r *rig) {
	for _, wait := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond} {
		began := time.Now()
		n, err := r.w.Get(r.batch, wait)
		took := time.Since(began)
		if n != 0 || err != nil {
			r.t.Fatalf("Get with nothing queued: %d entries, error %v", n, err)
		}
		if took < wait/2 { // a system's clock tick may be 16 ms
			r.t.Errorf("Get(%v) returned after %v", wait, took)
		}
	}
}

func oneAtATime(r *rig) {
	const posts = 300
	for range posts {
		ov := new(iocp.Overlapped)
		r.posted("Post", ov, r.port.Post(ov))
	}
	r.batch = r.batch[:1]
	for range posts {
		r.get("one of 300 posts, one at a time")
	}
	r.expectNone()
}

func freeOnceDequeued(r *rig) {
	const sends = 2000
	var left atomic.Int64
	left.Store(sends)
	again := make(chan *iocp.Overlapped, 1)
	ready := make(chan iocp.Socket, 1)
	stop := r.serve(2, func(_ iocp.Worker, e iocp.Entry) {
		if e.Overlapped.Op == iocp.OpAccept {
			ready <- e.Socket
			return
		}
		left.Add(-1)
		e.Overlapped.Key++ // ours again: a port that still reads it races with this
		again <- e.Overlapped
	})
	r.listen(1)
	var accept, send iocp.Overlapped
	r.check("Accept", r.port.Accept(r.listener, &accept))
	go drain(r.dial())
	s := take(r, "the accept of a connection", ready)
	r.sockets[s] = true
	again <- &send
	for range sends {
		ov := take(r, "the completion of a send", again)
		r.check("Send", r.port.Send(s, []byte("x"), ov))
	}
	take(r, "the completion of the last send", again)
	stop()
	runtime.KeepAlive(&accept)
	runtime.KeepAlive(&send)
	if n := left.Load(); n != 0 {
		r.t.Errorf("%d sends of %d did not complete", n, sends)
	}
}
