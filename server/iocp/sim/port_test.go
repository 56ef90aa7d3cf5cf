package sim

import (
	"strings"
	"testing"

	"dummyload/server/iocp"
)

// rig is one accepted connection on a port, and a worker; actions run in one coroutine.
type rig struct {
	w      *World
	p      *Port
	worker iocp.Worker
	conn   *Conn
	sock   iocp.Socket
	got    string // at the client
	recv   iocp.Overlapped
	send   iocp.Overlapped
	accept iocp.Overlapped
}

// onRig runs actions on a fresh rig and returns what broke.
func onRig(t *testing.T, c Chooser, actions ...func(r *rig)) string {
	t.Helper()
	r := &rig{w: newWorld(t)}
	r.p = NewPort(r.w)
	r.p.Owner = func(ov *iocp.Overlapped) uint64 { return ov.Key }
	r.recv.Key, r.send.Key = 1, 1
	r.w.Begin(c)
	r.p.Begin()
	r.w.Go("first", func() {
		r.worker, _ = r.p.Worker()
		r.conn = r.p.Dial()
		r.conn.Got = func(data []byte) { r.got += string(data) }
		if err := r.p.Accept(listenerHandle, &r.accept); err != nil {
			t.Error(err)
		}
		r.sock = r.get(1)[0].Socket
		actions[0](r)
	})
	for _, action := range actions[1:] {
		r.w.Go("other", func() {
			r.w.Block("accepted", func() bool { return r.sock != 0 })
			action(r)
		})
	}
	return r.w.Run()
}

func (r *rig) get(most int) []iocp.Entry {
	entries := make([]iocp.Entry, most)
	n, _ := r.worker.Get(entries, -1)
	return entries[:n]
}

func TestTransfers(t *testing.T) {
	broken := onRig(t, ordinary{}, func(r *rig) {
		r.conn.Send([]byte("hello"))
		_ = r.worker.Recv(r.sock, &r.recv)
		e := r.get(1)[0]
		if e.Overlapped != &r.recv || string(e.Data) != "hello" || e.Transferred != 5 {
			t.Errorf("received %+v", e)
		}
		buf := []byte("xello")
		_ = r.worker.Send(r.sock, buf, &r.send)
		buf[0] = 'h' // the buffer is the port's until the completion reads it
		if sent := r.get(1)[0]; sent.Transferred != 5 || r.got != "hello" {
			t.Errorf("sent %+v, the client got %q", sent, r.got)
		}
		if string(e.Data) == "hello" {
			t.Error("received data outlived the next Get")
		}
		_ = r.worker.Recv(r.sock, &r.recv)
		r.conn.SendFin()
		if e := r.get(1)[0]; e.Transferred != 0 || e.Err != nil {
			t.Errorf("after a FIN: %+v", e)
		}
	})
	if broken != "" {
		t.Error(broken)
	}
}

func TestWhatIsPendingCompletes(t *testing.T) {
	ends := map[string]struct {
		end   func(r *rig)
		class iocp.Class
	}{
		"cancel": {func(r *rig) { r.p.Cancel(r.sock) }, iocp.ClassCanceled},
		"reset":  {func(r *rig) { r.conn.SendReset() }, iocp.ClassReset},
	}
	for name, c := range ends {
		broken := onRig(t, ordinary{}, func(r *rig) {
			r.conn.SetMute(true)
			_ = r.worker.Recv(r.sock, &r.recv)
			_ = r.worker.Send(r.sock, []byte("never read"), &r.send)
			if e := r.get(1)[0]; e.Transferred != muteWindow {
				t.Errorf("towards a mute client: %+v", e)
			}
			_ = r.worker.Send(r.sock, []byte("r read"), &r.send)
			c.end(r)
			for range 2 {
				if e := r.get(1)[0]; e.Transferred != 0 || iocp.Classify(e.Err) != c.class {
					t.Errorf("%s: %+v", name, e)
				}
			}
			r.p.Close(r.sock)
			if err := r.worker.Recv(r.sock, &r.recv); err == nil {
				t.Error("a post on a closed handle")
			}
		})
		if broken != "" {
			t.Errorf("%s: %s", name, broken)
		}
	}
}

func TestBreachesAreNamed(t *testing.T) {
	cases := map[string]func(r *rig){
		"two receives": func(r *rig) {
			_ = r.p.Recv(r.sock, &r.recv)
			_ = r.p.Recv(r.sock, &r.recv)
		},
		"two sends": func(r *rig) {
			_ = r.p.Send(r.sock, []byte("a"), &r.send)
			_ = r.p.Send(r.sock, []byte("b"), &r.send)
		},
		"another session's socket": func(r *rig) {
			_ = r.p.Recv(r.sock, &r.recv)
			r.send.Key = 2
			_ = r.p.Send(r.sock, []byte("a"), &r.send)
		},
		"(C6)": func(r *rig) {
			_ = r.p.Recv(r.sock, &r.recv)
			r.p.Close(r.sock)
		},
		"not open":         func(r *rig) { r.p.Close(r.sock); r.p.Close(r.sock) },
		"no order to stop": func(r *rig) { _ = r.p.Post(&r.recv) },
	}
	for want, breach := range cases {
		if got := onRig(t, ordinary{}, breach); !strings.Contains(got, want) {
			t.Errorf("broken by %q, want %q", got, want)
		}
	}
}

func TestAWorkerIsItsOwnersAlone(t *testing.T) {
	for _, post := range []func(r *rig) error{
		func(r *rig) error { return r.worker.Recv(r.sock, &r.recv) },
		func(r *rig) error { return r.worker.Send(r.sock, []byte("x"), &r.send) },
		func(r *rig) error { return r.worker.Accept(listenerHandle, &r.accept) },
	} {
		broken := onRig(t, ordinary{}, func(*rig) {}, func(r *rig) { _ = post(r) })
		if !strings.Contains(broken, "(C8)") {
			t.Errorf("broken by %q", broken)
		}
	}
}

func TestASocketBelongsToItsFirstOwner(t *testing.T) {
	broken := onRig(t, ordinary{}, func(r *rig) {
		r.p.Own(r.sock, 2)
		_ = r.p.Recv(r.sock, &r.recv)
	})
	if !strings.Contains(broken, "another session's") {
		t.Errorf("broken by %q", broken)
	}
}

func TestHandleValuesComeBack(t *testing.T) {
	for _, last := range []bool{false, true} {
		broken := onRig(t, ordinary{}, func(r *rig) {
			r.p.LastFirst = last
			socks := []iocp.Socket{r.sock}
			for range 2 {
				r.p.Dial()
				_ = r.p.Accept(listenerHandle, &r.accept)
				socks = append(socks, r.get(1)[0].Socket)
			}
			r.p.Close(socks[0])
			r.p.Close(socks[2])
			r.p.Dial()
			_ = r.p.Accept(listenerHandle, &r.accept)
			want := socks[0]
			if last {
				want = socks[2]
			}
			if again := r.get(1)[0].Socket; again != want {
				t.Errorf("last %v: handle %d, want %d of %v", last, again, want, socks)
			}
		})
		if broken != "" {
			t.Error(broken)
		}
	}
}

func TestAnOrderToStopEndsTheBatch(t *testing.T) {
	broken := onRig(t, ordinary{}, func(r *rig) {
		_ = r.p.Post(nil)
		_ = r.p.Post(nil)
		_ = r.worker.Recv(r.sock, &r.recv)
		r.conn.SendFin()
		if batch := r.get(3); len(batch) != 2 || batch[1].Overlapped != nil {
			t.Errorf("%+v", batch)
		}
		if batch := r.get(3); len(batch) != 1 || batch[0].Overlapped != nil {
			t.Errorf("%+v", batch)
		}
	})
	if broken != "" {
		t.Error(broken)
	}
}

// An operation completes before the post returns in one of all runs, and after it in another.
func TestACompletionMayBeBeforeThePostReturns(t *testing.T) {
	e, before, after := &Exhaust{Preemptions: 2}, 0, 0
	for more := true; more; more = e.Advance() {
		returned := false
		e.Begin()
		broken := onRig(t, e, func(r *rig) {
			_ = r.p.Send(r.sock, []byte("x"), &r.send)
			returned = true
		}, func(r *rig) {
			r.get(1)
			if returned {
				after++
			} else {
				before++
			}
		})
		if broken != "" {
			t.Fatal(broken)
		}
	}
	if before == 0 || after == 0 {
		t.Errorf("before %d, after %d", before, after)
	}
}

// rarely is a chooser for which the unusual is usual.
type rarely struct{ ordinary }

func (rarely) Rare() bool { return true }

func TestRareEvents(t *testing.T) {
	broken := onRig(t, ordinary{}, func(r *rig) {
		r.conn.Send([]byte("hello"))
		_ = r.p.Recv(r.sock, &r.recv)
		r.w.chooser = rarely{}
		err := r.p.Send(r.sock, []byte("x"), &r.send)
		if err == nil || !r.conn.PostFault {
			t.Errorf("a post made to fail: %v", err)
		}
		if e := r.get(1)[0]; e.Transferred != 1 {
			t.Errorf("a short receive: %+v", e)
		}
		r.w.chooser = ordinary{}
		_ = r.p.Send(r.sock, []byte("xyz"), &r.send)
		r.w.chooser = rarely{}
		if e := r.get(1)[0]; e.Transferred != 1 || r.got != "x" {
			t.Errorf("a short send: %+v", e)
		}
		r.p.Dial()
		r.w.chooser = ordinary{}
		_ = r.p.Accept(listenerHandle, &r.accept)
		r.w.chooser = rarely{}
		if e := r.get(1)[0]; e.Socket != iocp.InvalidSocket || !iocp.Classify(e.Err).Local() {
			t.Errorf("an accept without descriptors: %+v", e)
		}
	})
	if broken != "" {
		t.Error(broken)
	}
}
