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

// kind is what a request wants.
type kind string

const (
	requestStop    kind = "stop"    // stop the server and make its audit
	requestSteps   kind = "steps"   // what the trace has of a peer around a time
	requestRecords kind = "records" // all that the trace has
)

// request is what a parent sends.
type request struct {
	What kind

	// Of requestSteps, see monitor.Witness. The times are the child's, see clock.
	Peer   trace.PeerKey
	Dialed time.Time
	At     time.Time
}

// message is what a child sends: one of the two.
type message struct {
	Server *monitor.Server `json:",omitempty"` // its figures; the last ones have its audit
	Answer *trace.Excerpt  `json:",omitempty"` // the one that is owed
}

// figuresEvery is how often a child sends its figures.
const figuresEvery = 250 * time.Millisecond

// How long an answer may take.
const (
	stepsMost = time.Second // the child may be busy

	// RecordsMost is how long Records waits at most: the child writes its whole trace.
	RecordsMost = 5 * time.Second
)
