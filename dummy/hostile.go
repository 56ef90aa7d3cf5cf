package dummy

import (
	"fmt"

	"dummyload/dummy/hostile"
	"dummyload/monitor"
	"dummyload/server/frame"
)

// crowd is the hostile dummies beside the fleet, and what of theirs was counted before the last
// Reset. The fleet's books know nothing of them.
type crowd struct {
	*hostile.Crowd                 // nil without any
	before         monitor.Hostile // guarded by Fleet.mu
}

// newCrowd makes them and their thread.
func (f *Fleet) newCrowd() (crowd, error) {
	c := &f.cfg
	if len(c.Hostile) == 0 {
		return crowd{}, nil
	}
	all, err := hostile.New(hostile.Config{
		Groups: c.Hostile, Clients: c.Clients, Backend: c.Backend, Target: c.Target, Frame: c.Frame,
		SizeMax: c.SizeMax, OverSend: c.OverSend, Login: c.Login, ConnectTimeout: c.ConnectTimeout,
		Clock: f.clock, Source: f.sources.pick,
	})
	return crowd{Crowd: all}, err
}

// setOut has them connect, with the first START. Fleet.mu is held.
func (f *Fleet) setOut() {
	if c := f.crowd; c.Crowd != nil && c.SetOut() {
		f.event("%s hostile dummies set out", monitor.Count(uint64(c.Len())))
	}
}

// end closes their connections.
func (c *crowd) end() error {
	if c.Crowd == nil {
		return nil
	}
	return c.Close()
}

// reset begins to count anew. What a server was convicted of stays. Fleet.mu is held.
func (c *crowd) reset() {
	if c.Crowd != nil {
		c.before = c.Totals()
	}
}

// describe is what a snapshot says of them, nil when there are none. Fleet.mu is held.
func (c *crowd) describe() *monitor.Hostile {
	if c.Crowd == nil {
		return nil
	}
	t := c.Totals()
	t.Connected -= c.before.Connected
	t.ClosedByServer -= c.before.ClosedByServer
	t.BytesSent -= c.before.BytesSent
	t.BytesReceived -= c.before.BytesReceived
	return &t
}

// signs are the diagnoses that they have found.
func (f *Fleet) signs(dst []monitor.Diagnosis) []monitor.Diagnosis {
	if f.crowd.Crowd == nil {
		return dst
	}
	found, why := f.crowd.Convictions(), ""
	if found.Oversize > 0 {
		header := "a header that declares 4 GiB"
		if f.cfg.Frame == frame.Line {
			header = "a line that does not end"
		}
		why = fmt.Sprintf("%s was not refused: %v later the server still took what followed, "+
			"%s bytes and more", header, found.After, monitor.Count(found.Taken))
	}
	if found.ZeroLength > 0 {
		if why != "" {
			why += "; "
		}
		why += fmt.Sprintf("a frame of length 0 was not refused: a right one, %v later on the "+
			"same connection, was answered", found.After)
	}
	if why != "" {
		dst = append(dst, monitor.Diagnosis{
			Name: monitor.LimitIgnored, Connections: int(found.Oversize + found.ZeroLength), Why: why,
		})
	}
	if found.Mute > 0 {
		dst = append(dst, monitor.Diagnosis{
			Name: monitor.MemoryGrowth, Connections: int(found.Mute),
			Why: fmt.Sprintf("a client that read no answer could send %s bytes, and got every one "+
				"back when it began to read: both kernels hold %s at the most, the rest was kept "+
				"in the server's memory", monitor.Count(found.Kept), monitor.Count(found.Kernel)),
		})
	}
	return dst
}

// hostile is how many hostile dummies there are.
func (c *Config) hostile() int { return hostile.Count(c.Hostile, c.Clients) }

// checkHostile holds the hostile dummies to what their thread, and this machine, can carry.
func (c *Config) checkHostile() error {
	if err := hostile.Check(c.Hostile, c.Frame); err != nil {
		return err
	}
	return within("misbehave", c.hostile(), 0, MaxClients)
}
