package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"

	"go.uber.org/goleak"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// The formats of most tests here, by their names.
var (
	raw, len16  = frame.Builtin("raw"), frame.Builtin("len16")
	len32, line = frame.Builtin("len32"), frame.Builtin("line")
	formats     = []*frame.Format{raw, len16, len32, line}
)

// withLogin is a format with the login packet.
func withLogin(f *frame.Format) *frame.Format {
	f, err := f.WithLogin()
	if err != nil {
		panic(err)
	}
	return f
}

// patience bounds every wait of these tests, so that a hang ends; none is expected to come near it.
const patience = time.Minute

func TestMain(m *testing.M) {
	// The first socket opens what the runtime's poller keeps for good.
	if l, err := net.Listen("tcp", loopback.String()); err == nil {
		l.Close()
	}
	goleak.VerifyTestMain(m)
}

// overBackends runs a test on every backend that this machine can run, with one worker and two.
func overBackends(t *testing.T, test func(t *testing.T, cfg Config)) {
	for _, backend := range iocp.Backends() {
		for _, workers := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", backend, workers), func(t *testing.T) {
				port, err := iocp.New(iocp.Config{Backend: backend, Workers: workers})
				if err != nil {
					t.Logf("not here: %v", err)
					return
				}
				if err := port.CloseHandle(); err != nil {
					t.Fatal(err)
				}
				test(t, Config{Listen: loopback, Backend: backend, Workers: workers})
			})
		}
	}
}

// running is a server under test. At the end of the test it is stopped, and its audit, and the
// process's descriptors, must be as if it had never been.
type running struct {
	*Server
	t    *testing.T
	once sync.Once
}

func start(t *testing.T, cfg Config) *running {
	t.Helper()
	before := descriptors()
	srv, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: srv, t: t}
	t.Cleanup(func() {
		r.stop(0)
		if before >= 0 {
			within(t, "descriptors back to the start", func() bool {
				return descriptors() <= before
			})
		}
	})
	return r
}

// stop stops the server once and checks the audit.
func (r *running) stop(grace time.Duration) (audit *monitor.Server) {
	r.once.Do(func() {
		audit = r.Stop(grace)
		if !audit.OK() {
			r.t.Errorf("%v", audit)
			r.t.FailNow()
		}
		var ended uint64
		for _, n := range audit.Reasons {
			ended += n
		}
		if ended != audit.Released || audit.Live != 0 || len(audit.Unreleased) != 0 {
			r.t.Errorf("reasons of %d sessions, released %d\n%v", ended, audit.Released, audit)
		}
	})
	return audit
}

// dial connects a client that is closed at the end of the test.
func (r *running) dial() *net.TCPConn {
	r.t.Helper()
	conn, err := net.DialTimeout("tcp", r.Addr().String(), patience)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil { // for all that is said
		r.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// gone waits until the server has released every session.
func (r *running) gone() {
	r.t.Helper()
	within(r.t, "all sessions released", func() bool { return r.live() == 0 })
}

func within(t *testing.T, what string, condition func() bool) {
	t.Helper()
	if !poll(patience, condition) {
		t.Fatalf("not within %v: %s", patience, what)
	}
}

// descriptors counts this process's, -1 where the system does not tell. Under Wine /proc is
// there, but what it lists are the emulation's descriptors.
func descriptors() int {
	self, err := os.Executable()
	if exe, linked := os.Readlink("/proc/self/exe"); err != nil || linked != nil || exe != self {
		return -1
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

// exchange writes and expects the very same bytes back.
func exchange(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, data)
}

func expect(t *testing.T, conn net.Conn, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(conn, got); err != nil {
		t.Fatalf("%d of %d bytes came back: %v", n, len(want), err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes came back, and not the ones sent", len(want))
	}
}

// ended reads to the end of the stream and returns how many bytes came before it.
func ended(t *testing.T, conn net.Conn) int64 {
	t.Helper()
	n, err := io.Copy(io.Discard, conn)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatal("the server did not close the connection")
	}
	return n // a RST is an end too: data that the server never read was still in its queue
}

func framed(f *frame.Format, payloads ...string) []byte {
	var out []byte
	for _, p := range payloads {
		out = f.AppendPacket(out, []byte(p), 0)
	}
	return out
}

// heap is the memory in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first one only moves what is pooled to the victims
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
