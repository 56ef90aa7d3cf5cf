package main

import (
	"context"
	"fmt"
	"net"

	"github.com/cloudwego/netpoll"
)

// connBuffer is each connection's receive buffer, as large as one receive of the bundled
// server: less than what is outstanding would cost a peer half of its speed.
const connBuffer = 32 << 10

// serveNet is the echo that most Go programs would write: a goroutine for each connection.
func serveNet([]string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on %v\n", l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go echo(c)
	}
}

func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, connBuffer)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// serveNetpoll is the same over CloudWeGo's event loops.
func serveNetpoll([]string) error {
	l, err := netpoll.CreateListener("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	loop, err := netpoll.NewEventLoop(func(_ context.Context, c netpoll.Connection) error {
		in, out := c.Reader(), c.Writer()
		data, err := in.Next(in.Len())
		if err != nil {
			return err
		}
		if _, err := out.WriteBinary(data); err != nil {
			return err
		}
		if err := out.Flush(); err != nil { // before Release: large data was not copied
			return err
		}
		return in.Release()
	})
	if err != nil {
		return err
	}
	fmt.Printf("listening on %v\n", l.Addr())
	return loop.Serve(l)
}
