package trace

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestPeersOfOnePortDiffer(t *testing.T) {
	seen := map[PeerKey]string{}
	for _, s := range []string{"127.0.0.1:50312", "127.0.0.2:50312", "127.1.0.1:50312",
		"127.0.0.1:50313", "[::1]:50312", "[fe80::1:2]:50312"} {
		key := KeyOf(netip.MustParseAddrPort(s))
		if was := seen[key]; was != "" || key == 0 || key >= 1<<48 {
			t.Errorf("%s: key %x, which is also %q", s, key, was)
		}
		seen[key] = s
	}
	mapped := netip.MustParseAddrPort("[::ffff:127.0.0.1]:50312")
	if KeyOf(mapped) != KeyOf(netip.MustParseAddrPort("127.0.0.1:50312")) {
		t.Error("an IPv4 address in IPv6 form is another peer")
	}
	if KeyOf(netip.AddrPort{}) != 0 {
		t.Error("no address has a key")
	}
}

func TestReleasedSessionsAreFoundByTheirPeer(t *testing.T) {
	l := New(2)
	key := KeyOf(netip.MustParseAddrPort("255.255.255.255:65535"))
	l.Ring(0).RecordPeer(ID(17, 3), key)
	l.Ring(1).RecordPeer(ID(17, 4), key)
	l.Ring(1).RecordPeer(ID(18, 1), key-1)
	l.Shared().RecordPeer(ID(19, 1), key)
	want := []uint64{ID(17, 3), ID(17, 4), ID(19, 1)}
	if got := l.ByPeer(key); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if l.PeerOf(ID(18, 1)) != key-1 || l.PeerOf(ID(18, 2)) != 0 {
		t.Errorf("%x has the peer %x, an unknown one %x", ID(18, 1), l.PeerOf(ID(18, 1)),
			l.PeerOf(ID(18, 2)))
	}
	if e := l.Events(ID(17, 3))[0]; e.What() != "Peer port=65535" || e.Name() != "17.3" {
		t.Errorf("%q of %q", e.What(), e.Name())
	}
}

func TestTheReachIsWhereTheShortestRingBegins(t *testing.T) {
	l := New(2)
	for i, n := range []int{RingRecords, RingRecords + 5} {
		for at := range n {
			l.Ring(i).SetTime(time.Duration(at))
			l.Ring(i).Record(SendPost, Nowhere, 1, 1, 1)
		}
		if got, want := l.Reach(), time.Duration(5*i); got != want {
			t.Errorf("%d records: reach %v, want %v", n, got, want)
		}
	}
}

// A slot's earlier peer is not taken for the one of the session that has just begun.
func TestAPeerWordSpeaksOfOneGeneration(t *testing.T) {
	var w PeerWord
	key := KeyOf(netip.MustParseAddrPort("127.3.2.1:65535"))
	for _, generation := range []uint64{1, 2, 1<<16 - 1, 1 << 16} {
		w.Store(generation, key)
		if got := w.Of(generation); got != key {
			t.Errorf("of %d: %x, stored %x", generation, got, key)
		}
		if got := w.Of(generation + 1); got != 0 {
			t.Errorf("of the one after %d: %x", generation, got)
		}
	}
}
