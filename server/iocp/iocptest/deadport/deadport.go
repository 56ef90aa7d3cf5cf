// Package deadport has ports where certainly nobody listens, for the tests of refused connects.
// It knows nothing of the completion port, so that the tests inside it can use this, too.
package deadport

import (
	"net"
	"net/netip"
	"testing"
)

// New is an address of the loopback where nobody listens until free is called. A port whose listener
// was just closed may be given away: to another program that listens, or to the socket that is about
// to connect, which is then connected to itself. This port is still in use, by a connection that its
// listener had accepted; so no system gives it away.
func New(t testing.TB) (addr netip.AddrPort, free func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		l.Close()
		t.Fatal(err)
	}
	near, err := l.Accept()
	l.Close()
	if err != nil {
		far.Close()
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).AddrPort(), func() {
		far.Close() // first: who closes first keeps the port for a minute
		near.Close()
	}
}
