package dummy

import (
	"math"
	"net"
	"net/netip"

	"dummyload/server/iocp"
)

// sources chooses the address a connection comes from. One address has some 28,000 ephemeral
// ports; more connections to one server need more addresses. Fewer are better: Linux gives the
// ports of one parity first, and when they are used up it looks through all of them, one by one,
// before it tries the others (inet_hash_connect): up to 1 ms of processor time for each connect.
type sources struct {
	list  []netip.Addr // asked for by name
	ports int          // connections that one address carries; 0 = no spreading
}

const (
	portsUnknown = 16384 // the IANA's ephemeral range, where the system does not tell its own
	lingers      = 60    // seconds that a closed connection keeps its port (TIME_WAIT)
	turnsMost    = 256
	// cheapShare of an address's ports are given without a search, and usedShare of them are ours:
	// other programs, a second tester among them, come from the same addresses.
	cheapShare, usedShare = 2, 2
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
	return sources{ports: max(1, ephemeralPorts()/(cheapShare*usedShare))}
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

// pick chooses by the client: each block of `ports` clients has an address. closes is how many
// connections are closed per second: their ports linger. Where one address has no room for those,
// the block has several, which its connections use in turn. live is how many clients there are. The
// zero Addr leaves the choice to the system.
func (s sources) pick(client, conn uint32, live int, closes float64) netip.Addr {
	switch {
	case len(s.list) > 0:
		return s.list[int(client)%len(s.list)]
	case s.ports == 0:
		return netip.Addr{}
	}
	ports := float64(s.ports)
	blocks := max(1, math.Ceil(float64(live)/ports))
	busy := math.Min(float64(live), ports) + closes*lingers/blocks
	turns := uint32(math.Min(max(1, math.Ceil(busy/ports)), turnsMost))
	n := client/uint32(s.ports)*turns + (client+conn)%turns
	if n == 0 {
		return netip.Addr{}
	}
	const most = 1<<24 - 3 // 127.0.0.1 is the first, 127.255.255.254 the last
	host := 1 + n%most
	return netip.AddrFrom4([4]byte{127, byte(host >> 16), byte(host >> 8), byte(host)})
}
