package dummy

import (
	"testing"
	"time"

	"dummyload/monitor"
)

// TestPaceIsKept: however many there are, and however fast the server, no more is sent and dialed, all
// manners together, than the time that went by allows.
func TestPaceIsKept(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.Clients = 32
	cfg.Hostile = []Hostile{{Flood, 1}, {RSTStorm, 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	began := time.Now()
	must(t, f.Start())
	var h monitor.Hostile
	until(t, f, "flood and storm", func(s *monitor.Snapshot) bool {
		h = *s.Hostile
		return h.BytesReceived > 8<<20 && h.Connected > 300
	})
	turns := uint64(time.Since(began)/paceEvery) + lateMost + 1
	pushed := h.BytesSent - uint64(8+cfg.SizeMax)*h.Connected // less the frames of RSTStorm
	if taken := h.Connected + pushed/(floodPieces*piece); taken > turns {
		t.Errorf("%d connections and %d bytes are %d turns, there were %d", h.Connected, pushed, taken,
			turns)
	}
}

// TestTurnsMadeUpFor: a busy machine is made up for a little, and never by a burst.
func TestTurnsMadeUpFor(t *testing.T) {
	m := &mob{}
	for _, c := range []struct {
		now  time.Duration
		want int
	}{
		{0, 1},
		{paceEvery / 2, 0},
		{paceEvery, 1},
		{4*paceEvery + paceEvery/2, 3},
		{5 * paceEvery, 1},
		{time.Second, lateMost},
		{time.Second + paceEvery/2, 0},
		{time.Second + paceEvery, 1},
	} {
		if m.now = c.now; m.turns() != c.want || m.paceAt <= m.now {
			t.Errorf("at %v: not %d, or next at %v", c.now, c.want, m.paceAt)
		}
	}
}

// TestPushesInTurn: who has a send in flight gets nothing, who has gone leaves the queue.
func TestPushesInTurn(t *testing.T) {
	m := &mob{all: make([]hostile, 4)}
	for slot := range m.all {
		h := &m.all[slot]
		h.slot, h.manner, h.state, h.sending = uint32(slot), Flood, up, true
		m.pushOn(h)
		m.pushOn(h) // is in the queue already
	}
	m.all[1].state = down
	if m.push(Flood, 2) {
		t.Error("somebody got a piece, though all have one that was not taken yet")
	}
	if m.pushers[Flood].n != 3 || m.all[1].pushing || !m.all[0].pushing || m.all[0].may != 0 {
		t.Errorf("%d in the queue: %+v", m.pushers[Flood].n, m.all)
	}
}
