package server

import (
	"bytes"
	"encoding/binary"

	"dummyload/server/frame"
	"dummyload/server/iocp/sim"
)

// simClient is one connection's client: what it sent, and what it must receive next.
type simClient struct {
	s       *simulation
	conn    *sim.Conn
	sent    int // frames
	echoed  int // of them
	logins  int
	pushed  [simWriters]int
	buf     []byte // the beginning of a frame; with raw all that is owed
	garbage bool
	got     func([]byte)
}

// client is a client's coroutine.
func (s *simulation) client() {
	for range s.shape.rounds {
		c := s.dial()
		for n := range s.shape.frames {
			c.sendFrame(n)
			if s.world.Pick(2) == 0 {
				s.world.Block("waits for its echo", c.answered)
			}
		}
		if s.end(c) == staysOpen {
			return
		}
		s.world.Block("waits for the end", c.over)
	}
}

// dial makes a connection. The client's memory is an earlier run's.
func (s *simulation) dial() *simClient {
	conn := s.port.Dial()
	if conn.Number == len(s.memory) {
		c := &simClient{}
		c.got = c.receive
		s.memory = append(s.memory, c)
	}
	c := s.memory[conn.Number]
	*c = simClient{s: s, conn: conn, buf: c.buf[:0], got: c.got}
	conn.Got = c.got
	s.clients = s.memory[:conn.Number+1]
	return c
}

// over reports whether the connection has nothing more to wait for.
func (c *simClient) over() bool { return c.conn.Ended() || c.s.stopping && !c.conn.Accepted }

// answered reports whether there is no echo to wait for.
func (c *simClient) answered() bool { return c.echoed == c.sent || c.over() }

// frameSize is the length of what sendFrame sends.
const frameSize = 5

// sendFrame sends {'e', connection, number}, in one piece or two.
func (c *simClient) sendFrame(n int) {
	packet := [frameSize]byte{3, 0, 'e', byte(c.conn.Number), byte(n)}
	c.sent++
	if c.s.shape.raw {
		c.buf = append(c.buf, packet[:]...)
	}
	if c.s.world.Rare() {
		cut := 1 + c.s.world.Pick(len(packet)-1)
		c.conn.Send(packet[:cut])
		c.conn.Send(packet[cut:])
		return
	}
	c.conn.Send(packet[:])
}

// end ends the connection in one of the shape's ways.
func (s *simulation) end(c *simClient) simEnd {
	how := s.shape.ends[s.world.Pick(len(s.shape.ends))]
	switch how {
	case sendsFin:
		c.conn.SendFin()
	case sendsReset:
		c.conn.SendReset()
	case sendsGarbage:
		c.garbage = true
		c.conn.Send([]byte{0, 0})
	case stopsReading:
		c.conn.SetMute(true)
		c.sendFrame(s.shape.frames)
		c.sendFrame(s.shape.frames + 1)
		return staysOpen
	}
	return how
}

// receive checks each frame as its last byte arrives; a stream's bytes as they come.
func (c *simClient) receive(data []byte) {
	if c.s.shape.raw {
		if !bytes.HasPrefix(c.buf, data) {
			c.wrong(data)
		}
		c.buf = append(c.buf[:0], c.buf[len(data):]...)
		c.echoed = c.sent - (len(c.buf)+frameSize-1)/frameSize
		return
	}
	c.buf = append(c.buf, data...)
	for len(c.buf) >= 2 {
		size := 2 + int(binary.LittleEndian.Uint16(c.buf))
		if size != 5 && size != 7 && size != 10 {
			c.wrong(c.buf)
		}
		if len(c.buf) < size {
			return
		}
		c.frame(c.buf[2:size])
		c.buf = append(c.buf[:0], c.buf[size:]...)
	}
}

func (c *simClient) frame(packet []byte) {
	switch {
	case len(packet) == 8:
		if c.logins++; binary.LittleEndian.Uint64(packet) != frame.LoginValue || c.logins > 1 ||
			!c.s.shape.login || c.echoed > 0 {
			c.wrong(packet)
		}
	case packet[0] == 'e' && len(packet) == 3:
		if packet[1] != byte(c.conn.Number) || packet[2] != byte(c.echoed) || c.echoed >= c.sent {
			c.wrong(packet)
		}
		c.echoed++
	case packet[0] == 'p' && len(packet) == 5:
		writer, id := int(packet[1]), SessionID(c.conn.Owner)
		if writer >= simWriters || packet[2] != byte(c.pushed[writer]) ||
			packet[3] != byte(id.index()) || packet[4] != byte(id>>indexBits) {
			c.wrong(packet)
		}
		c.pushed[writer]++
	default:
		c.wrong(packet)
	}
}

func (c *simClient) wrong(got []byte) {
	c.s.world.Fail("wrong bytes: c%d, which is %v, got %q where echo %d of %d was next",
		c.conn.Number, SessionID(c.conn.Owner), got, c.echoed, c.sent)
}
