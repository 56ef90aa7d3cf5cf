package cluster

import (
	"bufio"
	"fmt"
	"net/netip"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// Listening is a server's first line on stdout.
type Listening struct {
	Addr    netip.AddrPort
	Backend string // of its completion port
	Workers int
}

// String is the line.
func (l Listening) String() string {
	return fmt.Sprintf("listening on %v backend=%s workers=%d", l.Addr, l.Backend, l.Workers)
}

// parseListening reads the line, with or without its end.
func parseListening(line string) (l Listening, err error) {
	var addr string
	_, err = fmt.Sscanf(line, "listening on %s backend=%s workers=%d", &addr, &l.Backend, &l.Workers)
	if err != nil {
		return Listening{}, err
	}
	l.Addr, err = netip.ParseAddrPort(addr)
	return l, err
}

// readListening reads it from a child.
func readListening(lines *bufio.Reader) (Listening, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return Listening{}, err
	}
	return parseListening(line)
}

// kind is what an order wants.
type kind string

const (
	orderStop    kind = "stop"    // the server is to stop, and to make its audit
	orderSteps   kind = "steps"   // what the trace has of a peer around a time
	orderRecords kind = "records" // all that it has
)

// order is what a parent says.
type order struct {
	What kind

	// Of orderSteps, see monitor.Witness. The times are the child's, see clock.
	Peer   trace.PeerKey
	Dialed time.Time
	At     time.Time
}

// word is what a child says: one of the two.
type word struct {
	Server *monitor.Server `json:",omitempty"` // its figures; last its audit
	Answer *trace.Excerpt  `json:",omitempty"` // to the one question that is out
}

// figuresEvery is how often a child says its figures.
const figuresEvery = 250 * time.Millisecond

// How long an answer may take: a child that is busy, and one that writes its whole trace.
const (
	stepsMost = time.Second

	// RecordsMost is how long Records waits at most.
	RecordsMost = 5 * time.Second
)
