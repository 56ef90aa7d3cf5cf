package hostile

import (
	"testing"
	"time"

	"dummyload/dummy/conn"
)

// TestPaceIsKept: all kinds together send and dial no more than the time allows, however many they
// are, and however fast the server is.
func TestPaceIsKept(t *testing.T) {
	began := time.Now()
	crowd := against(t, echoAll, func(c *Config) { c.Clients = 32 }, Group{Flood, 1}, Group{RSTStorm, 1})
	untilLong(t, crowd, func() bool {
		h := crowd.Totals()
		return h.BytesReceived > 8<<20 && h.Connected > 300
	})
	h := crowd.Totals()
	turns := uint64(time.Since(began)/paceEvery) + lateMost + 1
	pushed := h.BytesSent - uint64(8+crowd.cfg.SizeMax)*h.Connected // less the frames of RSTStorm
	if taken := h.Connected + pushed/(floodPieces*piece); taken > turns {
		t.Errorf("%d connections and %d bytes are %d turns, there were %d", h.Connected, pushed, taken,
			turns)
	}
}

// TestTurnsMadeUpFor: after a busy time of the machine, a few turns are made up for, and never a burst.
func TestTurnsMadeUpFor(t *testing.T) {
	c := &Crowd{}
	for _, at := range []struct {
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
		if got := c.turns(at.now); got != at.want || c.paceAt <= at.now {
			t.Errorf("at %v: %d turns, want %d, next at %v", at.now, got, at.want, c.paceAt)
		}
	}
}

// TestWhoIsGoneLeavesTheQueue: and nobody is in it twice.
func TestWhoIsGoneLeavesTheQueue(t *testing.T) {
	c := &Crowd{all: make([]client, 4)}
	for i := range c.all {
		h := &c.all[i]
		h.Init(uint32(i), uint32(i))
		h.kind = Flood
		c.pushOn(h)
		c.pushOn(h)
	}
	if c.pushers[Flood].Len() != 4 {
		t.Errorf("%d in the queue, want 4", c.pushers[Flood].Len())
	}
	if c.push(Flood, 2) { // all are down
		t.Error("somebody got a piece that is not connected")
	}
	if c.pushers[Flood].Len() != 0 || c.all[1].pushing || c.all[0].State() != conn.Down {
		t.Errorf("%d in the queue: %+v", c.pushers[Flood].Len(), c.all)
	}
}
