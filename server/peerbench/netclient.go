package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// netClient is the load generator that most Go programs would write: each connection has a
// goroutine that writes and one that reads and compares the answers.
type netClient struct {
	began   time.Time
	frame   []byte
	over    atomic.Bool
	echoes  atomic.Uint64
	trips   histogram
	failure chan error
}

// clientNet runs PORT CONNECTIONS BYTES WINDOW WARMUP_MS RUN_MS and prints what the C client
// does.
func clientNet(args []string) error {
	n, err := clientArguments(args)
	if err != nil {
		return err
	}
	c := &netClient{began: time.Now(), failure: make(chan error, 1)}
	c.frame = binary.LittleEndian.AppendUint16(nil, uint16(n[2]))
	for i := range n[2] {
		c.frame = append(c.frame, 'a'+byte(i%26))
	}
	if err := c.connect("127.0.0.1:"+args[0], n[1], n[3]); err != nil {
		return err
	}
	if err := c.pass(n[4]); err != nil {
		return err
	}
	fmt.Println("begin")
	c.trips.reset()
	before, at := c.echoes.Load(), time.Now()
	if err := c.pass(n[5]); err != nil {
		return err
	}
	c.over.Store(true)
	made, took := c.echoes.Load()-before, time.Since(at)
	q := c.trips.quantiles(.5, .9, .99, .999)
	fmt.Println("end", made, took.Nanoseconds(), q[0], q[1], q[2], q[3])
	_, err = io.Copy(io.Discard, os.Stdin) // until we have been looked at
	return err
}

func clientArguments(args []string) (n [6]int, err error) {
	if len(args) != len(n) {
		return n, fmt.Errorf("%d arguments; accepted: %d", len(args), len(n))
	}
	for i, a := range args {
		if n[i], err = strconv.Atoi(a); err != nil {
			return n, err
		}
	}
	return n, nil
}

// pass lets milliseconds go by, unless a connection fails.
func (c *netClient) pass(ms int) error {
	select {
	case err := <-c.failure:
		return err
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	}
}

func (c *netClient) connect(address string, connections, window int) error {
	var all []*net.TCPConn
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		tcp := conn.(*net.TCPConn)
		if err := tcp.SetLinger(0); err != nil { // no TIME_WAIT for the next run
			return err
		}
		all = append(all, tcp)
	}
	for _, conn := range all {
		due := make(chan time.Duration, window)
		answered := make(chan struct{}, window)
		for range window {
			answered <- struct{}{}
		}
		go c.write(conn, answered, due)
		go c.read(conn, answered, due)
	}
	return nil
}

// write sends one echo for each that was answered.
func (c *netClient) write(conn net.Conn, answered <-chan struct{}, due chan<- time.Duration) {
	for range answered {
		if c.over.Load() {
			return
		}
		due <- time.Since(c.began)
		if _, err := conn.Write(c.frame); err != nil {
			c.fail(err)
			return
		}
	}
}

func (c *netClient) read(conn net.Conn, answered chan<- struct{}, due <-chan time.Duration) {
	defer close(answered)
	buf := make([]byte, len(c.frame))
	for {
		if _, err := io.ReadFull(conn, buf); err != nil {
			c.fail(err)
			return
		}
		if string(buf) != string(c.frame) {
			c.fail(errors.New("an echo differs"))
			return
		}
		c.trips.record(uint64(time.Since(c.began) - <-due))
		c.echoes.Add(1)
		answered <- struct{}{}
	}
}

// fail keeps the first failure before the end.
func (c *netClient) fail(err error) {
	if c.over.Load() {
		return
	}
	select {
	case c.failure <- err:
	default:
	}
}
