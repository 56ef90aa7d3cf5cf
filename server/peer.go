package server

import (
	"net/netip"
	"slices"
	"sync/atomic"

	"dummyload/monitor/trace"
)

// peerWord is whose connection a slot's session is. It says of which session it speaks, so that
// no look between a new id and its peer takes the slot's earlier peer for the new one.
//
//	bits 63..48  low bits of the generation
//	bits 47..0   trace.PeerKey
type peerWord struct{ word atomic.Uint64 }

const (
	peerBits = 48
	peerMask = 1<<peerBits - 1
)

func (w *peerWord) store(id SessionID, peer trace.PeerKey) {
	w.word.Store(uint64(id)>>indexBits<<peerBits | uint64(peer))
}

// of is the peer of session id, 0 when the word speaks of another.
func (w *peerWord) of(id SessionID) trace.PeerKey {
	word := w.word.Load()
	if word>>peerBits != uint64(id)>>indexBits&(1<<(64-peerBits)-1) {
		return 0
	}
	return trace.PeerKey(word & peerMask)
}

// Trace is what the server has noted of its sessions (R10).
func (srv *Server) Trace() *trace.Log { return srv.log }

// SessionsOf finds the sessions of a peer, in no order: the one that lives or was its slot's last,
// and those whose release the trace still holds. It costs the workers nothing.
func (srv *Server) SessionsOf(peer netip.AddrPort) []uint64 {
	key := trace.KeyOf(peer)
	if key == 0 {
		return nil
	}
	ids := srv.log.ByPeer(key)
	for index := range srv.table.used() {
		s := srv.table.at(index)
		if s == nil {
			continue
		}
		if id := s.id.load(); s.peer.of(id) == key && !slices.Contains(ids, uint64(id)) {
			ids = append(ids, uint64(id))
		}
	}
	return ids
}
