package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/server/frame"
)

// crowd is many clients of one kind, none of which ever reads an answer.
type crowd struct {
	n      int
	bytes  int // that each sends, whole frames; fewer than one frame's header: half a header
	window int // receive buffer of each, in bytes; 0 = as the system gives
	format frame.Format

	conns  []net.Conn
	closed atomic.Int64 // by the server
	sent   atomic.Int64
	done   sync.WaitGroup
}

// come connects them all, from as many source addresses as they need, and has each send.
func (c *crowd) come(addr string) error {
	frames := c.frames()
	for i := range c.n {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/10_000))}}
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
		return c.format.Append(nil, make([]byte, 8))[:c.bytes]
	}
	var frames []byte
	for len(frames) < 8<<10 {
		frames = c.format.Append(frames, make([]byte, 1<<10))
	}
	return frames
}

// speak sends what there is to send, then waits for the end. Half a header is never answered, so
// that a read sees nothing but the close; who is answered and must not read looks by sending.
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

var (
	crowdTarget = flag.String("crowd.target", "", "the server that TestCrowdByHand goes to")
	crowdN      = flag.Int("crowd.n", 15_000, "how many clients")
	crowdBytes  = flag.Int("crowd.bytes", 1<<20, "what each sends; 1 is half a header")
	crowdWindow = flag.Int("crowd.window", 4<<10, "receive buffer of each")
	crowdFor    = flag.Duration("crowd.for", 10*time.Second, "how long they stay")
	crowdFrame  = flag.String("crowd.frame", "len16", "their frame")
)

// TestCrowdByHand brings a crowd to a server that somebody started. Without a target there is
// nothing to do.
func TestCrowdByHand(t *testing.T) {
	if *crowdTarget == "" {
		return
	}
	format, err := frame.Parse(*crowdFrame)
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
