package trace

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"
)

// A PeerKey is a peer's address in 48 bits, which is what a Peer record has room for:
//
//	bits 47..32  port
//	bits 31..0   IPv4 address; of an IPv6 address its four words, XORed
//
// With IPv4 it is exact, and must be: dummies spread over 127.0.0.0/8 may have the same port. With
// IPv6, two peers with the same port have the same key once in 2^32.
type PeerKey uint64

// KeyOf is the key of an address; 0 for none.
func KeyOf(peer netip.AddrPort) PeerKey {
	if !peer.IsValid() {
		return 0
	}
	var addr uint32
	if a := peer.Addr().Unmap(); a.Is4() {
		b := a.As4()
		addr = binary.BigEndian.Uint32(b[:])
	} else {
		b := a.As16()
		for i := 0; i < len(b); i += 4 {
			addr ^= binary.BigEndian.Uint32(b[i:])
		}
	}
	return PeerKey(peer.Port())<<32 | PeerKey(addr)
}

// IPv4 is the address of an IPv4 peer's key. It is not valid for the key 0.
func (k PeerKey) IPv4() netip.AddrPort {
	if k == 0 {
		return netip.AddrPort{}
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(k))
	return netip.AddrPortFrom(netip.AddrFrom4(b), uint16(k>>32))
}

// PeerWord is the peer of a slot's session, or a dummy's own address on its connection. It also says
// which generation it is about. So a reader that comes before the new peer is stored does not take
// the slot's earlier peer for the new one.
//
//	bits 63..48  low bits of the generation
//	bits 47..0   PeerKey
type PeerWord struct{ word atomic.Uint64 }

const (
	peerBits = 48
	peerMask = 1<<peerBits - 1
)

// Store notes the peer of a generation.
func (w *PeerWord) Store(generation uint64, peer PeerKey) {
	w.word.Store(generation<<peerBits | uint64(peer))
}

// Of is the peer of a generation; 0 if the word is about another generation.
func (w *PeerWord) Of(generation uint64) PeerKey {
	word := w.word.Load()
	if word>>peerBits != generation&(1<<(64-peerBits)-1) {
		return 0
	}
	return PeerKey(word & peerMask)
}

// RecordPeer notes the peer of a life (a session, or a dummy's connection). It is noted when the life
// ends: so it lies beside the Release, or the Dying, and stays in the ring as long.
func (r *Ring) RecordPeer(id uint64, peer PeerKey) {
	r.Record(Peer, Nowhere, id, int(peer>>32), int(uint32(peer)))
}

// ByPeer is the ids of the lives with this peer, as far as the rings still hold their ends.
func (l *Log) ByPeer(peer PeerKey) []uint64 {
	var ids []uint64
	l.peers(func(id uint64, of PeerKey) {
		if of == peer {
			ids = append(ids, id)
		}
	})
	return ids
}

// PeerOf is the peer of a life; 0 if the rings no longer hold its end.
func (l *Log) PeerOf(id uint64) (peer PeerKey) {
	l.peers(func(of uint64, p PeerKey) {
		if of == id {
			peer = p
		}
	})
	return peer
}

// peers shows every Peer record that the rings hold.
func (l *Log) peers(show func(id uint64, peer PeerKey)) {
	for _, r := range l.rings {
		end := r.end()
		for index := end - uint32(len(r.records)); index != end; index++ {
			if rec, ok := r.at(index).read(index); ok && rec.kind == Peer {
				show(rec.id, PeerKey(rec.io)<<32|PeerKey(rec.n))
			}
		}
	}
}

// Reach is a time: no record from then on is missing. Earlier records may be overwritten. It is 0 as
// long as no ring has overwritten anything.
func (l *Log) Reach() time.Duration {
	var reach time.Duration
	for _, r := range l.rings {
		end := r.end()
		for index := end - uint32(len(r.records)); index != end; index++ {
			rec, ok := r.at(index).read(index)
			if !ok {
				continue // never written, or overwritten this moment
			}
			if index != 0 { // with index 0 the first record of all is still there
				reach = max(reach, time.Duration(rec.at))
			}
			break
		}
	}
	return reach
}
