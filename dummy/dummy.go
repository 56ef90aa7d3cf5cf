package dummy

import (
	"fmt"
	"sync/atomic"
	"time"

	"dummyload/dummy/verify"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// state is where a dummy's connection stands.
//
//	         dial           connected          login packet, or 3 s
//	down ─────────► dialing ─────────► greeting ────────────────► up
//	  ▲                │         (without Login straight to up)    │
//	  │                │ failed, timed out                         │ its own FIN
//	  │ nothing in     ▼                                           ▼
//	  └─────────── dying ◄───────────────────────────────────── closing
//	  flight: Close    ▲       the server's FIN, or unanswered
//	                   └── its own RST; FIN or RST by the server
//
// down is the only state without a socket. A dying dummy waits for what it has in flight: the
// handle is closed when that is nothing (C6), as the last decrement releases a Session.
type state uint8

const (
	down state = iota
	dialing
	greeting
	up
	closing
	dying
)

func (s state) String() string {
	return [...]string{"down", "dialing", "greeting", "up", "closing", "dying"}[s]
}

// flags are what a dummy is besides its state.
type flags uint32

const (
	sending    flags = 1 << iota // SendFlag: a send is in flight
	ready                        // in the worker's ready queue
	dirty                        // in the worker's list of those to write
	pausing                      // a timer will make it ready (LoopDelay)
	redialing                    // a timer or the dial queue will dial it
	shutDown                     // closing: the FIN is out
	settled                      // has been up, or has failed, since it was wanted
	stormy                       // closed by Disconnect, and not yet back
	unread                       // counted as not_reading on this connection
	sendFailed                   // a send met a RST; the receive tells the rest
	hopeless                     // the received stream cannot be followed any further
	heard                        // something was received on this connection
	everSent                     // has sent an echo, on whichever connection
	reused                       // has brought another's echo after a close (noteReuse)
	poked                        // its books are closed, and one more echo was sent (poke.go)
	backlogged                   // nobody had accepted it when it was needed (inBacklog)
	taken                        // its FIN's time was over, and the server had accepted it, unheard

	lost // the server has ended its connection

	ofConnection = sending | shutDown | unread | sendFailed | hopeless | heard | reused | poked |
		backlogged | taken | lost
)

// dummy is one client, for as long as the fleet lives; its connections come and go. Only its
// worker touches it. It lies in a slab and never moves, since the port holds its Overlappeds.
type dummy struct {
	recv, send iocp.Overlapped // Connect uses recv: nothing is received before it is done
	sock       iocp.Socket
	stream     verify.Stream // what has come back, and whether it is right
	public     public
	since      time.Duration // when state began, by the fleet's clock
	pause      time.Duration // before it is dialed again
	sentAt     time.Duration // when the send in flight was posted
	heardAt    time.Duration // when something was received last on this connection; 0 = never
	out        *sendBuffer   // what is being sent; nil when nothing is

	// The sequences of this connection, counted from 1: written ≤ assigned. What is assigned
	// is what was sent, by the ledger: it counts before the write is posted.
	assigned, written uint64
	sends             uint64
	echoed, gone      uint64 // of this connection; gone is lost or abandoned
	times             *timeRing
	time              time.Duration // of the only outstanding echo, when times is nil
	lateUpTo          uint64        // echoes up to this sequence were looked at for lateness

	answered uint64 // echoes of this client on all its connections
	wait     uint32 // Wait Echo Count of this connection
	junk     uint32 // bytes on this connection that came while nothing was outstanding
	slot     uint32
	client   uint32
	conn     uint32 // the n-th connection of this client, counted from 1
	flags    flags
	state    state
	inFlight uint8 // posted and not completed: IOCount by another name
	failures uint8 // in a row; sets the back-off
}

// public is what the workers of other dummies may read (see roster), when they look for the
// owner of a wrong echo, and whoever asks for its address.
type public struct {
	conn  atomic.Uint32  // set before the connection's first byte is sent
	sent  atomic.Uint64  // sequences made into frames on it, as of the last write
	local trace.PeerWord // of that connection: set as it is made
}

// ident names the present connection.
func (d *dummy) ident() verify.Ident { return verify.Ident{Client: d.client, Conn: d.conn} }

func (d *dummy) is(f flags) bool { return d.flags&f != 0 }
func (d *dummy) set(f flags)     { d.flags |= f }
func (d *dummy) clear(f flags)   { d.flags &^= f }

// enter changes the state; only the drawn arrows are legal.
func (d *dummy) enter(s state, now time.Duration) {
	legal := [...][6]bool{
		down:     {dialing: true},
		dialing:  {greeting: true, up: true, dying: true},
		greeting: {up: true, closing: true, dying: true},
		up:       {closing: true, dying: true},
		closing:  {dying: true},
		dying:    {down: true},
	}
	if !legal[d.state][s] {
		panic(fmt.Sprintf("dummy: slot %d goes from %v to %v", d.slot, d.state, s))
	}
	d.state, d.since = s, now
}

// check panics unless the connection's ledger balances.
func (d *dummy) check() {
	if d.assigned != d.echoed+d.gone+uint64(d.wait) {
		panic(fmt.Sprintf("dummy: slot %d, connection %d: "+
			"sent %d is not echoed %d + gone %d + wait %d",
			d.slot, d.conn, d.assigned, d.echoed, d.gone, d.wait))
	}
}
