package iocp

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
)

// resetPeers leaves n connections in a listener's queue that their peers have reset.
func resetPeers(t *testing.T, at netip.AddrPort, n int) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}

// TestTheDeadDoNotWaitBehindAccepts: of a storm of connects and resets few dead connections are
// open at a time, however many accepts are pending. Nothing here depends on how fast anything is:
// the whole storm waits before the worker looks.
func TestTheDeadDoNotWaitBehindAccepts(t *testing.T) {
	for _, name := range []string{"uring", "epoll"} {
		t.Run(name, func(t *testing.T) { stormOfResets(t, name) })
	}
}

func stormOfResets(t *testing.T, backend string) {
	const storm, accepts, most = 1000, 64, 32
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := New(Config{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	ln, at, err := p.Listen(loopback, 4096)
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.Worker()
	if err != nil {
		t.Fatal(err)
	}
	resetPeers(t, at, storm)
	pending, recvs := make([]Overlapped, accepts), make([]Overlapped, storm)
	for i := range pending {
		_ = w.Accept(ln, &pending[i])
	}
	accepted, open, peak := 0, map[Socket]bool{}, 0
	batch := make([]Entry, 128)
	for closed := 0; closed < storm; {
		n, err := w.Get(batch, patience)
		if err != nil || n == 0 {
			t.Fatalf("%d accepted, %d closed, then %d completions, %v", accepted, closed, n, err)
		}
		for _, e := range batch[:n] {
			switch {
			case e.Overlapped.Op == OpAccept && e.Err == nil:
				open[e.Socket] = true
				_ = p.Recv(e.Socket, &recvs[accepted]) // by way of the port, as the server does
				accepted++
				_ = w.Accept(ln, e.Overlapped)
			case e.Overlapped.Op == OpRecv && e.Transferred == 0:
				p.Close(e.Overlapped.sock)
				delete(open, e.Overlapped.sock)
				closed++
			default:
				t.Fatalf("op %d, %d bytes: %v", e.Overlapped.Op, e.Transferred, e.Err)
			}
		}
		peak = max(peak, len(open))
	}
	if peak > most {
		t.Errorf("%d dead connections were open at a time, want at most %d", peak, most)
	}
	t.Logf("at most %d open", peak)
	p.Cancel(ln)
	for ended := 0; ended < accepts; {
		n, err := w.Get(batch, patience)
		if err != nil || n == 0 {
			t.Fatalf("%d of %d accepts ended: %v", ended, accepts, err)
		}
		ended += n
	}
	p.Close(ln)
	_ = w.Close()
	if err := p.CloseHandle(); err != nil {
		t.Error(err)
	}
}

// TestUringAcceptsAreHeldBackForAnotherWorker: what is accepted faster than another worker can see to
// it would pile up in its inbox; but one that is stuck for good does not end the accepting.
func TestUringAcceptsAreHeldBackForAnotherWorker(t *testing.T) {
	withUring(t, Config{Workers: 2}, setupCoopTaskrun, defaultRing, func(r *uringRig) {
		other, ovs := &r.p.inboxes[1], make([]Overlapped, farBehind+1)
		for i := range ovs {
			if r.w.holdsBack() {
				r.Fatalf("held back for %d operations", i)
			}
			if err := other.push(&ovs[i]); err != nil {
				r.Fatal(err)
			}
		}
		var accept Overlapped
		_ = r.w.Accept(r.ln, &accept)
		r.w.beginAccepts()
		if r.w.accepts.head != &accept {
			r.Fatal("an accept was begun while another worker is behind")
		}
		if n, err := r.w.Get(r.batch, 3*heldBackPause); n != 0 || err != nil {
			r.Fatalf("%d completions, %v", n, err)
		}
		r.w.heldBack = r.w.heldBack.Add(-mostHeldBack)
		r.w.beginAccepts()
		if r.w.accepts.head != nil {
			r.Error("no accept was begun after so long")
		}
		if other.take() == nil || r.w.holdsBack() {
			r.Error("held back for a worker that has caught up")
		}
		r.p.Cancel(r.ln)
		r.one(&accept)
	})
}
