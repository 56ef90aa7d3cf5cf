package dummy

import (
	"testing"
	"time"

	"dummyload/monitor"
)

// TestPaceIsKept: however many there are, and however fast the server, no more is sent and no more
// is dialed than the time that went by allows.
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
	if most := turns*stormDials + 2*32; h.Connected > most {
		t.Errorf("%d connections in %d turns, want %d at most", h.Connected, turns, most)
	}
	storm := uint64(8+cfg.SizeMax) * h.Connected // the frames of RSTStorm
	if most := turns*floodPieces*piece + storm; h.BytesSent > most {
		t.Errorf("%d bytes in %d turns, want %d at most", h.BytesSent, turns, most)
	}
}

// TestTurnsMadeUpFor: a busy machine is made up for a little, and never by a burst.
func TestTurnsMadeUpFor(t *testing.T) {
	m := &mob{all: make([]hostile, 100)}
	for slot := range m.all {
		m.storm.push(uint32(slot))
	}
	for _, c := range []struct {
		now  time.Duration
		want int // dials so far
	}{
		{0, stormDials},
		{paceEvery, 2 * stormDials},
		{4*paceEvery + paceEvery/2, 5 * stormDials},
		{5 * paceEvery, 6 * stormDials},
		{time.Second, (6 + lateMost) * stormDials},
		{time.Second + paceEvery, (7 + lateMost) * stormDials},
	} {
		if m.now = c.now; m.now >= m.paceAt {
			m.pace()
		}
		if m.dials.n != c.want || m.paceAt <= m.now {
			t.Errorf("at %v: %d dialed, want %d; next at %v", c.now, m.dials.n, c.want, m.paceAt)
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
	m.push(Flood, 2)
	if m.pushers[Flood].n != 3 || m.all[1].pushing || !m.all[0].pushing || m.all[0].may != 0 {
		t.Errorf("%d in the queue: %+v", m.pushers[Flood].n, m.all)
	}
}
