package conn

import (
	"fmt"
	"time"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// State is where a connection stands.
//
//	         dial           connected          greeted
//	Down ─────────► Dialing ─────────► Greeting ────────────────► Up
//	  ▲                │        (without Greeting straight to Up)  │
//	  │                │ failed, timed out                         │ its own FIN
//	  │ nothing in     ▼                                           ▼
//	  └─────────── Dying ◄───────────────────────────────────── Closing
//	  flight: Close    ▲       the server's FIN, or unanswered
//	                   └── its own RST; FIN or RST by the server
//
// Down is the only state without a socket. A dying connection waits for what it has in flight. When
// nothing is, the handle is closed (C6), as a session is released by the last decrement.
type State uint8

// The states.
const (
	Down State = iota
	Dialing
	Greeting
	Up
	Closing
	Dying
)

func (s State) String() string {
	return [...]string{"down", "dialing", "greeting", "up", "closing", "dying"}[s]
}

// Conn is one client's connection. When it has ended, the client's next connection uses the same
// Conn. Only the engine's thread touches it. It never moves, since the port holds its Overlappeds.
type Conn struct {
	recv, send iocp.Overlapped // Connect uses recv: nothing is received before it is done
	sock       iocp.Socket
	since      time.Duration // when state began
	sentAt     time.Duration // when the send in flight was posted
	pause      time.Duration // before it is dialed again

	Slot   uint32 // its place among the Owner's connections
	Client uint32 // the client's number in the whole run
	Number uint32 // the n-th connection of this client, counted from 1

	state    State
	inFlight uint8 // operations posted and not completed: the server's IOCount
	failures uint8 // in a row; they set the pause (Backoff)
	flags    flags
}

// flags are what is true of a connection besides its state.
type flags uint8

const (
	sending   flags = 1 << iota // SendFlag: a send is in flight
	receiving                   // a receive is in flight
	queued                      // a timer or the dial queue will dial it
)

// Init makes c the connection of a client; it is down. Owner.At finds it by its slot.
func (c *Conn) Init(slot, client uint32) {
	c.Slot, c.Client = slot, client
	c.sock = iocp.InvalidSocket
	c.recv.Key, c.send.Key = uint64(slot), uint64(slot)
}

// State is where it stands.
func (c *Conn) State() State { return c.state }

// Since is when its state began, by the engine's clock.
func (c *Conn) Since() time.Duration { return c.since }

// Sending reports whether a send is in flight.
func (c *Conn) Sending() bool { return c.flags&sending != 0 }

// SentAt is when the last send was posted, by the engine's clock.
func (c *Conn) SentAt() time.Duration { return c.sentAt }

// Receiving reports whether a receive is in flight.
func (c *Conn) Receiving() bool { return c.flags&receiving != 0 }

// InFlight is how many operations of it are posted and not completed.
func (c *Conn) InFlight() int { return int(c.inFlight) }

// ID names the connection in traces.
func (c *Conn) ID() uint64 { return trace.ID(uint64(c.Client), uint64(c.Number)) }

// enter changes the state; only the drawn arrows are legal.
func (c *Conn) enter(s State, now time.Duration) {
	legal := [...][6]bool{
		Down:     {Dialing: true},
		Dialing:  {Greeting: true, Up: true, Dying: true},
		Greeting: {Up: true, Closing: true, Dying: true},
		Up:       {Closing: true, Dying: true},
		Closing:  {Dying: true},
		Dying:    {Down: true},
	}
	if !legal[c.state][s] {
		panic(fmt.Sprintf("conn: slot %d goes from %v to %v", c.Slot, c.state, s))
	}
	c.state, c.since = s, now
}
