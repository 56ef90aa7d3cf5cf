package server

import (
	"net"
	"slices"
	"testing"
	"time"

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
		peer := keyOf(conn)
		living := srv.sessionsOf(peer)
		if len(living) != 1 {
			t.Fatalf("%d sessions of %v", len(living), peer)
		}
		if got := srv.sessionsOf(keyOf(other)); len(got) != 1 ||
			got[0] == living[0] {
			t.Errorf("the other's are %v, this one's %v", got, living)
		}
		conn.Close()
		other.Close()
		srv.gone()
		if got := srv.sessionsOf(peer); !slices.Equal(got, living) {
			t.Errorf("after its release %v, before %v", got, living)
		}
		var kinds []trace.Kind
		x, err := srv.Around(peer, time.Time{}, time.Now())
		for _, e := range x.Events {
			kinds = append(kinds, e.Kind)
		}
		if err != nil || !x.Whole() {
			t.Errorf("%v, whole %v", err, x.Whole())
		}
		if len(kinds) < 4 || kinds[0] != trace.Accept ||
			!slices.Equal(kinds[len(kinds)-2:], []trace.Kind{trace.Peer, trace.Release}) {
			t.Errorf("its trace is %v", kinds)
		}
	})
}

func keyOf(c net.Conn) trace.PeerKey {
	return trace.KeyOf(c.LocalAddr().(*net.TCPAddr).AddrPort())
}
