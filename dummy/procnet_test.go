package dummy

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor/trace"
)

// A listener, an accepted connection with 10 bytes unread, one in the backlog, one of another
// port, and two lines that make no sense. Then what its program has closed, a SYN that
// is not yet acknowledged, and dummies' ends: of an accepted
// connection, of one that is up on our side only, of such a one that has sent its FIN, and of one
// whose FIN was acknowledged.
const procTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1770 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 77 1 0
   1: 0100007F:1770 0200007F:C350 01 00000000:0000000A 00:00000000 00000000     0        0 78 1 0
   2: 0100007F:1770 0100007F:C351 01 00000000:000000FF 00:00000000 00000000     0        0 0 1 0
   3: 0100007F:1771 0100007F:C352 01 00000000:0000000B 00:00000000 00000000     0        0 79 1 0
   4: nonsense:1770 0100007F:C353 01 00000000:0000000B 00:00000000 00000000     0        0 79 1 0
   5: 0100007F:1770 0100007F:C354
   6: 0100007F:1770 0100007F:C360 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0
   7: 0100007F:1770 0100007F:C361 03 00000000:00000000 00:00000000 00000000     0        0 0 1 0
   8: 0200007F:C350 0100007F:1770 01 00000000:00000000 00:00000000 00000000     0        0 90 1 0
   9: 0100007F:C362 0100007F:1770 01 0000000A:00000000 00:00000000 00000000     0        0 91 1 0
  10: 0100007F:C363 0100007F:1770 04 0000000B:00000000 00:00000000 00000000     0        0 92 1 0
  11: 0100007F:C364 0100007F:1770 05 00000000:00000000 00:00000000 00000000     0        0 93 1 0
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

func nothingAcked() bool { return false }

func TestReceiveQueuesAreReadFromTheSystemsTable(t *testing.T) {
	got := newTCPTable()
	got.parse(strings.NewReader(procTable), 6000)
	got.parse(strings.NewReader(procTable6), 6000)
	for addr, want := range map[string]diagnose.Queue{
		"127.0.0.2:50000": {Known: true, Accepted: true, Bytes: 10},
		"127.0.0.1:50001": {Known: true, Accepted: false, Bytes: 255},
		"[::1]:50005":     {Known: true, Accepted: true, Bytes: 3},
		"127.0.0.1:50006": {Known: true, Accepted: true, Bytes: 4},
		"127.0.0.1:50016": {Known: true, Accepted: true},  // and closed
		"127.0.0.1:50017": {Known: true, Accepted: false}, // nor even acknowledged
		"127.0.0.1:50018": {Known: true, Accepted: false}, // on our side only
		"127.0.0.1:50019": {Known: true, Accepted: false},
		"127.0.0.1:50020": {}, // the server's system had it
		"127.0.0.1:50021": {}, // nobody knows it
		"0.0.0.0:0":       {}, // the listener's
	} {
		local := trace.KeyOf(netip.MustParseAddrPort(addr))
		if q := got.queue(local, nothingAcked); q != want {
			t.Errorf("%s: %+v, want %+v", addr, q, want)
		}
		if _, theirs := got.theirs[local]; !theirs {
			want = diagnose.Queue{} // the server's system had it
		}
		if q := got.queue(local, func() bool { return true }); q != want {
			t.Errorf("%s, acknowledged: %+v, want %+v", addr, q, want)
		}
	}
	if !got.halves() || len(got.theirs) != 6 || len(got.ours) != 3 {
		t.Errorf("%+v", got)
	}
}

// TestNothingIsKnownOfAServerElsewhere: where the system has no server's end at all, a missing one
// says nothing.
func TestNothingIsKnownOfAServerElsewhere(t *testing.T) {
	got := newTCPTable()
	got.parse(strings.NewReader(
		"  9: 0100007F:C362 0100007F:1770 01 0000000A:00000000 00:00000000 00000000 0 0 91 1 0\n"), 6000)
	if q := got.queue(trace.KeyOf(netip.MustParseAddrPort("127.0.0.1:50018")), nothingAcked); q.Known {
		t.Errorf("%+v", q)
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
	look := func(want diagnose.Queue) {
		t.Helper()
		var got diagnose.Queue
		for end := time.Now().Add(soon); got != want; time.Sleep(time.Millisecond) {
			table := readTCPTable(to.Port())
			if got = table.queue(trace.KeyOf(from), nothingAcked); time.Now().After(end) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	}
	look(diagnose.Queue{Known: true, Accepted: false, Bytes: 5})
	s, err := l.Accept()
	must(t, err)
	defer s.Close()
	look(diagnose.Queue{Known: true, Accepted: true, Bytes: 5})
	_, err = s.Read(make([]byte, 5))
	must(t, err)
	look(diagnose.Queue{Known: true, Accepted: true, Bytes: 0})
}
