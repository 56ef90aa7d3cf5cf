package dummy

import (
	"fmt"
	"sync/atomic"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/monitor/trace"
)

// flags are what a dummy is besides its state.
type flags uint32

const (
	ready      flags = 1 << iota // in the worker's ready queue
	dirty                        // in the worker's list of those to write
	pausing                      // a timer will make it ready (LoopDelay)
	shutDown                     // closing: the FIN is out
	settled                      // has been up, or has failed, since it was wanted (see settle)
	inStorm                      // closed by Disconnect, and not yet back
	unread                       // counted as not_reading on this connection
	sendFailed                   // a send met a RST; the receive tells the rest
	hopeless                     // the received stream cannot be followed any further
	heard                        // something was received on this connection
	everSent                     // has sent an echo, on whichever connection
	reused                       // has brought another's echo after a close (noteReuse)
	poked                        // its books are closed, and one more echo was sent (poke.go)
	backlogged                   // nobody had accepted it when it was needed (inBacklog)
	taken                        // its FIN had its time once; the server had accepted it, and sent nothing
	beating                      // a timer will make it send a heartbeat
	beatDue                      // a heartbeat is to be sent

	lost // the server has ended its connection

	// ofConnection are the flags that end with the connection.
	ofConnection = shutDown | unread | sendFailed | hopeless | heard | reused | poked |
		backlogged | taken | beatDue | lost
)

// dummy is one client, for as long as the fleet lives; its connections come and go. Only its
// worker touches it. It lies in a slab and never moves, since the port holds its Overlappeds.
type dummy struct {
	conn.Conn
	stream  verify.Stream // what has come back, and whether it is right
	public  public
	heardAt time.Duration // when something was received last on this connection; 0 = never
	out     *sendBuffer   // what is being sent; nil when nothing is

	// The sequences of this connection, counted from 1: written ≤ assigned. The ledger counts an
	// echo as sent when it is assigned, before its write is posted.
	assigned, written uint64
	sends             uint64 // posted on this connection
	echoed, gone      uint64 // of this connection; gone is lost or abandoned
	times             *timeRing
	time              time.Duration // when the only outstanding echo was due; used while times is nil
	lateUpTo          uint64        // echoes up to this sequence were looked at for lateness

	answered uint64 // echoes of this client on all its connections
	wait     uint32 // Wait Echo Count of this connection
	others   uint32 // packets of this connection that are no echoes: steps of the session, heartbeats
	junk     uint32 // bytes on this connection that came while nothing was outstanding
	flags    flags
}

// public is what other goroutines may read of a dummy: workers that look for the owner of a wrong
// echo (see roster), and whoever asks for its address (see Fleet.LocalOf).
type public struct {
	conn  atomic.Uint32  // set before the connection's first byte is sent
	sent  atomic.Uint64  // sequences made into frames on it, as of the last write
	local trace.PeerWord // of that connection: set as it is made
}

// ident names the present connection.
func (d *dummy) ident() verify.Ident { return verify.Ident{Client: d.Client, Conn: d.Number} }

func (d *dummy) is(f flags) bool { return d.flags&f != 0 }
func (d *dummy) set(f flags)     { d.flags |= f }
func (d *dummy) clear(f flags)   { d.flags &^= f }

// check panics unless the connection's ledger balances.
func (d *dummy) check() {
	if d.assigned != d.echoed+d.gone+uint64(d.wait) {
		panic(fmt.Sprintf("dummy: slot %d, connection %d: "+
			"sent %d is not echoed %d + gone %d + wait %d",
			d.Slot, d.Number, d.assigned, d.echoed, d.gone, d.wait))
	}
}
