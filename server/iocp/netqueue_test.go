package iocp

import (
	"errors"
	"testing"
	"time"
)

func netRig(t *testing.T, workers int) (*netPort, []Worker) {
	t.Helper()
	port, err := newNet(Config{Workers: workers, RecvSize: 16})
	if err != nil {
		t.Fatal(err)
	}
	var all []Worker
	for range workers {
		w, err := port.Worker()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return port.(*netPort), all
}

func TestNetQueueKeepsOrderAcrossBatches(t *testing.T) {
	p, w := netRig(t, 1)
	const posts = 10
	for key := range uint64(posts) {
		if err := p.Post(&Overlapped{Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	batch := make([]Entry, 3)
	for next := uint64(0); next < posts; {
		n, err := w[0].Get(batch, 0)
		if n == 0 || err != nil {
			t.Fatalf("after %d of %d: %d entries, %v", next, posts, n, err)
		}
		for _, e := range batch[:n] {
			if e.Overlapped.Key != next {
				t.Fatalf("entry %d came as number %d", e.Overlapped.Key, next)
			}
			next++
		}
	}
	if n, _ := w[0].Get(batch, 0); n != 0 {
		t.Errorf("%d entries too many", n)
	}
}

// Under load there is always a next completion: the queue must not grow with what has passed.
func TestNetQueueThatIsNeverEmptyStaysSmall(t *testing.T) {
	p, w := netRig(t, 1)
	const waiting, posts = 10, 10_000
	var one [1]Entry
	for key := range uint64(posts) {
		if err := p.Post(&Overlapped{Key: key}); err != nil {
			t.Fatal(err)
		}
		if key < waiting {
			continue
		}
		if n, err := w[0].Get(one[:], 0); n != 1 || err != nil {
			t.Fatalf("%d entries, %v", n, err)
		}
		if got := one[0].Overlapped.Key; got != key-waiting {
			t.Fatalf("entry %d came as number %d", got, key-waiting)
		}
	}
	if room := cap(p.queue.done); room > 8*waiting {
		t.Errorf("%d completions wait in a queue that has grown to %d", waiting, room)
	}
}

// A push wakes one worker; what that one leaves must wake another.
func TestNetQueueLeftoversWakeAnother(t *testing.T) {
	p, w := netRig(t, 2)
	got := make(chan int, 2)
	for _, w := range w {
		go func() {
			var one [1]Entry
			n, _ := w.Get(one[:], -1)
			got <- n
		}()
	}
	asleep := func() bool {
		p.queue.mu.Lock()
		defer p.queue.mu.Unlock()
		return len(p.queue.waiting) == 2
	}
	for deadline := time.Now().Add(patience); !asleep(); {
		if time.Now().After(deadline) {
			t.Fatal("the workers do not sleep")
		}
		time.Sleep(time.Millisecond)
	}
	p.queue.mu.Lock() // two completions, one wake-up
	p.queue.done = append(p.queue.done,
		netDone{Entry: Entry{Overlapped: new(Overlapped)}},
		netDone{Entry: Entry{Overlapped: new(Overlapped)}})
	p.queue.wakeOne()
	p.queue.mu.Unlock()
	for range w {
		select {
		case n := <-got:
			if n != 1 {
				t.Errorf("a worker got %d entries", n)
			}
		case <-time.After(patience):
			t.Fatal("a worker sleeps while a completion is queued")
		}
	}
}

func TestNetQueueForgetsWhoTimedOut(t *testing.T) {
	p, w := netRig(t, 1)
	var one [1]Entry
	for range 3 {
		if n, err := w[0].Get(one[:], time.Millisecond); n != 0 || err != nil {
			t.Fatalf("%d entries, %v", n, err)
		}
	}
	if n := len(p.queue.waiting); n != 0 {
		t.Errorf("%d sleepers are left in the books", n)
	}
	if err := p.Post(nil); err != nil {
		t.Fatal(err)
	}
	if n, _ := w[0].Get(one[:], 0); n != 1 || one[0].Overlapped != nil {
		t.Errorf("the order to stop: %d entries, %v", n, one[0])
	}
}

func TestNetWorkersAreCounted(t *testing.T) {
	p, w := netRig(t, 1)
	if _, err := p.Worker(); err == nil {
		t.Error("a second worker of a port made for one")
	}
	if p.CloseHandle() == nil {
		t.Error("the port was closed under its worker")
	}
	if err := w[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.CloseHandle(); err != nil {
		t.Fatal(err)
	}
	if err := p.Post(nil); !errors.Is(err, errPortClosed) {
		t.Errorf("Post to a closed port: %v", err)
	}
}

func TestNetWorkerGivesItsBuffersBack(t *testing.T) {
	p, w := netRig(t, 1)
	var batch [4]Entry
	for range 3 {
		for range batch {
			b := p.bufs.Get().(*[]byte)
			p.complete(netDone{Entry: Entry{Overlapped: new(Overlapped), Data: *b}, buf: b})
		}
		if n, err := w[0].Get(batch[:], 0); n != len(batch) || err != nil {
			t.Fatalf("%d entries, %v", n, err)
		}
		if lent := len(w[0].(*netWorker).held); lent != len(batch) {
			t.Errorf("%d buffers are lent for %d entries", lent, len(batch))
		}
	}
}
