package dummy

import (
	"dummyload/dummy/diagnose"
	"dummyload/dummy/hostile"
	"dummyload/monitor"
)

// crowd is the hostile dummies beside the fleet, and what of theirs was counted before the last
// Reset. The fleet's books know nothing of them.
type crowd struct {
	*hostile.Crowd                 // nil without any
	before         monitor.Hostile // guarded by Fleet.mu
}

// newCrowd makes the hostile dummies and their thread.
func (f *Fleet) newCrowd() (crowd, error) {
	c := &f.cfg
	if len(c.Hostile) == 0 {
		return crowd{}, nil
	}
	all, err := hostile.New(hostile.Config{
		Groups: c.Hostile, Clients: c.Clients, Backend: c.Backend, Target: c.Target, Frame: c.Frame,
		SizeMax: c.SizeMax, OverSend: c.OverSend, ConnectTimeout: c.ConnectTimeout,
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

// proofs are what the hostile dummies have found.
func (c *crowd) proofs() diagnose.Bounds {
	if c.Crowd == nil {
		return diagnose.Bounds{}
	}
	found := c.Convictions()
	return diagnose.Bounds{
		Oversize: found.Oversize, ZeroLength: found.ZeroLength, Mute: found.Mute,
		Illegal: found.Illegal, After: found.After,
		Taken: found.Taken, Kept: found.Kept, Kernel: found.Kernel,
	}
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
