package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"dummyload/server"
	"dummyload/server/frame"
)

// Chat sends what one session says to all others, from whichever worker thread hears it (R9).
type Chat struct {
	mu      sync.Mutex
	members map[server.SessionID]bool
}

// Accepted adds a member and tells it so: from then on it hears what the others say.
func (c *Chat) Accepted(s server.Sender, id server.SessionID) {
	c.mu.Lock()
	c.members[id] = true
	c.mu.Unlock()
	_ = s.SendPacket(id, []byte("welcome"))
}

// Received says a line to everybody else. A member that is about to leave is simply not
// reached: SendPacket says so, and nothing need be done about it.
func (c *Chat) Received(s server.Sender, from server.SessionID, line []byte) {
	c.mu.Lock()
	others := make([]server.SessionID, 0, len(c.members))
	for id := range c.members {
		if id != from {
			others = append(others, id)
		}
	}
	c.mu.Unlock() // before SendPacket: that may release a session, and so call Left
	for _, id := range others {
		_ = s.SendPacket(id, line)
	}
}

// Left removes a member.
func (c *Chat) Left(_ server.Sender, id server.SessionID, _ server.Reason) {
	c.mu.Lock()
	delete(c.members, id)
	c.mu.Unlock()
}

func Example_chat() {
	srv, err := server.Start(server.Config{
		Listen:  netip.MustParseAddrPort("127.0.0.1:0"),
		Workers: 2,
		Frame:   frame.Builtin("line"),
		Handler: &Chat{members: map[server.SessionID]bool{}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	join := func(name string) (net.Conn, *bufio.Scanner) {
		conn, err := net.Dial("tcp", srv.Addr().String())
		if err != nil {
			panic(err)
		}
		heard := bufio.NewScanner(conn)
		heard.Scan() // welcome
		fmt.Fprintf(conn, "%s is here\n", name)
		return conn, heard
	}
	ann, heard := join("ann")
	ben, _ := join("ben")
	heard.Scan()
	fmt.Println("ann hears:", heard.Text())
	fmt.Fprintln(ben, "hello, ann")
	heard.Scan()
	fmt.Println("ann hears:", heard.Text())
	ann.Close()
	ben.Close()
	fmt.Println("every session released once:", srv.Stop(time.Second).OK())
	// Output:
	// ann hears: ben is here
	// ann hears: hello, ann
	// every session released once: true
}

func ExampleEcho() {
	srv, err := server.Start(server.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := net.Dial("tcp", srv.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintln(conn, "echo")
	answer, _ := bufio.NewReader(conn).ReadString('\n')
	fmt.Print(answer)
	conn.Close()
	srv.Stop(time.Second)
	// Output: echo
}
