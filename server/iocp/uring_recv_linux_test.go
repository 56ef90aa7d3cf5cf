package iocp

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAHomeIsNotChangedByAnEarlierLife(t *testing.T) {
	var h home
	h.arm(0)
	if !h.next() || h.life() != 1 {
		t.Fatalf("life %d after the first, or it was not armed", h.life())
	}
	h.arm(0)
	if h.next() {
		t.Error("armed by the word of an earlier life")
	}
	h.arm(2)
	if h.disarm(1) {
		t.Error("disarmed in an earlier life")
	}
	if !h.next() {
		t.Error("disarmed by the word of an earlier life")
	}
	h.arm(3)
	if !h.disarm(3) {
		t.Error("was not disarmed")
	}
	if h.next() || h.life() != 4 {
		t.Errorf("life %d, or armed after it was disarmed", h.life())
	}
}

func TestReceiverDataIsReadBack(t *testing.T) {
	for _, number := range []uint32{0, 7, 1<<32 - 1} {
		data := receiverData(number)
		if got := uint32(data >> markBits); got != number {
			t.Errorf("receiver %d became %d", number, got)
		}
		if mark := data & (1<<markBits - 1); mark != markReceiver {
			t.Errorf("receiver %d has the mark %d", number, mark)
		}
	}
}

// receiverOf is what the rig's worker knows of a socket that is received from there.
func (r *uringRig) receiverOf(s Socket) *receiver {
	r.Helper()
	_, rc := r.w.receiverHere(s)
	if rc == nil {
		r.Fatalf("the worker does not know socket %d", s)
	}
	return rc
}

// pass lets the rings work without waiting; nothing is to come of it.
func (r *uringRig) pass() {
	r.Helper()
	for range 3 {
		if k, err := r.w.Get(r.batch, 0); k != 0 || err != nil {
			r.Fatalf("%d completions of nothing, %v: %+v", k, err, r.batch[:k])
		}
	}
}

func (r *uringRig) write(s Socket, text string) {
	r.Helper()
	if n, err := unix.Write(int(s), []byte(text)); n != len(text) || err != nil {
		r.Fatalf("write: %d, %v", n, err)
	}
}

// buffersAreBack reports an error unless every buffer is the kernel's or about to be.
func (r *uringRig) buffersAreBack() {
	r.Helper()
	r.pass()
	if n := len(r.w.bufs.held); n != 0 || len(r.w.kept) != 0 || len(r.w.ready) != 0 {
		r.Errorf("%d buffers held, %d sockets kept, %d ready", n, len(r.w.kept), len(r.w.ready))
	}
}

// Chunks that come while no Recv is posted are the next Recvs', in order, and then the end.
func TestUringKeepsWhatComesBetweenReceives(t *testing.T) {
	for _, idle := range []bool{false, true} { // whether there is a Get before the next Recv
		t.Run(fmt.Sprint(idle), func(t *testing.T) {
			eachUring(t, Config{}, func(r *uringRig) {
				near, far := r.pairs(1)
				ov := &Overlapped{}
				_ = r.w.Recv(far[0], ov)
				r.write(near[0], "one,")
				got := string(r.one(ov).Data)
				for _, text := range []string{"two,", "three,", "four."} {
					r.write(near[0], text)
					if idle {
						r.pass()
					} else if err := r.w.ring.enter(enterGetEvents); err != nil {
						r.Fatal(err)
					}
				}
				r.p.Shutdown(near[0])
				for range 5 {
					_ = r.w.Recv(far[0], ov)
					e := r.one(ov)
					if e.Transferred == 0 {
						if e.Err != nil {
							r.Errorf("the stream ended with %v", e.Err)
						}
						break
					}
					got += string(e.Data)
				}
				if want := "one,two,three,four."; got != want {
					r.Errorf("got %q, want %q", got, want)
				}
				r.buffersAreBack()
				r.close(near, far)
			})
		})
	}
}

// A socket that nobody reads holds its peer up, and takes no buffers from others; what it had
// taken in by then is not lost.
func TestUringASocketThatNobodyReadsIsLeftAlone(t *testing.T) {
	eachUring(t, Config{RecvSize: 4096}, func(r *uringRig) {
		near, far := r.pairs(1)
		if err := unix.SetNonblock(int(near[0]), true); err != nil {
			r.Fatal(err)
		}
		ov := &Overlapped{}
		_ = r.w.Recv(far[0], ov)
		r.write(near[0], "begin")
		if got := r.one(ov).Data; string(got) != "begin" {
			r.Fatalf("got %q", got)
		}
		sent := 0
		block := bytes.Repeat([]byte("0123456789abcdef"), 256)
		for full := 0; full < 20; {
			n, err := unix.Write(int(near[0]), block[sent%16:])
			switch err {
			case nil:
				sent += n
				full = 0
			case unix.EAGAIN:
				full++
			default:
				r.Fatal(err)
			}
			if sent > 256<<20 {
				r.Fatal("the peer of a socket that nobody reads was never held up")
			}
			r.pass()
		}
		if most := bufBytes; len(r.receiverOf(far[0]).copied) > most {
			r.Errorf("%d bytes were copied for it", len(r.receiverOf(far[0]).copied))
		}
		r.buffersAreBack()
		for got := 0; got < sent; {
			_ = r.w.Recv(far[0], ov)
			e := r.one(ov)
			if e.Transferred == 0 {
				r.Fatalf("ended after %d of %d bytes: %v", got, sent, e.Err)
			}
			for i, b := range e.Data {
				if want := block[(got+i)%16]; b != want {
					r.Fatalf("byte %d is %q, want %q", got+i, b, want)
				}
			}
			got += e.Transferred
		}
		r.buffersAreBack()
		r.close(near, far)
	})
}

// A RST or a FIN that comes between two receives is the next one's end.
func TestUringAnEndBetweenReceivesIsTheNextOnes(t *testing.T) {
	for name, end := range map[string]func(p Port, s Socket){
		"FIN": Port.Shutdown, "RST": Port.Abort,
	} {
		t.Run(name, func(t *testing.T) {
			eachUring(t, Config{}, func(r *uringRig) {
				near, far := r.pairs(1)
				ov := &Overlapped{}
				_ = r.w.Recv(far[0], ov)
				r.write(near[0], "x")
				r.one(ov)
				end(r.p, near[0])
				r.pass()
				_ = r.w.Recv(far[0], ov)
				e := r.one(ov)
				if e.Transferred != 0 || (Classify(e.Err) == ClassReset) != (name == "RST") {
					r.Errorf("ended with %d bytes, %v", e.Transferred, e.Err)
				}
				r.close(near, far)
			})
		})
	}
}

// The ring may still be receiving for a connection when it is closed. Whoever gets the handle
// value next must see none of it.
func TestUringAClosedSocketsReceiveTroublesNobody(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		reused, before := 0, InvalidSocket
		for i := range 50 {
			near, far := r.pairs(1)
			if far[0] == before || near[0] == before {
				reused++
			}
			before = far[0]
			ov := &Overlapped{}
			_ = r.w.Recv(far[0], ov)
			want := fmt.Sprint("connection ", i)
			r.write(near[0], want)
			if e := r.one(ov); string(e.Data) != want {
				r.Fatalf("got %q, %v, want %q", e.Data, e.Err, want)
			}
			r.write(near[0], "late") // may reach the ring before or after Close, or never
			if i%2 == 0 {
				if err := r.w.ring.enter(enterGetEvents); err != nil {
					r.Fatal(err)
				}
			}
			r.close(far, near)
		}
		if reused == 0 {
			r.Error("no handle value was used again")
		}
		r.buffersAreBack()
	})
}

// A Recv that another goroutine posts is started where the socket's data come in.
func TestUringAReceiveGoesHome(t *testing.T) {
	const workers = 2
	type seen struct {
		worker int
		text   string
	}
	got := make(chan seen)
	p, wait := uringThreads(t, workers, func(i int, w Worker) {
		batch := make([]Entry, 4)
		for {
			k, err := w.Get(batch, patience)
			if err != nil || k == 0 {
				t.Errorf("worker %d: waited in vain, %v", i, err)
				return
			}
			for _, e := range batch[:k] {
				if e.Overlapped == nil {
					return
				}
				got <- seen{i, string(e.Data)}
			}
		}
	})
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	ov := &Overlapped{}
	first := -1
	for i := range 20 {
		want := fmt.Sprint("text ", i)
		if _, err := unix.Write(fds[0], []byte(want)); err != nil {
			t.Fatal(err)
		}
		if err := p.Recv(Socket(fds[1]), ov); err != nil {
			t.Fatal(err)
		}
		select {
		case s := <-got:
			if first < 0 {
				first = s.worker
			}
			if s.text != want || s.worker != first {
				t.Errorf("worker %d got %q, want worker %d and %q", s.worker, s.text, first, want)
			}
		case <-time.After(patience):
			t.Fatalf("receive %d did not complete", i)
		}
	}
	p.Close(Socket(fds[1]))
	_ = unix.Close(fds[0])
	for range workers {
		if err := p.Post(nil); err != nil {
			t.Fatal(err)
		}
	}
	wait()
}

// An end that comes together with data, before the receive is armed or after, wakes the ring once
// for both. The Recv after the data must find it, whether or not something is sent in between.
func TestUringAnEndTogetherWithDataIsFound(t *testing.T) {
	ends := map[string]func(r *uringRig, near, far Socket){
		"FIN":    func(r *uringRig, near, _ Socket) { r.p.Shutdown(near) },
		"RST":    func(r *uringRig, near, _ Socket) { r.p.Abort(near) },
		"cancel": func(r *uringRig, _, far Socket) { r.p.Cancel(far) },
	}
	for name, end := range ends {
		for i := range 4 {
			answered, armed := i&1 != 0, i&2 != 0
			t.Run(fmt.Sprintf("%s/answered=%v/armed=%v", name, answered, armed), func(t *testing.T) {
				eachUring(t, Config{}, func(r *uringRig) {
					near, far := r.pairs(1)
					recv, send := &Overlapped{}, &Overlapped{}
					_ = r.w.Recv(far[0], recv)
					if armed {
						r.pass() // the ring waits
					}
					r.write(near[0], "x")
					end(r, near[0], far[0])
					if got := r.one(recv).Data; string(got) != "x" {
						r.Fatalf("got %q", got)
					}
					want := 1
					if answered {
						_ = r.w.Send(far[0], []byte("y"), send)
						want++
					}
					_ = r.w.Recv(far[0], recv)
					r.collect(want, func(e Entry) {
						if e.Overlapped == recv && e.Transferred != 0 {
							r.Errorf("received %d bytes that nobody sent", e.Transferred)
						}
					})
					r.close(near, far)
				})
			})
		}
	}
}

// Who answers each chunk keeps the receive that goes on, whichever is posted first; who does not
// has it armed for each.
func TestUringTheReceiveGoesOnForThoseWhoAnswer(t *testing.T) {
	best, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	for _, answers := range []bool{true, false} {
		for _, first := range []bool{true, false} {
			withUring(t, Config{}, best, defaultRing, func(r *uringRig) {
				near, far := r.pairs(1)
				recv, send := &Overlapped{}, &Overlapped{}
				_ = r.w.Recv(far[0], recv)
				for range 3 {
					r.write(near[0], "x")
					r.one(recv)
					if answers && first {
						_ = r.w.Send(far[0], []byte("y"), send)
					}
					_ = r.w.Recv(far[0], recv)
					if answers && !first {
						_ = r.w.Send(far[0], []byte("y"), send)
					}
					if answers {
						r.one(send)
					}
				}
				r.write(near[0], "x")
				r.one(recv)
				if armed := r.receiverOf(far[0]).armed; armed != answers {
					r.Errorf("answers %v, first %v: the receive goes on: %v", answers, first, armed)
				}
				r.close(near, far)
			})
		}
	}
}
