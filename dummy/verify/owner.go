package verify

import "encoding/binary"

// Roster tells the present connection of any dummy. Faults alone ask for it, from any worker.
type Roster interface {
	// Current is the dummy's present connection (0: never connected, or no such dummy), known
	// here before its first byte is sent, and roughly how many echoes were sent on it.
	Current(client uint32) (conn uint32, sent uint64)
}

// echo names one echo; the zero value names none.
type echo struct {
	Ident
	seq  uint64
	size int // of its payload
}

// maxOwnerSeq bounds the search for the high bits of another connection's sequence.
const maxOwnerSeq = 1 << 26

// owner finds whose payload b is: opened, plausible, and then verified by recomputing it. With
// exact b is a whole payload; without, it is the beginning of a stream, and it is enough that
// the payload and b agree as far as both go. b has at least MinSize bytes. Of another connection's
// sequence the high bits are found by what follows the first word; where that is nothing, the lowest
// sequence that fits is named.
//
// A payload damaged within its first word is given to a wrong owner when the garbage it opens
// to is plausible: this run, a dummy there is, one of its last 2^(connBits-4) connections. That
// is 2^-(runBits+4) · dummies/2^20, or 1.5e-8 for 1,000 dummies (text: 9e-7). What comes after
// the first word must agree too, with one of at most maxOwnerSeq/2^seqBits sequences: from the
// third byte of it on that makes it 256 (text: 64) times rarer with every byte. Damage behind
// the first word leaves the identity right and is always found by comparison.
func (j Judgement) owner(b []byte, exact bool) echo {
	t, ok := j.p.openPayload(b)
	if !ok {
		return echo{}
	}
	now, sentNow := j.Conn, j.Sent
	if t.client != j.Client {
		now, sentNow = j.roster.Current(t.client)
	}
	conn := atMost(uint64(now), uint64(t.conn), j.p.connBits)
	if conn == 0 || uint64(now)-conn >= 1<<(j.p.connBits-4) {
		return echo{}
	}
	who := Ident{Client: t.client, Conn: uint32(conn)}
	if who == j.Ident {
		return j.agrees(who, atMost(j.Sent, t.seq, j.p.seqBits), b, exact)
	}
	if who.Conn == now {
		// What is known of another worker's dummy may be a moment old.
		near := atMost(sentNow+1<<(j.p.seqBits-2), t.seq, j.p.seqBits)
		if e := j.agrees(who, near, b, exact); e.Conn != 0 {
			return e
		}
	}
	for seq := t.seq; seq <= maxOwnerSeq && j.tries > 0; seq += 1 << j.p.seqBits {
		j.tries--
		if e := j.agrees(who, seq, b, exact); e.Conn != 0 {
			return e
		}
	}
	return echo{}
}

// agrees names the echo if b is its payload, and nobody's otherwise.
func (v *Verifier) agrees(id Ident, seq uint64, b []byte, exact bool) echo {
	if seq == 0 {
		return echo{}
	}
	m := v.p.message(id, seq)
	if exact && m.size != len(b) || v.p.differs(m, b[:min(len(b), m.size)], 0) >= 0 {
		return echo{}
	}
	return echo{Ident: id, seq: seq, size: m.size}
}

// claimed is the sequence of this connection that b's first word names, whatever follows it;
// 0 when it names none.
func (j Judgement) claimed(b []byte) uint64 {
	if len(b) < MinSize {
		return 0
	}
	t, ok := j.p.openPayload(b)
	if !ok || t.client != j.Client || t.conn != j.Conn&(1<<j.p.connBits-1) {
		return 0
	}
	return atMost(j.Sent, t.seq, j.p.seqBits)
}

// openPayload opens a payload's first word.
func (p *Pattern) openPayload(b []byte) (tag, bool) {
	w := binary.LittleEndian.Uint64(b)
	if p.text {
		var ok bool
		if w, ok = unletters(w); !ok {
			return tag{}, false
		}
	}
	return p.open(w)
}
