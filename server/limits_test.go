package server

import (
	"net"
	"strings"
	"testing"
	"time"

	"dummyload/server/iocp"
)

// fill has a session hold about so many bytes in SendQ: its peer reads nothing.
func fill(t *testing.T, p *scripted, w *worker, s *session, bytes int) {
	t.Helper()
	for n := 0; n < bytes && !s.ended(); n += 1 << 14 {
		p.turn(w, received(s, strings.Repeat("x", 1<<14)))
	}
}

// Those that hold the most go first, as many as must, and once: what they hold comes back with their
// last completions only, and until then nobody else is disconnected for it.
func TestR15TheGreediestGoFirstWhenAllHoldTooMuch(t *testing.T) {
	p, w := script(t, Config{Memory: 8 << 20})
	var all []*session
	for i := range 40 {
		s := p.accepted(w, iocp.Socket(5+i))
		all = append(all, s)
		fill(t, p, w, s, 1<<14)
	}
	greedy, greediest := all[7], all[23]
	fill(t, p, w, greedy, 1<<20)
	fill(t, p, w, greediest, 5<<20)
	if !greediest.ended() || greediest.end.why() != MemoryFull {
		t.Fatalf("the greediest holds %d bytes of %d: %v", greediest.held(), p.srv.budget.Used(),
			greediest.end.why())
	}
	p.turn(w) // nothing comes back yet
	p.turn(w)
	for i, s := range all {
		if s.ended() && s != greediest {
			t.Errorf("session %d was disconnected as well: %v", i, s.end.why())
		}
	}
	p.turn(w, sent(greediest, 0), received(greediest, "")) // its last completions
	if used := p.srv.budget.Used(); used > p.srv.budget.High() || used < 1<<20 {
		t.Errorf("%d bytes are counted after that", used)
	}
	fill(t, p, w, greedy, 5<<20)
	if greedy.end.why() != MemoryFull {
		t.Errorf("the next: %v, with %d bytes counted", greedy.end.why(), p.srv.budget.Used())
	}
}

// Of many that hold the same, as many go as must, and not all.
func TestR15OfManyWhoHoldTheSameSomeGo(t *testing.T) {
	p, w := script(t, Config{Memory: 1 << 20})
	for i := range 100 {
		fill(t, p, w, p.accepted(w, iocp.Socket(5+i)), 1<<14)
	}
	ended := 0
	for index := range p.srv.table.used() {
		if p.srv.table.at(index).ended() {
			ended++
		}
	}
	if ended < 30 || ended > 75 { // 60 are above the budget
		t.Errorf("%d of 100 were disconnected", ended)
	}
}

// Whatever is taken is counted once and given back once: SendQ, parts of frames, opened packets, and all
// of them when the session ends with them.
func TestTheBudgetIsZeroWhenAllHaveLeft(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, cfg.Frame = range every {
			f := cfg.Frame
			srv := start(t, cfg)
			for range 10 {
				conn := srv.dial()
				logIn(t, f, conn)
				echo(t, f, conn, 0, "one, and more", strings.Repeat("two", 1000))
				half := asked(f, strings.Repeat("half", 500))
				if _, err := conn.Write(half[:1000]); err != nil {
					t.Fatal(err)
				}
				conn.Close()
			}
			srv.gone()
			audit := srv.stop(patience)
			left := srv.budget.Used() // and what the workers' pools have not counted yet
			for _, w := range srv.workers {
				left += w.blocks.Uncounted()
			}
			if left != 0 || audit.Accepted != 10 {
				t.Errorf("%v: %d bytes are held by nobody\n%v", f, left, audit)
			}
		}
	})
}

func TestR15TheClockEndsWhoIsIdleAndHalfFrames(t *testing.T) {
	const idle, half = 4, 2
	p, w := script(t, Config{Frame: len16, IdleTimeout: time.Second, FrameTimeout: time.Second})
	busy, lazy, slow := p.accepted(w, 5), p.accepted(w, 6), p.accepted(w, 7)
	p.calls = nil
	p.turn(w, received(slow, "\x09\x00a"))
	for tick := range 6 {
		p.srv.sweep(idle, half)
		switch {
		case tick < half && slow.ended():
			t.Fatalf("half a frame was given %d ticks", tick)
		case tick < idle && lazy.ended():
			t.Fatalf("an idle session was given %d ticks", tick)
		case tick < half: // a byte now and then does not make it whole
			p.turn(w, received(slow, "b"))
		}
		p.turn(w, received(busy, "\x01\x00x"), received(busy, "\x09\x00y"),
			received(busy, "12345678")) // half a frame, whole at once
	}
	if busy.ended() || lazy.end.why() != IdleTimeout || slow.end.why() != FrameTimeout {
		t.Errorf("busy %v, idle %v, half a frame %v", busy.end.why(), lazy.end.why(),
			slow.end.why())
	}
}

// A session that begins while the sweeper looks does not end for its slot's last one.
func TestR12TheSweeperLooksAgainOnceItHolds(t *testing.T) {
	p, w := script(t, Config{IdleTimeout: time.Second})
	old := p.accepted(w, 5)
	for range 10 {
		p.srv.sweep(20, 0)
	}
	p.turn(w, received(old, ""))
	fresh := p.accepted(w, 6)
	if fresh != old {
		t.Fatal("the slot was not used again")
	}
	if p.srv.sweep(5, 0); fresh.ended() {
		t.Errorf("%v", fresh.end.why())
	}
	id := fresh.id.load()
	err := p.srv.others.disconnectIf(id, IdleTimeout, func(*session) bool { return false })
	if err != nil || fresh.ended() || fresh.io.load().count() != 1 {
		t.Errorf("%v, ended %v, IOCount %d", err, fresh.ended(), fresh.io.load().count())
	}
}

// With real ports and a real clock: both are disconnected by name, and who speaks is not.
func TestTheTimeoutsHoldOnEveryBackend(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Frame = len16
		cfg.IdleTimeout, cfg.FrameTimeout = 400*time.Millisecond, 100*time.Millisecond
		srv := start(t, cfg)
		idle, half := srv.dial(), srv.dial()
		if _, err := half.Write([]byte{5}); err != nil {
			t.Fatal(err)
		}
		for _, conn := range []net.Conn{half, idle} {
			if n := ended(t, conn); n != 0 {
				t.Errorf("%d bytes from nowhere", n)
			}
		}
		srv.gone()
		audit := srv.stop(patience)
		if audit.Reasons["idle_timeout"] != 1 || audit.Reasons["frame_timeout"] != 1 {
			t.Errorf("%v", audit)
		}
	})
}

func TestPaceOfTheSweeper(t *testing.T) {
	for _, c := range []struct{ idle, frame, pace time.Duration }{
		{0, 0, 0},
		{0, 30 * time.Second, time.Second},
		{800 * time.Millisecond, 30 * time.Second, 100 * time.Millisecond},
		{time.Millisecond, 0, time.Millisecond},
	} {
		if pace := (Config{IdleTimeout: c.idle, FrameTimeout: c.frame}).pace(); pace != c.pace {
			t.Errorf("%v and %v: %v, want %v", c.idle, c.frame, pace, c.pace)
		}
	}
}
