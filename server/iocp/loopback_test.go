package iocp

import "net/netip"

// loopback is where the tests listen.
var loopback = netip.MustParseAddrPort("127.0.0.1:0")
