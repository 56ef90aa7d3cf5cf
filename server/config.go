package server

import (
	"net/netip"

	"dummyload/server/frame"
)

// Config describes a server to Start.
type Config struct {
	Listen      netip.AddrPort // port 0 takes a free one
	Backend     string         // of server/iocp; empty means "auto"
	Workers     int            // worker threads; 0 means one for every two cores, at least 1
	Frame       frame.Format
	Login       bool    // send one login packet, LoginValue, to each accepted session
	MaxSessions int     // 0 means DefaultMaxSessions
	SendQLimit  int     // bytes queued per session, 0 means DefaultSendQLimit
	Handler     Handler // nil means Echo
}

// Limits and defaults of Config.
const (
	DefaultMaxSessions = 1 << 20
	DefaultSendQLimit  = 8 << 20
)

// LoginValue is the login packet, 8 bytes little-endian.
const LoginValue uint64 = 0x7fffffffffffffff
