package deadport

import (
	"net"
	"testing"
)

// TestNobodyListens, and nobody can by chance; who asks for that very port may be given it, or not.
func TestNobodyListens(t *testing.T) {
	addr, free := New(t)
	defer free()
	if c, err := net.Dial("tcp", addr.String()); err == nil {
		c.Close()
		t.Errorf("somebody listens on %v", addr)
	}
	for range 1000 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if l.Addr().String() == addr.String() {
			t.Errorf("%v was given away", addr)
		}
		l.Close()
	}
}
