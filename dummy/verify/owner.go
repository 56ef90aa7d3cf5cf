package verify

import "encoding/binary"

// Roster knows the present connection of every dummy. It is asked only when there is a fault; any
// worker may ask.
type Roster interface {
	// Current is the dummy's present connection, and roughly how many echoes were sent on it. The
	// connection is known here before its first byte is sent; 0 means that the dummy never
	// connected, or does not exist.
	Current(client uint32) (conn uint32, sent uint64)
}

// echo names one echo; the zero value names none.
type echo struct {
	Ident
	seq  uint64
	size int // of its payload
}

// ownConnBits: an owner is looked for among a dummy's last 2^(connBits-ownConnBits) connections. So these
// bits of the number show damage, like the run's.
const ownConnBits = 4

// maxOwnerSeq bounds the search for the high bits of another connection's sequence.
const maxOwnerSeq = 1 << 26

// owner finds whose payload b is. The identity in it is opened, must be plausible, and is then
// verified by making the payload again. With exact, b is a whole payload. Without, b is the
// beginning of a stream, and it is enough that the payload and b agree as far as both go. b has at
// least MinSize bytes. The identity lacks the high bits of a sequence. For another connection they
// are found by what follows the first word; where nothing follows, the lowest sequence that fits
// is named.
//
// A payload with a damaged first word gets a wrong owner if the word opens to something plausible:
// this run, a dummy that exists, one of its last 2^(connBits-4) connections. The probability is
// 2^-(runBits+4) · dummies/2^20, or 1.5e-8 for 1,000 dummies (text: 9e-7). What comes after the
// first word must agree too, with one of at most maxOwnerSeq/2^seqBits sequences: from its third
// byte on, every byte makes this 256 (text: 64) times rarer. Damage after the first word leaves
// the identity right, and the comparison always finds it. Where an answer has less than two words of the
// payload, the evidence tells these odds (layout.oddsNote).
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
	if conn == 0 || uint64(now)-conn >= 1<<(j.p.connBits-ownConnBits) {
		return echo{}
	}
	who := Ident{Client: t.client, Conn: uint32(conn)}
	if who == j.Ident {
		return j.agrees(who, atMost(j.Sent, t.seq, j.p.seqBits), b, exact)
	}
	if who.Conn == now {
		// Roster's number of echoes may be a moment old.
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

// agrees names the echo if b is its payload, and none otherwise.
func (v *Verifier) agrees(id Ident, seq uint64, b []byte, exact bool) echo {
	if seq == 0 {
		return echo{}
	}
	m := v.p.message(id, seq)
	size := v.p.answered(m)
	if exact && size != len(b) || v.p.differs(m, b[:min(len(b), size)], 0) >= 0 {
		return echo{}
	}
	return echo{Ident: id, seq: seq, size: size}
}

// claimed is the sequence of this connection that b's first word names, whatever follows the word.
// It is 0 when the word names none.
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
		if p.alphabet != nil {
			w = p.alphabet.unreplaced(w)
		}
		var ok bool
		if w, ok = unletters(w); !ok {
			return tag{}, false
		}
	}
	return p.open(w)
}
