package dummy

import (
	"slices"
	"testing"
	"time"

	"dummyload/dummy/conn"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// game is a frame with a session in which both sides speak twice, a heartbeat and notices.
const game = `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
request: {body: [{type: u2le, contents: 5000}, {type: u4le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u4le, value: client}, {id: payload}]}
session:
  - expect: {body: [{type: u2le, contents: 1000}]}
  - send: {body: [{type: u2le, contents: 1001}, {type: u4le, value: client}]}
  - expect: {body: [{type: u2le, contents: 1002}, {size: 1, any: true}]}
  - send: {body: [{type: u2le, contents: 1003}, {id: n, type: u4le, value: sequence, counts: packets}]}
heartbeat: {every: 2s, send: {body: [{type: u2le, contents: 5002}, {type: u4le, value: sequence, counts: packets}]}}
ignore: [{body: [{type: u2le, contents: 6000}, {rest: any}]}]
`

// player is one dummy of the game, by hand.
type player struct {
	t *testing.T
	f *frame.Format
	w *worker
	p *nullPort
	d *dummy
}

func newPlayer(t *testing.T) *player {
	f, err := frame.Parse("game", game)
	must(t, err)
	w, p := byHand(t, Config{Clients: 1, OverSend: 2, Frame: f, SizeMin: 16})
	return &player{t, f, w, p, w.at(0)}
}

// says has the server say bodies, each in a frame.
func (g *player) says(bodies ...string) {
	var data []byte
	for _, b := range bodies {
		data = g.f.AppendPacket(data, []byte(b), 0)
	}
	g.w.engine.Complete(g.p.received(g.d, data))
	g.w.engine.Advance()
}

// sent takes what the dummy has sent since the last time, as packets, and completes its sends.
func (g *player) sent() (packets []string) {
	var all []byte
	for len(g.p.sends) > 0 {
		s := g.p.sends[0]
		g.p.sends = g.p.sends[1:]
		all = append(all, s.buf...)
		g.w.engine.Complete(&iocp.Entry{Overlapped: s.ov, Transferred: len(s.buf)})
	}
	for len(all) > 0 {
		whole, rest, ok, err := g.f.Next(all)
		if err != nil || !ok {
			g.t.Fatalf("sent % x: %v", all, err)
		}
		packet, _ := g.f.Packet(nil, whole)
		packets, all = append(packets, string(packet)), rest
	}
	return packets
}

func (g *player) wants(state conn.State, sent ...string) {
	g.t.Helper()
	if got := g.sent(); !slices.Equal(got, sent) || g.d.State() != state {
		g.t.Fatalf("%v, sent %q; want %v, %q", g.d.State(), got, state, sent)
	}
}

// login goes through the session.
func (g *player) login() {
	g.t.Helper()
	g.wants(conn.Greeting)
	g.says("\xe8\x03")
	g.wants(conn.Greeting, "\xe9\x03\x00\x00\x00\x00")
	g.says("\xea\x03\x01")
	g.wants(conn.Up, "\xeb\x03\x02\x00\x00\x00")
}

const notice = "\x70\x17 server closes at noon"

// TestSession: each step is sent when what stands before it has come, once, and echoes only after all.
func TestSession(t *testing.T) {
	g := newPlayer(t)
	g.w.start(0, never)
	g.says(notice)
	g.wants(conn.Greeting)
	g.says("\xe8\x03")
	g.wants(conn.Greeting, "\xe9\x03\x00\x00\x00\x00")
	g.says("\xea\x03\x00")
	got := g.sent()
	if len(got) != 3 || got[0] != "\xeb\x03\x02\x00\x00\x00" || len(got[1]) != 6+16 {
		t.Fatalf("%q", got)
	}
	echoes := got[1:]
	g.says("\x89\x13"+echoes[0][2:], notice, "\x89\x13"+echoes[1][2:])
	c := &g.w.count
	if want := (monitor.Packets{Session: 2, Ignored: 2}); c.Packets != want || c.Ledger.Echoed != 2 ||
		c.Faults != (monitor.FaultCounts{}) {
		t.Errorf("%+v, %+v, %v", c.Packets, c.Ledger, c.Faults)
	}
}

// TestEachStepHasItsTime: what does not come within the connect timeout of its step is told once, and the
// dummy goes on.
func TestEachStepHasItsTime(t *testing.T) {
	for steps := range 2 {
		g := newPlayer(t)
		timeout := g.w.fleet.cfg.ConnectTimeout
		if steps == 1 {
			g.says("\xe8\x03")
		}
		until := timeout * time.Duration(1+steps)
		for at := until - scanEvery; at <= until+2*scanEvery; at += scanEvery {
			turn(g.w, g.p, at, false)
			if late := at > until; late != (g.d.State() == conn.Up) {
				t.Fatalf("%d steps came: %v at %v", steps, g.d.State(), at)
			}
		}
		if n := g.w.count.Faults[monitor.LoginMissing]; n != 1 {
			t.Errorf("%d steps came: %d", steps, n)
		}
	}
}

// TestHeartbeat: it goes out in every state that can carry it, behind a send that is in flight, and is in
// no ledger. It ends with the connection, and goes on with the next.
func TestHeartbeat(t *testing.T) {
	beat := func(n byte) string { return "\x8a\x13" + string([]byte{n, 0, 0, 0}) }
	g := newPlayer(t)
	turn(g.w, g.p, 2*time.Second, false)
	g.wants(conn.Greeting) // before the session is over there is none
	g.login()
	turn(g.w, g.p, 4*time.Second-1, false)
	g.wants(conn.Up)
	turn(g.w, g.p, 4*time.Second, false)
	g.wants(conn.Up, beat(3))
	g.w.start(g.w.now(), never)
	turn(g.w, g.p, 5*time.Second, false)
	g.w.stop() // two echoes are owed
	turn(g.w, g.p, 6*time.Second, false)
	if got := g.sent(); len(got) != 3 || got[2] != beat(6) {
		t.Fatalf("behind the echoes: %q", got)
	}
	turn(g.w, g.p, 8*time.Second, false)
	g.wants(conn.Up, beat(7))
	if l := g.w.count.Ledger; l.Sent != 2 || g.w.count.Packets.Heartbeats != 3 {
		t.Errorf("%+v, %+v", l, g.w.count.Packets)
	}
	g.w.closeOwn(g.d, CloseFIN, 0)
	turn(g.w, g.p, 10*time.Second, false)
	g.wants(conn.Closing) // nothing after the FIN
	g.w.engine.Complete(g.p.received(g.d, nil))
	g.w.engine.Advance()
	for _, ov := range g.p.connects {
		g.w.engine.Complete(&iocp.Entry{Overlapped: ov})
	}
	g.login()
	turn(g.w, g.p, 12*time.Second, false)
	g.wants(conn.Up, beat(3))
}

// TestNoticesAreNoJunk: a server may say more that is ignored than a connection may bring that is not.
func TestNoticesAreNoJunk(t *testing.T) {
	g := newPlayer(t)
	g.login()
	for range 2*junkMost/50_000 + 1 {
		g.says("\x70\x17" + string(make([]byte, 50_000)))
	}
	g.wants(conn.Up)
	for range 2*junkMost/50_000 + 1 {
		if g.d.State() == conn.Up {
			g.says("\x71\x17" + string(make([]byte, 50_000)))
		}
	}
	if g.d.State() == conn.Up {
		t.Error("junk is taken for ever")
	}
}
