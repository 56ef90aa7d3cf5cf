package verify

import (
	"fmt"
	"testing"
	"time"
)

// TestTheSearchForOwnersHasABudget: when it is used up, another dummy's old frame counts as corrupt;
// when time has gone by, such a frame is crossed again.
func TestTheSearchForOwnersHasABudget(t *testing.T) {
	p := NewPattern(7, line, 8, 8)
	v := New(p, rosterOf{conn: 5, sent: 1 << 25}, nil)
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
	v.Elapsed(time.Minute)
	if v.Elapsed(time.Minute); v.tries != maxTries || !find() {
		t.Errorf("not found again, %d tries left", v.tries)
	}
}

type rosterOf struct {
	conn uint32
	sent uint64
}

func (r rosterOf) Current(uint32) (uint32, uint64) { return r.conn, r.sent }

// TestMemoryIsBounded: a verifier of many streams, all of which a server has brought out of step,
// keeps as much at rest as its limits say, and a stream that has ended keeps nothing.
func TestMemoryIsBounded(t *testing.T) {
	for _, f := range formats {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			p := NewPattern(1, f, 8, 1<<9)
			v := New(p, testRoster{}, discard{})
			streams := make([]Stream, 2*maxRestingTails)
			for round := range 3 {
				for i := range streams {
					st := &streams[i]
					st.Begin(v)
					j := Judgement{v, Ident{uint32(i), 1}, 4}
					second := p.answerTo(nil, j.Ident, 2) // overtakes the first
					st.Feed(j, second)
					st.Feed(j, p.answerTo(nil, Ident{uint32(i), 9}, 3)[:5+round])
					if st.tail == nil || cap(st.tail.buf) > 2*v.limit+64 {
						t.Fatalf("stream %d holds %+v", i, st.tail)
					}
				}
				for i := range streams {
					if streams[i].Begin(v); streams[i].tail != nil {
						t.Fatalf("stream %d keeps its tail", i)
					}
				}
				if len(v.bufs) > maxRestingBufs || len(v.tails) > maxRestingTails {
					t.Fatalf("%d buffers and %d tails at rest", len(v.bufs), len(v.tails))
				}
				for _, b := range v.bufs {
					if cap(b) > maxRestingBuf {
						t.Fatalf("a buffer of %d bytes at rest", cap(b))
					}
				}
			}
		})
	}
}

// TestLongBuffersAreNotKept: what one stream needed beyond the others does not stay.
func TestLongBuffersAreNotKept(t *testing.T) {
	v := New(NewPattern(1, len32, 1<<17, 1<<17), testRoster{}, discard{})
	var st Stream
	st.Begin(v)
	const sent = 4 * maxLostSpans
	j := Judgement{v, me, sent}
	for seq := uint64(2); seq <= sent; seq += 2 { // each overtakes the one before
		st.Feed(j, v.p.answerTo(nil, me, seq))
	}
	damaged := v.p.answerTo(nil, me, 1)
	damaged[4] ^= 1
	st.Feed(j, damaged[:len(damaged)-1])
	if len(st.tail.gap) != sent/2 || len(st.tail.buf) <= maxRestingBuf {
		t.Fatalf("%d gaps and %d bytes: that is not long", len(st.tail.gap), len(st.tail.buf))
	}
	v.bufs, v.tails = nil, nil
	if st.Begin(v); len(v.bufs) != 0 || len(v.tails) != 0 {
		t.Errorf("%d buffers and %d tails are kept", len(v.bufs), len(v.tails))
	}
}
