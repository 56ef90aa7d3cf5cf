package verify

import (
	"testing"
	"time"

	"dummyload/server/frame"
)

// TestTheSearchForOwnersHasABudget: beyond it a stranger's frame of long ago is corrupt, and once time
// has gone by it is crossed again.
func TestTheSearchForOwnersHasABudget(t *testing.T) {
	p := NewPattern(7, frame.Line, 8, 8)
	v := New(p, false, rosterOf{conn: 5, sent: 1 << 25}, nil)
	old := p.appendPayload(nil, p.message(Ident{2, 3}, 1<<20), 0, 8)
	find := func() bool { return Judgement{v, Ident{1, 1}, 1}.owner(old, true).Conn == 3 }
	if !find() {
		t.Fatal("the owner is not found")
	}
	for range maxTries {
		find()
	}
	if find() || v.tries != 0 {
		t.Errorf("found with %d tries left", v.tries)
	}
	if v.Elapsed(time.Minute); v.tries != maxTries || !find() {
		t.Errorf("not found again, %d tries left", v.tries)
	}
}

type rosterOf struct {
	conn uint32
	sent uint64
}

func (r rosterOf) Current(uint32) (uint32, uint64) { return r.conn, r.sent }
