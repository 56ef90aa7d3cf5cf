package sim

import (
	"fmt"
	"syscall"
	"time"
)

// Network lies between a server's Port and its clients' Remotes, in a hosted world: what one end
// sends comes to the other later, in order, and in a connection's own time.
type Network struct {
	// Faulty makes some connects be refused, some posts of the clients fail, and some delays long.
	Faulty bool
	// Slow is the longest of the long delays.
	Slow time.Duration
	// What was done to the clients, for oracles.
	Refused, Resets, Slowed int

	world  *World
	server *Port
	socks  []*remoteSock // connected ones, in the order of connecting
}

// NewNetwork makes the network of a server's port.
func NewNetwork(p *Port) *Network { return &Network{world: p.world, server: p} }

// hop is the least that something takes from one end to the other.
const hop = 50 * time.Microsecond

// delay is how long something takes.
func (n *Network) delay() time.Duration {
	if n.Faulty && n.world.Rare() {
		n.Slowed++
		return time.Duration(1+n.world.Pick(8)) * n.Slow / 8
	}
	return time.Duration(1+n.world.Pick(8)) * hop
}

// dial brings a connect to the server, and its outcome back.
func (n *Network) dial(s *remoteSock) {
	refused := n.Faulty && n.world.Rare()
	n.world.After(n.delay(), func() {
		switch {
		case s.ended:
			return
		case refused || n.server.closed:
			if !n.server.closed {
				n.Refused++
			}
			s.failed = syscall.ECONNREFUSED
		default:
			c := n.server.newConn()
			n.server.queue = append(n.server.queue, c)
			s.conn = c
			c.Got, c.Ending, c.Torn = s.arrives, s.finComes, s.resetComes
			n.socks = append(n.socks, s)
			n.world.say(fmt.Sprintf("%s connects as c%d", s.of.name, c.Number))
		}
		s.dialed = true
	})
}

// ResetOne has the network reset one of the connections that are up, if there is any.
func (n *Network) ResetOne() {
	up := n.socks[:0]
	for _, s := range n.socks {
		if !s.ended && !s.finSent && !s.fin && !s.torn && !s.conn.Ended() {
			up = append(up, s)
		}
	}
	n.socks = up
	if len(up) == 0 {
		return
	}
	s := up[n.world.Pick(len(up))]
	n.Resets++
	n.world.say(fmt.Sprintf("the network resets c%d", s.conn.Number))
	s.conn.reset()
	n.world.Kick()
}

// remoteSock is a client's end of a connection.
type remoteSock struct {
	net    *Network
	of     *Remote
	port   uint16
	conn   *Conn // nil until connected
	failed error // of the connect
	dialed bool  // the connect has an outcome

	in        []byte // arrived, not received
	fin, torn bool   // arrived after in
	ended     bool   // cancelled or aborted by the client
	finSent   bool
	up, down  time.Time // when the last thing sent arrives

	connect, recv, send op
}

// later is when something that is sent now arrives, behind what was sent before.
func (s *remoteSock) later(last *time.Time, d time.Duration) time.Time {
	if at := time.Now().Add(d); at.After(*last) {
		*last = at
	}
	return *last
}

// arrives is the server's data on its way; what it sends behind its FIN goes nowhere.
func (s *remoteSock) arrives(data []byte) {
	if s.conn.Cancelled || s.conn.Closed {
		return
	}
	data = append([]byte(nil), data...)
	s.net.world.at(s.later(&s.down, s.net.delay()), func() { s.in = append(s.in, data...) })
}

func (s *remoteSock) finComes() {
	s.net.world.at(s.later(&s.down, s.net.delay()), func() { s.fin = true })
}

func (s *remoteSock) resetComes() {
	s.net.world.at(s.later(&s.down, hop), func() { s.torn = true })
}

// goes sends data to the server.
func (s *remoteSock) goes(data []byte) {
	data = append([]byte(nil), data...)
	c := s.conn
	s.net.world.at(s.later(&s.up, s.net.delay()), func() {
		if !c.Reset {
			c.in = append(c.in, data...)
		}
	})
}

// goesFin sends a FIN, once.
func (s *remoteSock) goesFin() {
	if c := s.conn; c != nil && !s.finSent {
		s.finSent = true
		s.net.world.at(s.later(&s.up, s.net.delay()), func() {
			c.Fin = true
			s.net.world.say(fmt.Sprintf("FIN of c%d arrives", c.Number))
		})
	}
}

// goesReset sends a RST; after that the client does not hear of the server's own end.
func (s *remoteSock) goesReset() {
	if c := s.conn; c != nil {
		c.Ending, c.Torn = nil, nil
		s.net.world.at(s.later(&s.up, hop), func() {
			c.Reset = true
			s.net.world.say(fmt.Sprintf("RST of c%d arrives", c.Number))
		})
	}
}
