package dummy

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"dummyload/dummy/hostile"
	"dummyload/dummy/verify"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// CloseKind is how a dummy closes its own connections.
type CloseKind uint8

// The kinds of close.
const (
	CloseFIN   CloseKind = iota // half-close, read to the server's FIN, close
	CloseRST                    // abort
	CloseMixed                  // either, by the seed
)

// closeKinds are the names of the kinds on the command line.
var closeKinds = [...]string{CloseFIN: "fin", CloseRST: "rst", CloseMixed: "mixed"}

// String is the kind's name on the command line.
func (k CloseKind) String() string { return closeKinds[k] }

// ParseCloseKind finds a kind by its name: fin, rst or mixed.
func ParseCloseKind(name string) (CloseKind, error) {
	for k, n := range closeKinds {
		if n == name {
			return CloseKind(k), nil
		}
	}
	return 0, fmt.Errorf("%q is no way to close; want fin, rst or mixed", name)
}

// Config is what a fleet does. The zero value of a field means the default of the flag of the
// same name, except where a comment says otherwise.
type Config struct {
	Target         netip.AddrPort // required
	Clients        int            // 1 to MaxClients
	OverSend       int            // 1 to MaxOverSend
	SizeMin        int            // payload bytes, at least MinSize
	SizeMax        int            // 0 means SizeMin where that is given
	Frame          *frame.Format  // nil means raw
	Rate           float64        // echoes/s over the fleet; 0 = closed loop
	LoopDelay      time.Duration
	Churn          float64 // connections/s closed and reopened
	Close          CloseKind
	ReconnectDelay time.Duration
	ConnectRate    float64 // new connections/s, 0 = no limit
	ConnectTimeout time.Duration
	EchoTimeout    time.Duration
	DrainTimeout   time.Duration
	Quiet          time.Duration   // used as it is: 0 = none
	Seed           uint64          // used as it is, 0 included
	Foreign        bool            // the server is not one of this program's: it may speak other frames
	Sources        []netip.Addr    // empty: the system's choice, spread over 127.0.0.0/8 for loopback
	Hostile        []hostile.Group // dummies that misbehave, beside the Clients
	Workers        int             // fleet worker threads, each with a port of its own
	Backend        string          // of server/iocp
	// Found is told of each fault whose evidence is kept, by a worker that has other things to do:
	// it must not block. May be nil.
	Found func(monitor.Evidence)
	// Skipped is told of each better backend that "auto" could not take, and why; may be nil.
	Skipped func(backend string, err error)
}

// Limits of Config.
const (
	MinSize     = verify.MinSize
	MaxClients  = verify.MaxClients
	MaxOverSend = 4096
	MaxSources  = 1024
)

// Defaults of a payload's size in bytes. The others are in the table of knobs.
const (
	DefaultSizeMin = 8
	DefaultSizeMax = 64
)

// WithDefaults fills in what is not given and checks the rest. The error names the setting,
// its value and what is accepted; New does the same.
func (c Config) WithDefaults() (Config, error) {
	c.fill()
	return c, c.check()
}

func (c *Config) fill() {
	orInt := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	if c.SizeMin == 0 && c.SizeMax == 0 {
		c.SizeMin, c.SizeMax = DefaultSizeMin, DefaultSizeMax
	}
	orInt(&c.SizeMin, MinSize)
	orInt(&c.SizeMax, c.SizeMin)
	if c.Frame == nil {
		c.Frame = frame.Builtin("raw")
	}
	c.fillKnobs()
	if c.Backend == "" {
		c.Backend = iocp.Auto
	}
}

func (c *Config) check() error {
	if !c.Target.IsValid() || c.Target.Port() == 0 {
		return errors.New("target: an address and a port are needed, as in 127.0.0.1:6000")
	}
	for _, err := range [...]error{
		c.checkKnobs(),
		within("size minimum", c.SizeMin, MinSize, c.Frame.MaxPayload()),
		within("size maximum", c.SizeMax, c.SizeMin, c.Frame.MaxPayload()),
		within("close", c.Close, CloseFIN, CloseMixed),
		c.checkSources(),
		c.checkHostile(),
		c.checkNumbers(),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func within[T int | CloseKind](name string, v, lo, hi T) error {
	if v < lo || v > hi {
		return fmt.Errorf("%s: %d; accepted: %d to %d", name, v, lo, hi)
	}
	return nil
}

// checkNumbers holds the dummies to the numbers that the frame has for clients: two of one number would be
// one client for the server.
func (c *Config) checkNumbers() error {
	if most, n := c.Frame.MaxClient(), c.Clients+c.hostile(); uint64(n)-1 > most {
		return fmt.Errorf("clients: %d, with those that misbehave; accepted: up to %d with frame %v, "+
			"whose field for the client holds no more", n, most+1, c.Frame)
	}
	return nil
}

func (c *Config) checkSources() error {
	if len(c.Sources) > MaxSources {
		return fmt.Errorf("source: %d addresses; accepted: up to %d", len(c.Sources), MaxSources)
	}
	for _, a := range c.Sources {
		if !a.IsValid() || a.Is4() != c.Target.Addr().Unmap().Is4() {
			return fmt.Errorf("source: %v; accepted: addresses of the target's family (%v)",
				a, c.Target.Addr())
		}
	}
	return nil
}
