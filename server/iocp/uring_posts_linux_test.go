package iocp

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// uringThreads opens a port with n workers, each made on a locked thread of its own, and
// runs work there; what work returns ends the thread. wait closes the port.
func uringThreads(t *testing.T, n int, work func(i int, w Worker)) (p *uringPort, wait func()) {
	t.Helper()
	flags, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Config{Workers: n}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = openUring(cfg, flags, defaultRing); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			w, err := p.Worker()
			if err != nil {
				t.Error(err)
				return
			}
			work(i, w)
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return p, func() {
		all.Wait()
		if err := p.CloseHandle(); err != nil {
			t.Error(err)
		}
	}
}

// Each worker takes one order to stop and goes, with room for many in its batch.
func TestUringEachWorkerStopsOnce(t *testing.T) {
	const n = 8
	p, wait := uringThreads(t, n, func(i int, w Worker) {
		batch := make([]Entry, 16)
		k, err := w.Get(batch, patience)
		if err != nil || k != 1 || batch[0].Overlapped != nil {
			t.Errorf("worker %d: %d entries, %v", i, k, err)
		}
	})
	for range n {
		if err := p.Post(nil); err != nil {
			t.Error(err)
		}
	}
	wait()
}

// What is posted through the port reaches the workers in turn, those made later included.
func TestUringPortSpreadsEvenly(t *testing.T) {
	const n, each = 4, 25
	cfg, _ := Config{Workers: n}.withDefaults()
	p, err := openUring(cfg, 0, defaultRing)
	if err != nil {
		t.Fatal(err)
	}
	for range n * each {
		if err := p.Recv(InvalidSocket, &Overlapped{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.inboxes {
		got := 0
		for ov := p.inboxes[i].take(); ov != nil; ov = ov.sys.next {
			got++
		}
		if got != each {
			t.Errorf("worker %d got %d of %d", i, got, n*each)
		}
	}
	if err := p.CloseHandle(); err != nil {
		t.Fatal(err)
	}
	if err := p.Recv(InvalidSocket, &Overlapped{}); err == nil {
		t.Error("a post on a closed port succeeded")
	}
}

// Posts of other goroutines while workers leave one by one: each still completes once, at
// one of those that stay.
func TestUringPostsOutliveAWorker(t *testing.T) {
	const workers, pushers, each = 3, 4, 500
	seen := make(chan uint64, pushers*each)
	p, wait := uringThreads(t, workers, func(i int, w Worker) {
		batch := make([]Entry, 8)
		for {
			k, err := w.Get(batch, patience)
			if err != nil || k == 0 {
				t.Errorf("worker %d: waited in vain, %v", i, err)
				return
			}
			for _, e := range batch[:k] {
				if e.Overlapped == nil {
					drain(t, w, seen)
					return
				}
				seen <- e.Overlapped.Key
			}
		}
	})
	ovs := make([]Overlapped, pushers*each) // reachable to the end of the test
	var all sync.WaitGroup
	for g := range pushers {
		all.Go(func() {
			for i := g * each; i < (g+1)*each; i++ {
				ovs[i].Key = uint64(i)
				// A receive on no socket: it completes as soon as a ring has it.
				if err := p.Recv(InvalidSocket, &ovs[i]); err != nil {
					t.Error(err)
				}
				if i == each/2 || i == each/2+1 {
					if err := p.Post(nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	got := map[uint64]int{}
	for range len(ovs) {
		select {
		case key := <-seen:
			got[key]++
		case <-time.After(patience):
			t.Fatalf("%d of %d posts completed", len(got), len(ovs))
		}
	}
	if len(got) != len(ovs) || len(seen) != 0 {
		t.Errorf("%d different posts of %d completed", len(got), len(ovs))
	}
	if err := p.Post(nil); err != nil {
		t.Error(err)
	}
	wait()
}

// drain dequeues what is in flight in a worker's own ring before it leaves.
func drain(t *testing.T, w Worker, seen chan<- uint64) {
	batch := make([]Entry, 8)
	for {
		k, err := w.Get(batch, 0)
		if err != nil {
			t.Error(err)
		}
		if k == 0 {
			return
		}
		for _, e := range batch[:k] {
			if e.Overlapped == nil {
				// The other leaver's order: it goes back to the queue.
				if err := w.(*uringWorker).port.Post(nil); err != nil {
					t.Error(err)
				}
				continue
			}
			seen <- e.Overlapped.Key
		}
	}
}

// One post at a time to workers that are asleep, or just about to be: a lost wake-up hangs.
func TestUringPostWakesASleeper(t *testing.T) {
	const workers, rounds = 2, 3000
	seen := make(chan uint64)
	p, wait := uringThreads(t, workers, func(_ int, w Worker) {
		batch := make([]Entry, 1)
		for {
			if _, err := w.Get(batch, -1); err != nil {
				t.Error(err)
			}
			if batch[0].Overlapped == nil {
				return
			}
			seen <- batch[0].Overlapped.Key
		}
	})
	ov := &Overlapped{}
	for i := range uint64(rounds) {
		ov.Key = i
		post := func() error { return p.Recv(InvalidSocket, ov) }
		if i%8 == 0 {
			post = func() error { return p.Post(ov) }
		}
		if err := post(); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-seen:
			if got != i {
				t.Fatalf("got number %d, want %d", got, i)
			}
		case <-time.After(patience):
			t.Fatalf("post %d did not wake a worker", i)
		}
	}
	for range workers {
		if err := p.Post(nil); err != nil {
			t.Fatal(err)
		}
	}
	wait()
}
