package iocp

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func epollRig(t *testing.T, workers int) (*epollPort, []*epollWorker) {
	t.Helper()
	port, err := newEpoll(Config{Workers: workers, RecvSize: 16})
	if err != nil {
		t.Fatal(err)
	}
	var all []*epollWorker
	for range workers {
		w, err := port.Worker()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w.(*epollWorker))
	}
	t.Cleanup(func() {
		for _, w := range all {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := port.CloseHandle(); err != nil {
			t.Error(err)
		}
	})
	return port.(*epollPort), all
}

// nonblocking is rawPair with both ends as the epoll backend needs them. They are closed behind
// the back of the port, whatever was posted.
func nonblocking(t *testing.T) (near, far Socket) {
	t.Helper()
	near, far = rawPair(t, "127.0.0.1")
	if err := unix.SetNonblock(int(far), true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range []Socket{near, far} {
			if st := epollStates.at(s); st != nil {
				st.in.Store(nil)
				st.out.Store(nil)
				st.reset()
			}
		}
	})
	return near, far
}

// What cannot be watched must not swallow an operation: neither the one whose post found
// out, nor one that another thread had parked meanwhile.
func TestEpollGivesUpWhatItCannotWatch(t *testing.T) {
	_, w := epollRig(t, 1)
	file, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(file)
	s := Socket(file) // epoll refuses directories (EPERM)
	st := epollStates.make(s)
	other := &Overlapped{}
	other.begin(OpSend, s, []byte("x"))
	park(&st.out, other)

	own := &Overlapped{}
	if err := w[0].Recv(s, own); !errors.Is(err, unix.EPERM) {
		t.Errorf("the post that found out: %v", err)
	}
	if e := getOne(t, w[0], other); !errors.Is(e.Err, unix.EPERM) || e.Transferred != 0 {
		t.Errorf("the operation of another thread: %+v", e)
	}
	if err := w[0].Recv(s, own); !errors.Is(err, errUnwatched) {
		t.Errorf("a later post: %v", err)
	}
	st.reset()
}

// A worker may hold an event of a socket that is closed before it looks at the event.
func TestEpollIgnoresEventsOfAnEarlierLife(t *testing.T) {
	p, w := epollRig(t, 1)
	_, far := nonblocking(t)
	st := epollStates.make(far)
	ov := &Overlapped{}
	if err := w[0].Recv(far, ov); err != nil {
		t.Fatal(err)
	}
	unpark(&st.in)
	life := st.life()
	st.reset() // as Close does, while the event is under way
	if err := p.watch(w[0].ep, int(far), unix.EPOLLIN|unix.EPOLLET, life); err == nil {
		t.Fatal("the socket was not watched by the worker that posted first")
	}
	cancelSocket(far) // an event of the former life
	if err := w[0].poll(time.Second); err != nil {
		t.Fatal(err)
	}
	if st.in.Load() != nil || st.ended() != 0 {
		t.Error("an event of the former life changed the state of the new one")
	}
}

// A connection whose sends succeed whenever tried must not keep the worker from looking at
// the others, nor at what was given to Post.
func TestEpollLooksAtAll(t *testing.T) {
	p, w := epollRig(t, 1)
	near, far := nonblocking(t)
	quiet, other := nonblocking(t)
	recv, post := &Overlapped{}, &Overlapped{}
	if err := w[0].Recv(other, recv); err != nil {
		t.Fatal(err)
	}
	if _, err := writeSocket(quiet, []byte("look at me")); err != nil {
		t.Fatal(err)
	}
	if err := p.Post(post); err != nil {
		t.Fatal(err)
	}
	seen := map[*Overlapped]bool{}
	sink := make([]byte, 4096)
	var one [1]Entry
	for range 10 * maxUnpolled {
		// Two sends a Get, so that the queue is never empty.
		for range 2 {
			if err := w[0].Send(near, []byte("busy"), &Overlapped{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := readSocket(far, sink); err != nil && err != unix.EAGAIN {
			t.Fatal(err)
		}
		if n, err := w[0].Get(one[:], 0); n != 1 || err != nil {
			t.Fatalf("%d entries, %v", n, err)
		}
		seen[one[0].Overlapped] = true
	}
	// The receive is queued behind the sends; that it was queued is what counts.
	st := epollStates.at(other)
	if st.in.Load() == recv {
		t.Errorf("%d Gets in a row were about one connection", 10*maxUnpolled)
	}
	if !seen[post] {
		t.Errorf("%d Gets in a row left a post waiting", 10*maxUnpolled)
	}
	for !seen[recv] {
		if n, err := w[0].Get(one[:], 0); n != 1 || err != nil {
			t.Fatalf("%d entries, %v", n, err)
		}
		seen[one[0].Overlapped] = true
	}
}

// A push does not wake a worker that is awake, which must therefore look before it sleeps.
func TestEpollDoesNotSleepOverItsInbox(t *testing.T) {
	p, w := epollRig(t, 1)
	poster{at: 0}.end(p, &Overlapped{}, 0, nil)
	began := time.Now()
	if err := w[0].sleep(patience); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("slept for %v with an operation in the inbox", took)
	}
}

// A session that keeps its Overlapped for long must not keep what it once sent.
func TestEpollLetsGoOfWhatWasSent(t *testing.T) {
	_, w := epollRig(t, 1)
	near, _ := nonblocking(t)
	ov := &Overlapped{}
	if err := w[0].Send(near, []byte("x"), ov); err != nil {
		t.Fatal(err)
	}
	if e := getOne(t, w[0], ov); e.Transferred != 1 || ov.buf != nil {
		t.Errorf("sent %d bytes, %v; the buffer kept has %d", e.Transferred, e.Err, len(ov.buf))
	}
}

// Epoll may tell of a socket before its handshake has ended (an event of the handle's former
// life), when SO_ERROR has no error yet.
func TestEpollKnowsAConnectThatHasNotEnded(t *testing.T) {
	l, addr, err := newListener(loopback, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeSocket(l)
	var s Socket
	for range 16 { // until the backlog is full, and SYNs are dropped
		if s, err = newConnector(loopback.Addr(), addr); err != nil {
			t.Fatal(err)
		}
		defer closeSocket(s)
		if err := connectSocket(s, addr); err != nil {
			t.Fatal(err)
		}
	}
	var st epollState
	if err := connected(&st, s); err != unix.EAGAIN {
		t.Errorf("a handshake that nobody answers ended with %v", err)
	}
	cancelSocket(s)
	st.end(st.life(), epollEnded)
	for range 2 { // SO_ERROR tells once
		if err := connected(&st, s); err == nil || err == unix.EAGAIN {
			t.Errorf("a cancelled handshake ended with %v", err)
		}
	}
}

// What is passed to a worker that goes must reach another.
func TestEpollWorkerHandsOnWhenItGoes(t *testing.T) {
	p, w := epollRig(t, 2)
	first, second := &Overlapped{}, &Overlapped{}
	poster{at: 0}.end(p, first, 0, nil)
	poster{at: 0, w: w[0]}.end(p, second, 0, nil)
	if err := w[0].Close(); err != nil {
		t.Fatal(err)
	}
	late := &Overlapped{}
	poster{at: 0}.end(p, late, 0, nil)
	var batch [8]Entry
	n, err := w[1].Get(batch[:], patience)
	if n != 3 || err != nil {
		t.Errorf("%d completions of 3, %v", n, err)
	}
	p.mu.Lock()
	p.active++ // for the clean-up's Close
	p.mu.Unlock()
}

func TestEpollDealsAcceptsInTurn(t *testing.T) {
	p, w := epollRig(t, 2)
	l, addr, err := p.Listen(loopback, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(l)
	const conns = 8
	for range conns {
		if err := w[0].Accept(l, &Overlapped{}); err != nil {
			t.Fatal(err)
		}
		c, err := newConnector(loopback.Addr(), addr)
		if err != nil {
			t.Fatal(err)
		}
		defer closeSocket(c)
		if err := connectSocket(c, addr); err != nil {
			t.Fatal(err)
		}
	}
	share := [2]int{}
	for deadline := time.Now().Add(patience); share[0]+share[1] < conns; {
		if time.Now().After(deadline) {
			t.Fatalf("%d accepts of %d completed", share[0]+share[1], conns)
		}
		for i, w := range w {
			var batch [conns]Entry
			n, err := w.Get(batch[:], time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range batch[:n] {
				if e.Err != nil {
					t.Fatal(e.Err)
				}
				defer p.Close(e.Socket)
			}
			share[i] += n
		}
	}
	if share[0] != share[1] {
		t.Errorf("the workers got %v of %d connections", share, conns)
	}
}
