package server

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"dummyload/monitor/trace"
)

// A session is found by its peer while it lives, and after it was released too, with its whole
// life in the trace; nobody else's is.
func TestASessionIsFoundByItsPeer(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		conn, other := srv.dial(), srv.dial()
		for _, c := range []net.Conn{conn, other} {
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			expect(t, c, []byte("hello"))
		}
		peer := conn.LocalAddr().(*net.TCPAddr).AddrPort()
		living := srv.SessionsOf(peer)
		if len(living) != 1 {
			t.Fatalf("%d sessions of %v", len(living), peer)
		}
		if got := srv.SessionsOf(other.LocalAddr().(*net.TCPAddr).AddrPort()); len(got) != 1 ||
			got[0] == living[0] {
			t.Errorf("the other's are %v, this one's %v", got, living)
		}
		conn.Close()
		other.Close()
		srv.gone()
		if got := srv.SessionsOf(peer); !slices.Equal(got, living) {
			t.Errorf("after its release %v, before %v", got, living)
		}
		var kinds []trace.Kind
		for _, e := range srv.Trace().Events(living[0]) {
			kinds = append(kinds, e.Kind)
		}
		if len(kinds) < 4 || kinds[0] != trace.Accept ||
			!slices.Equal(kinds[len(kinds)-2:], []trace.Kind{trace.Peer, trace.Release}) {
			t.Errorf("its trace is %v", kinds)
		}
	})
}

// The slot's earlier peer is not taken for the one of the session that has just begun.
func TestAPeerWordSpeaksOfOneSession(t *testing.T) {
	var w peerWord
	key := trace.KeyOf(netip.MustParseAddrPort("127.3.2.1:65535"))
	id := SessionID(5)
	for range 3 {
		id = id.next(5)
		w.store(id, key)
		if w.of(id) != key {
			t.Errorf("of %v: %x, stored %x", id, w.of(id), key)
		}
		if got := w.of(id.next(5)); got != 0 {
			t.Errorf("of the next session: %x", got)
		}
	}
}
