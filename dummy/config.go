package dummy

import (
	"net/netip"
	"time"

	"dummyload/server/frame"
)

// CloseKind is how a dummy closes its own connections.
type CloseKind uint8

// The kinds of close.
const (
	CloseFIN   CloseKind = iota // half-close, read to the server's FIN, close
	CloseRST                    // abort
	CloseMixed                  // either, by the seed
)

// Config is what a fleet does. The zero value of a field means the default of CONTRACT's flag
// of the same name, but where a comment says otherwise.
type Config struct {
	Target         netip.AddrPort // required
	Clients        int            // 1 to MaxClients
	OverSend       int            // 1 to MaxOverSend
	SizeMin        int            // payload bytes, at least MinSize
	SizeMax        int
	Frame          frame.Format // the zero value is frame.Raw
	Login          bool
	Rate           float64 // echoes/s over the fleet; 0 = closed loop
	LoopDelay      time.Duration
	Churn          float64 // connections/s closed and reopened
	Close          CloseKind
	ReconnectDelay time.Duration
	ConnectRate    float64 // new connections/s, 0 = no limit
	ConnectTimeout time.Duration
	EchoTimeout    time.Duration
	DrainTimeout   time.Duration
	Quiet          time.Duration
	Seed           uint64       // used as it is, 0 included
	Sources        []netip.Addr // empty: the system's choice, spread by itself over 127.0.0.0/8 for loopback
	Workers        int          // fleet worker threads, each with a port of its own
	Backend        string       // of server/iocp
}

// Limits of Config.
const (
	MinSize     = 8
	MaxClients  = 1 << 20
	MaxOverSend = 4096
)
