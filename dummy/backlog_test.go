package dummy

import (
	"testing"
	"time"
)

func TestBacklogIsFullWhileSYNsAreLost(t *testing.T) {
	const s = time.Second
	var b backlog
	if b.connected(0, s/2); b.wasFull(s / 4) {
		t.Error("a slow connect is no lost SYN")
	}
	b.connected(2*s, 3*s)
	b.connected(5*s/2, 7*s/2) // of the same storm
	for at, full := range map[time.Duration]bool{
		s: false, 2*s - s/20: true, 2 * s: true, 13 * s / 4: true, 7*s/2 + s/20: true, 4 * s: false,
	} {
		if b.wasFull(at) != full {
			t.Errorf("at %v: full %v, want %v", at, !full, full)
		}
	}
	if b.connected(10*s, 11*s); b.wasFull(3*s) || !b.wasFull(10*s) {
		t.Error("a later storm does not replace the earlier one")
	}
}
