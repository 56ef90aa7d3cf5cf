package dummy

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"dummyload/monitor"
)

// What hostile servers may cost the tester: DESIGN's bound.
const (
	hurtMost    = 64 << 20
	hurtPerConn = 8 << 10
	hurtClients = 64
)

// giants are headers that declare the most there is, with junk behind each. The junk is what a
// header declares, so that the stream goes on for ever with legal frames.
func giants(c *net.TCPConn) {
	frame := append([]byte{0xff, 0xff}, bytes.Repeat([]byte{1}, 1<<16-1)...)
	for {
		if _, err := c.Write(frame); err != nil {
			return
		}
	}
}

// endless is junk without frames.
func endless(c *net.TCPConn) {
	junk := bytes.Repeat([]byte{7}, 1<<16)
	for {
		if _, err := c.Write(junk); err != nil {
			return
		}
	}
}

// drops answers one byte at a time, with a pause before each.
func drops(c *net.TCPConn) {
	var one [1]byte
	for {
		if _, err := c.Read(one[:]); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
		if _, err := c.Write(one[:]); err != nil {
			return
		}
	}
}

// TestHostileServersDoNotHurtTheTester: whatever a server does, it is called by its name, and
// the memory stays within the bound. The server's own memory is in the figure, too.
func TestHostileServersDoNotHurtTheTester(t *testing.T) {
	var over chan struct{} // ends who reads nothing
	for _, c := range []struct {
		name   string
		behave func(*net.TCPConn)
		change func(*Config)
		faults []monitor.Fault // the first must be found; the others go with it
	}{
		{"endless data", endless, nil, []monitor.Fault{monitor.Unsolicited, monitor.Truncated}},
		{"giant headers", giants, nil, []monitor.Fault{monitor.Truncated, monitor.Unsolicited}},
		{"a giant header and nothing", func(c *net.TCPConn) {
			_, _ = c.Write([]byte{0xff, 0xff})
			readAll(c)
		}, nil, []monitor.Fault{monitor.Late, monitor.Unsolicited, monitor.Truncated}},
		{"reads nothing", func(*net.TCPConn) { <-over }, func(c *Config) {
			c.SizeMin, c.SizeMax, c.OverSend = 60_000, 60_000, 400
		}, []monitor.Fault{monitor.NotReading}},
		{"a byte now and then", drops, nil, []monitor.Fault{monitor.Late}},
		{"resets everybody", func(c *net.TCPConn) {
			_, _ = io.CopyN(io.Discard, c, 1)
			_ = c.SetLinger(0)
		}, nil, []monitor.Fault{monitor.ResetByServer}},
	} {
		t.Run(c.name, func(t *testing.T) {
			over = make(chan struct{})
			defer close(over) // before the server is stopped, which waits
			cfg := testConfig(startServer(t, c.behave))
			cfg.Backend, cfg.Clients = "", hurtClients
			cfg.EchoTimeout, cfg.DrainTimeout = 50*time.Millisecond, 200*time.Millisecond
			if c.change != nil {
				c.change(&cfg)
			}
			before := heap()
			f := startFleet(t, cfg)
			reach(t, f, monitor.Idle)
			give(t)(f.Start(0))
			until(t, f, c.faults[0].String(), func(s *monitor.View) bool {
				return s.Faults[c.faults[0]] >= hurtClients
			})
			if grown := heap() - before; grown > hurtMost+hurtPerConn*hurtClients {
				t.Errorf("%d bytes for %d connections", grown, hurtClients)
			} else {
				t.Logf("%d kB", grown>>10)
			}
			give(t)(f.Stop())
			reach(t, f, monitor.Drained, monitor.Undrained)
			must(t, f.Close())
			if grown := heap() - before; grown > hurtMost+hurtPerConn*hurtClients {
				t.Errorf("%d bytes are left", grown)
			}
			onlyNamed(t, snap(f), append(slices.Clone(c.faults), monitor.Late, monitor.NotDrained))
		})
	}
}

// onlyNamed checks that a run has these faults and no others.
func onlyNamed(t *testing.T, s *monitor.View, may []monitor.Fault) {
	t.Helper()
	for _, f := range may {
		s.Faults[f] = 0
	}
	if s.Faults != [monitor.NumFaults]uint64{} {
		t.Errorf("besides: %v", s.Faults)
	}
}

// heap is what the heap and the stacks hold, without garbage.
func heap() int64 {
	runtime.GC()
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() + samples[1].Value.Uint64())
}
