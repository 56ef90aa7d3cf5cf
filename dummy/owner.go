package dummy

import (
	"encoding/binary"
	"time"
)

// roster tells the present connection of any dummy. Faults alone ask for it, from any worker.
type roster interface {
	// current is the dummy's present connection (0: never connected, or no such dummy), known
	// here before its first byte is sent, and roughly how many echoes were sent on it.
	current(client uint32) (conn uint32, sent uint64)
}

// echo names one echo; the zero value names none.
type echo struct {
	ident
	seq  uint64
	size int // of its payload
}

// maxOwnerSeq bounds the search for the high bits of another connection's sequence.
const maxOwnerSeq = 1 << 26

// maxTries is how many sequences are tried for owners in a second. A text frame takes up to 4,096
// of them, at some 50 ns each. A server that sends thousands of wrong ones must not keep its tester
// busy: beyond that the owner of a wrong frame stays unknown, and it counts as corrupt.
const maxTries = 1 << 19

// mayTry lets the owner of wrong frames be looked for again as time goes by.
func (v *verifier) mayTry(elapsed time.Duration) {
	more := int(min(elapsed, time.Second)) * maxTries / int(time.Second)
	v.tries = min(v.tries+more, maxTries)
}

// owner finds whose payload b is: opened, plausible, and then verified by recomputing it. With
// exact b is a whole payload; without, it is the beginning of a stream, and it is enough that
// the payload and b agree as far as both go. b has at least MinSize bytes.
//
// A payload damaged within its first word is given to a wrong owner when the garbage it opens
// to is plausible: this run, a dummy there is, one of its last 2^(connBits-4) connections. That
// is 2^-(runBits+4) · dummies/2^20, or 1.5e-8 for 1,000 dummies (text: 9e-7). What comes after
// the first word must agree too, with one of at most maxOwnerSeq/2^seqBits sequences: from the
// third byte of it on that makes it 256 (text: 64) times rarer with every byte. Damage behind
// the first word leaves the identity right and is always found by comparison.
func (v *verifier) owner(id ident, sent uint64, b []byte, exact bool) echo {
	t, ok := v.p.openPayload(b)
	if !ok {
		return echo{}
	}
	now, sentNow := id.conn, sent
	if t.client != id.client {
		now, sentNow = v.roster.current(t.client)
	}
	conn := atMost(uint64(now), uint64(t.conn), v.p.connBits)
	if conn == 0 || uint64(now)-conn >= 1<<(v.p.connBits-4) {
		return echo{}
	}
	who := ident{client: t.client, conn: uint32(conn)}
	if who == id {
		return v.agrees(who, atMost(sent, t.seq, v.p.seqBits), b, exact)
	}
	if who.conn == now {
		// What is known of another worker's dummy may be a moment old.
		near := atMost(sentNow+1<<(v.p.seqBits-2), t.seq, v.p.seqBits)
		if e := v.agrees(who, near, b, exact); e.conn != 0 {
			return e
		}
	}
	for seq := t.seq; seq <= maxOwnerSeq && v.tries > 0; seq += 1 << v.p.seqBits {
		v.tries--
		if e := v.agrees(who, seq, b, exact); e.conn != 0 {
			return e
		}
	}
	return echo{}
}

// agrees names the echo if b is its payload, and nobody's otherwise.
func (v *verifier) agrees(id ident, seq uint64, b []byte, exact bool) echo {
	if seq == 0 {
		return echo{}
	}
	m := v.p.message(id, seq)
	if exact && m.size != len(b) || v.p.differs(m, b[:min(len(b), m.size)], 0) >= 0 {
		return echo{}
	}
	return echo{ident: id, seq: seq, size: m.size}
}

// claimed is the sequence of this connection that b's first word names, whatever follows it;
// 0 when it names none.
func (v *verifier) claimed(id ident, sent uint64, b []byte) uint64 {
	if len(b) < MinSize {
		return 0
	}
	t, ok := v.p.openPayload(b)
	if !ok || t.client != id.client || t.conn != id.conn&(1<<v.p.connBits-1) {
		return 0
	}
	return atMost(sent, t.seq, v.p.seqBits)
}

// openPayload opens a payload's first word.
func (p *pattern) openPayload(b []byte) (tag, bool) {
	w := binary.LittleEndian.Uint64(b)
	if p.text {
		var ok bool
		if w, ok = unletters(w); !ok {
			return tag{}, false
		}
	}
	return p.open(w)
}
