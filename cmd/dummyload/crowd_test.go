package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
)

// crowd is many clients of one kind, none of which ever reads an answer.
type crowd struct {
	n      int
	bytes  int // that each sends, in whole frames; less than a header is half a header
	window int // receive buffer of each, in bytes; 0 = as the system gives
	format *frame.Format

	conns  []net.Conn
	closed atomic.Int64 // by the server
	sent   atomic.Int64
	done   sync.WaitGroup
}

// come connects them all, from as many source addresses as they need, and has each send.
func (c *crowd) come(addr string) error {
	frames := c.frames()
	for i := range c.n {
		d := net.Dialer{}
		if i >= 10_000 { // beyond half of one address's ports each costs a search
			d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i/10_000))}
		}
		conn, err := d.Dial("tcp", addr)
		if err != nil {
			return fmt.Errorf("client %d of %d: %w", i, c.n, err)
		}
		c.conns = append(c.conns, conn)
		if c.window > 0 {
			err = errors.Join(err, conn.(*net.TCPConn).SetReadBuffer(c.window))
		}
		if err != nil {
			return err
		}
		c.done.Go(func() { c.speak(conn, frames) })
	}
	return nil
}

// frames is about 8 KiB of them, or half a header.
func (c *crowd) frames() []byte {
	if c.bytes < c.format.Overhead() {
		return c.format.AppendPacket(nil, make([]byte, 8), 0)[:c.bytes]
	}
	var frames []byte
	for len(frames) < 8<<10 {
		frames = c.format.AppendPacket(frames, make([]byte, 1<<10), 0)
	}
	return frames
}

// speak sends all, then waits for the close. Half a header gets no answer, so a read sees the close.
// A client that gets answers and must not read sees it by sending.
func (c *crowd) speak(conn net.Conn, frames []byte) {
	for left := c.bytes; left > 0; {
		n, err := conn.Write(frames)
		c.sent.Add(int64(n))
		if left -= n; err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.closed.Add(1)
			}
			return
		}
	}
	if c.bytes >= c.format.Overhead() {
		return
	}
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
		c.closed.Add(1)
	}
}

// leave closes all that is open.
func (c *crowd) leave() {
	for _, conn := range c.conns {
		conn.Close()
	}
	c.done.Wait()
}

// visited lets a crowd, and a right client beside it, loose on a `serve`, until the server has closed
// the given number of the crowd. It returns the release audit.
func visited(t *testing.T, c *crowd, closed int64, serve ...string) monitor.Server {
	t.Helper()
	path := tempFile(t, "audit.json")
	p := start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--frame", "len16", "--json", path},
		serve...)...)
	c.format = frame.Builtin("len16")
	defer c.leave()
	if err := c.come(p.address(t)); err != nil {
		t.Fatal(err)
	}
	r, s := runJSON(t, "--target", p.address(t), "--clients", "20", "--duration", "500ms")
	mustPass(t, r, s)
	for deadline := time.Now().Add(longest); c.closed.Load() < closed; {
		if time.Now().After(deadline) {
			t.Errorf("%d of %d were closed", c.closed.Load(), c.n)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.leave()
	p.interrupt()
	if r := p.wait(); r.code != monitor.ExitPass {
		t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
	}
	var audit monitor.Server
	data, err := os.ReadFile(path)
	if err := errors.Join(err, json.Unmarshal(data, &audit)); err != nil || !audit.OK() {
		t.Errorf("%v: %v", err, &audit)
	}
	return audit
}

// TestServeKeepsWithinItsMemory: clients that do not read are disconnected, with a reason, when all
// together hold too much, though none alone does.
func TestServeKeepsWithinItsMemory(t *testing.T) {
	c := &crowd{n: 100, bytes: 32 << 20, window: 4 << 10}
	audit := visited(t, c, 5, "--memory", "8MiB", "--sendq", "1GiB")
	if full := audit.Reasons[server.MemoryFull.String()]; full < 5 || full > 100 ||
		audit.Reasons[server.SendQFull.String()] != 0 {
		t.Errorf("%v", &audit)
	}
}

// TestServeEndsHalfFrames: a client that never sends the other half of a frame is disconnected.
func TestServeEndsHalfFrames(t *testing.T) {
	t.Parallel()
	c := &crowd{n: 500, bytes: 1}
	audit := visited(t, c, 500, "--frame-timeout", "3s")
	if audit.Reasons[server.FrameTimeout.String()] != 500 {
		t.Errorf("%v", &audit)
	}
}

// TestServeEndsTheIdle: a right dummy is not idle.
func TestServeEndsTheIdle(t *testing.T) {
	t.Parallel()
	c := &crowd{n: 50, bytes: 0}
	audit := visited(t, c, 50, "--idle-timeout", "5s")
	if audit.Reasons[server.IdleTimeout.String()] != 50 {
		t.Errorf("%v", &audit)
	}
}

// TestAnAddressBeyondLoopbackIsGivenInSoManyWords: a name may mean any address.
func TestAnAddressBeyondLoopbackIsGivenInSoManyWords(t *testing.T) {
	for text, accepted := range map[string]bool{
		"0.0.0.0:6000": true, "[::]:6000": true, "192.0.2.1:6000": true, "127.0.0.1:6000": true,
	} {
		if _, err := parseListen(text); (err == nil) != accepted {
			t.Errorf("%s: %v", text, err)
		}
	}
	far, near := netip.MustParseAddrPort("192.0.2.1:6000"), netip.MustParseAddrPort("[::1]:6000")
	named := func(a netip.AddrPort) address { return address{"name:6000", []netip.AddrPort{a}} }
	if inSoManyWords(named(far)) == nil || inSoManyWords(named(near)) != nil {
		t.Error("a name stands for an address beyond loopback, or not for loopback")
	}
}

// TestByteCounts: units are powers of 1,024, and a number that is too large is refused.
func TestByteCounts(t *testing.T) {
	for text, want := range map[string]int64{"100": 100, "100B": 100, "8MiB": 8 << 20, "8M": 8 << 20,
		"1GiB": 1 << 30, "3K": 3 << 10, "": -1, "MiB": -1, "1.5MiB": -1, "8mib": -1, "-1": -1,
		"9223372036854775807": 1<<63 - 1, "9223372036854775808": -1, "8388608TiB": -1} {
		flags := flagSet{pflag.NewFlagSet("", pflag.ContinueOnError)}
		var got int64
		byteCount(flags, &got, "memory", 7, 1, "")
		if err := flags.Set("memory", text); (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for n, want := range map[int64]string{8 << 20: "8MiB", 1<<20 + 1: "1048577", 0: "0", 3 << 30: "3GiB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

var (
	crowdTarget = flag.String("crowd.target", "", "the server that TestCrowdByHand goes to")
	crowdN      = flag.Int("crowd.n", 15_000, "how many clients")
	crowdBytes  = flag.Int("crowd.bytes", 1<<20, "what each sends; 1 is half a header")
	crowdWindow = flag.Int("crowd.window", 4<<10, "receive buffer of each")
	crowdFor    = flag.Duration("crowd.for", 10*time.Second, "how long they stay")
	crowdFrame  = flag.String("crowd.frame", "len16", "their frame")
)

// TestCrowdByHand sends a crowd to a server that runs already. Without a target it does nothing.
func TestCrowdByHand(t *testing.T) {
	if *crowdTarget == "" {
		return
	}
	format, err := frame.Named(*crowdFrame)
	if err != nil {
		t.Fatal(err)
	}
	c := crowd{n: *crowdN, bytes: *crowdBytes, window: *crowdWindow, format: format}
	defer c.leave()
	began := time.Now()
	if err := c.come(*crowdTarget); err != nil {
		t.Fatal(err)
	}
	for time.Since(began) < *crowdFor {
		fmt.Fprintf(os.Stderr, "%5.1f s: %d sent %d bytes, %d closed by the server\n",
			time.Since(began).Seconds(), c.n, c.sent.Load(), c.closed.Load())
		time.Sleep(time.Second)
	}
}
