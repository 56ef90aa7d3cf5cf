package dummy

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A listener, an accepted connection with 10 bytes unread, one in the backlog, one of another
// port, and two lines that make no sense.
const procTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1770 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 77 1 0
   1: 0100007F:1770 0200007F:C350 01 00000000:0000000A 00:00000000 00000000     0        0 78 1 0
   2: 0100007F:1770 0100007F:C351 01 00000000:000000FF 00:00000000 00000000     0        0 0 1 0
   3: 0100007F:1771 0100007F:C352 01 00000000:0000000B 00:00000000 00000000     0        0 79 1 0
   4: nonsense:1770 0100007F:C353 01 00000000:0000000B 00:00000000 00000000     0        0 79 1 0
   5: 0100007F:1770 0100007F:C354
`

// The same for IPv6: a native connection, and one over IPv4 to a server that listens on both.
const (
	v6Loopback = "00000000000000000000000001000000"
	v4Mapped   = "0000000000000000FFFF00000100007F"
	columns    = " 00:00000000 00000000 0 0 80 1\n"
	procTable6 = "  sl  local_address remote_address st\n" +
		"   0: " + v6Loopback + ":1770 " + v6Loopback + ":C355 01 00000000:00000003" + columns +
		"   1: " + v4Mapped + ":1770 " + v4Mapped + ":C356 01 00000000:00000004" + columns
)

func TestReceiveQueuesAreReadFromTheSystemsTable(t *testing.T) {
	got := map[netip.AddrPort]receiveQueue{}
	parseReceiveQueues(strings.NewReader(procTable), 6000, got)
	parseReceiveQueues(strings.NewReader(procTable6), 6000, got)
	want := map[string]receiveQueue{
		"0.0.0.0:0":       {known: true, accepted: true, bytes: 1},
		"127.0.0.2:50000": {known: true, accepted: true, bytes: 10},
		"127.0.0.1:50001": {known: true, accepted: false, bytes: 255},
		"[::1]:50005":     {known: true, accepted: true, bytes: 3},
		"127.0.0.1:50006": {known: true, accepted: true, bytes: 4},
	}
	for addr, q := range want {
		if got[netip.MustParseAddrPort(addr)] != q {
			t.Errorf("%s: %+v, want %+v", addr, got[netip.MustParseAddrPort(addr)], q)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines were taken, want %d: %v", len(got), len(want), got)
	}
}

// TestReceiveQueueOfALiveConnection looks at the real table: before and after the accept.
func TestReceiveQueueOfALiveConnection(t *testing.T) {
	if !SeesReceiveQueues() {
		t.Log("this system does not tell")
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	c, err := net.Dial("tcp", to.String())
	must(t, err)
	defer c.Close()
	_, err = c.Write([]byte("hello"))
	must(t, err)
	from := c.LocalAddr().(*net.TCPAddr).AddrPort()
	look := func(want receiveQueue) {
		t.Helper()
		var got receiveQueue
		for end := time.Now().Add(soon); got != want; time.Sleep(time.Millisecond) {
			if got = readReceiveQueues(to.Port())[from]; time.Now().After(end) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	}
	look(receiveQueue{known: true, accepted: false, bytes: 5})
	s, err := l.Accept()
	must(t, err)
	defer s.Close()
	look(receiveQueue{known: true, accepted: true, bytes: 5})
	_, err = s.Read(make([]byte, 5))
	must(t, err)
	look(receiveQueue{known: true, accepted: true, bytes: 0})
}
