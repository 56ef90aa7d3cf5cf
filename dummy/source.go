package dummy

import (
	"math"
	"net"
	"net/netip"

	"dummyload/server/iocp"
)

// sources chooses the address a connection comes from. One address has some 28,000 ephemeral
// ports; more connections to one server need more addresses.
type sources struct {
	list  []netip.Addr // asked for by name
	ports int          // connections that one address carries; 0 = no spreading
}

const (
	portsUnknown = 16384 // the IANA's ephemeral range, where the system does not tell its own
	lingers      = 60    // seconds that a closed connection keeps its port (TIME_WAIT)
)

// newSources spreads over cfg.Sources, or over 127.0.0.0/8 where the target is on the IPv4
// loopback and the system has more of it than 127.0.0.1 (macOS does not).
func newSources(cfg Config) sources {
	if len(cfg.Sources) > 0 {
		return sources{list: cfg.Sources}
	}
	to := cfg.Target.Addr().Unmap()
	if !to.Is4() || !to.IsLoopback() || !bindable(netip.AddrFrom4([4]byte{127, 0, 0, 2})) {
		return sources{}
	}
	return sources{ports: ephemeralPorts() * 3 / 4} // other programs want some too
}

func ephemeralPorts() int {
	if lo, hi, ok := iocp.PortRange(); ok {
		return hi - lo + 1
	}
	return portsUnknown
}

// bindable reports whether a connection may come from a.
func bindable(a netip.Addr) bool {
	l, err := net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// pick chooses by the client, and by the connection's number where churn leaves more ports
// lingering than one address has. The zero Addr leaves it to the system.
func (s sources) pick(client, conn uint32, churn float64) netip.Addr {
	switch {
	case len(s.list) > 0:
		return s.list[int(client)%len(s.list)]
	case s.ports == 0:
		return netip.Addr{}
	}
	turns := 1 + uint32(math.Min(churn*lingers/float64(s.ports), 255))
	n := client/uint32(s.ports)*turns + conn%turns
	if n == 0 {
		return netip.Addr{}
	}
	host := 1 + n // 127.0.0.1 is the first; 2^20 clients stay far below 2^24
	return netip.AddrFrom4([4]byte{127, byte(host >> 16), byte(host >> 8), byte(host)})
}
