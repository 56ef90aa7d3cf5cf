package trace

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// A PeerKey is a peer's address in 48 bits, which is what a Peer record has room for:
//
//	bits 47..32  port
//	bits 31..0   IPv4 address; of an IPv6 address its four words, XORed
//
// With IPv4 it is exact: dummies spread over 127.0.0.0/8 may have a port in common. With IPv6
// two peers of one port share a key once in 2^32.
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

// RecordPeer notes whose connection a session was. It is noted as the session is released, so
// that it lies beside the Release and is there for as long as that is.
func (r *Ring) RecordPeer(id uint64, peer PeerKey) {
	r.Record(Peer, Nowhere, id, int(peer>>32), int(uint32(peer)))
}

// ByPeer is the ids of the sessions with this peer whose release the rings still hold.
func (l *Log) ByPeer(peer PeerKey) []uint64 {
	var ids []uint64
	for _, r := range l.rings {
		end := r.end()
		for index := end - uint32(len(r.records)); index != end; index++ {
			rec, ok := r.at(index).read(index)
			if ok && rec.kind == Peer && PeerKey(rec.io)<<32|PeerKey(rec.n) == peer {
				ids = append(ids, rec.id)
			}
		}
	}
	return ids
}

// Reach is the time from which on nothing is missing: what came before it some ring may have
// overwritten. It is 0 while no ring has.
func (l *Log) Reach() time.Duration {
	var reach time.Duration
	for _, r := range l.rings {
		end := r.end()
		for index := end - uint32(len(r.records)); index != end; index++ {
			rec, ok := r.at(index).read(index)
			if !ok {
				continue // never written, or overwritten this moment
			}
			if index != 0 { // the first record of all is still there otherwise
				reach = max(reach, time.Duration(rec.at))
			}
			break
		}
	}
	return reach
}
