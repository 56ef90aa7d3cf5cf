package iocp

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestBytesAckedOutliveTheReset: what the peer's system had taken is known after its program has reset
// the connection.
func TestBytesAckedOutliveTheReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn := c.(*net.TCPConn)
	if n, ok := connBytesAcked(conn); !ok || n != 0 {
		t.Fatalf("%d bytes of none, known %v", n, ok)
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if n, _ := connBytesAcked(conn); n == 5 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("%d bytes acknowledged of 5", n)
		}
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = s.(*net.TCPConn).SetLinger(0)
	_ = s.Close()
	if _, err := io.ReadAll(c); err == nil {
		t.Fatal("no reset")
	}
	if n, ok := connBytesAcked(conn); !ok || n != 5 {
		t.Errorf("%d bytes after the reset, known %v", n, ok)
	}
}
