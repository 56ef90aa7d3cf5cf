package probe

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/server/frame"
)

// The limits of a probe.
const (
	MaxConnections = 30 // in all, one at a time
	// MaxSent is how many bytes at most are sent on each connection. A description that is given is tried
	// as it says: one session and one echo, however long its packets are.
	MaxSent = 64
	// Within is how long a probe takes at most, whatever the server does.
	Within = 9500 * time.Millisecond

	listening  = 300 * time.Millisecond // for what comes unasked
	longest    = 600 * time.Millisecond // wait for what a packet brings
	shortest   = 50 * time.Millisecond
	dialing    = 3 * time.Second
	gathering  = 50 * time.Millisecond // what else comes when an answer is wrong already
	keptBytes  = 256                   // of what came
	payload    = 24                    // bytes of an echo, where they fit: more than any first part
	payloadMin = 9                     // … so that an answer with the first 8 is told from all of it
)

// MaxGiven is how many formats besides the built-in ones a probe can try.
func MaxGiven() int { return MaxConnections - 2 - len(frame.Names()) }

// Probe tries the given formats, and then those that are built in. It ends early when ctx does.
// progress, if not nil, is told how many of all tries are done.
func Probe(ctx context.Context, target string, given []*frame.Format, progress func(done, all int)) *Report {
	return probe(ctx, target, given, progress, func(ctx context.Context, target string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", target)
	})
}

// dialer makes a connection.
type dialer func(ctx context.Context, target string) (net.Conn, error)

func probe(ctx context.Context, target string, given []*frame.Format, progress func(done, all int), dial dialer,
) *Report {
	began := time.Now()
	ctx, cancel := context.WithDeadline(ctx, began.Add(Within))
	defer cancel()
	p := &prober{ctx: ctx, dial: dial, target: target, report: &Report{Target: target}}
	formats := given
	for _, name := range frame.Names() {
		formats = append(formats[:len(formats):len(formats)], frame.Builtin(name))
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	p.units = 1 // for hello
	for _, f := range formats {
		p.units += waits(f)
	}
	if p.first(); p.report.Unreachable == "" {
		for i, f := range formats {
			progress(i, len(formats))
			p.units -= waits(f)
			p.report.Tries = append(p.report.Tries, p.try(f, waits(f)))
		}
		progress(len(formats), len(formats))
	}
	if p.report.conclude(); p.report.isStrange() {
		p.hello()
	}
	p.report.Took = Span(time.Since(began))
	return p.report
}

// waits is for how many packets of the server a try waits.
func waits(f *frame.Format) int {
	n := 1
	for _, s := range f.Session {
		if !s.Send {
			n++
		}
	}
	return n
}

type prober struct {
	ctx    context.Context
	dial   dialer
	target string
	report *Report
	units  int // packets that are still to be waited for, after those of the present connection
	made   int // connections
}

// connect makes the next connection.
func (p *prober) connect() (*talk, error) {
	switch {
	case p.ctx.Err() != nil:
		return nil, p.ctx.Err()
	case p.made == MaxConnections:
		return nil, fmt.Errorf("%d connections are made already", p.made)
	}
	p.made++
	ctx, cancel := context.WithTimeout(p.ctx, dialing)
	defer cancel()
	c, err := p.dial(ctx, p.target)
	if err != nil {
		return nil, err
	}
	p.target = c.RemoteAddr().String() // a name may stand for many servers: this one is probed
	return &talk{c: c}, nil
}

// patience is how long to wait for one packet: as long as there is time for all the others.
func (p *prober) patience(units int) time.Duration {
	end, _ := p.ctx.Deadline()
	left := time.Until(end) / time.Duration(p.units+units)
	return max(shortest, min(longest, left))
}

// first listens on the first connection, and then sends half a frame on it.
func (p *prober) first() {
	r := p.report
	t, err := p.connect()
	if err != nil {
		r.Unreachable = err.Error()
		return
	}
	defer t.c.Close()
	t.read(p.ctx, listening, func() bool { return false })
	r.Unasked = Exchange{Got: t.got, End: t.end}
	if t.end != Open {
		return
	}
	half := halfAFrame()
	from := len(t.got)
	began := time.Now()
	t.send(half)
	t.read(p.ctx, p.patience(1), func() bool { return len(t.got)-from >= len(half) })
	r.Half = Exchange{Sent: half, Got: bytes.Clone(t.got[from:]), End: t.end}
	r.Stream = bytes.Equal(half, r.Half.Got)
	r.Half.RTT = Span(time.Since(began))
}

// clientHello is the shortest that TLS 1.2 knows: one cipher suite, no extensions. A server of TLS that
// does not like it says so, in an alert. Some close without a word (OpenSSL under Python's asyncio), and many
// say nothing at all to what is no TLS.
var clientHello = slices.Concat([]byte{0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3}, make([]byte, 32), // random
	[]byte{0, 0, 2, 0xc0, 0x2f, 1, 0})

// hello asks whether the server speaks TLS.
func (p *prober) hello() {
	t, err := p.connect()
	if err != nil {
		return
	}
	defer t.c.Close()
	p.units--
	t.send(clientHello)
	t.read(p.ctx, p.patience(1), func() bool { return len(t.got) > 2 })
	p.report.Hello = Exchange{Sent: t.sent, Got: t.got, End: t.end}
	p.report.Speaks = diagnose.Speaks(t.got, true)
}

// halfAFrame is the first half of a request that has a frame.
func halfAFrame() []byte {
	for _, name := range frame.Names() {
		if f := frame.Builtin(name); !f.Stream {
			e := newEcho(f, 0, payload)
			b := e.Request(f)
			return b[:len(b)/2]
		}
	}
	panic("probe: no built-in format has frames")
}

// newEcho is the n-th connection's echo. Its payload is of letters, as text and binary formats both take
// them, and differs from connection to connection. A terminator's letters are not among them.
func newEcho(f *frame.Format, n, size int) diagnose.Echo {
	var letters []byte
	for c := byte('a'); c <= 'z'; c++ {
		if !bytes.ContainsRune(f.Terminator(), rune(c)) {
			letters = append(letters, c)
		}
	}
	e := diagnose.Echo{Values: frame.Values{Client: uint32(n), Connection: 1, Sequence: 1, Packet: 1,
		Random: uint64(time.Now().UnixNano())}}
	for x := e.Random; len(e.Payload) < size; {
		x = x*6364136223846793005 + 1442695040888963407
		e.Payload = append(e.Payload, letters[int(x>>33)%len(letters)])
	}
	return e
}

// payloadSize is how long a payload a try has: what the limit leaves, and enough to tell what comes back.
func payloadSize(f *frame.Format) int {
	return min(max(payloadMin, min(payload, MaxSent-f.Request.Size(0))), f.MaxPayload())
}
