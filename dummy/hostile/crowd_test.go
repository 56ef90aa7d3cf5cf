package hostile

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// against is a crowd that has set out against a server, which runs behave once for each connection.
// Both end with the test.
func against(t *testing.T, behave func(*net.TCPConn), change func(*Config), groups ...Group) *Crowd {
	t.Helper()
	began := time.Now()
	cfg := Config{
		Groups: groups, Clients: 2, Target: listen(t, behave), Frame: len32, SizeMax: 64,
		OverSend: 4, ConnectTimeout: 5 * time.Second,
		Clock:  func() time.Duration { return time.Since(began) },
		Source: func(uint32, uint32, int, float64) netip.Addr { return netip.Addr{} },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if !c.SetOut() || c.SetOut() {
		t.Error("they do not set out once")
	}
	return c
}

func listen(t *testing.T, behave func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				behave(c.(*net.TCPConn))
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// untilLong waits for what may need more than a hundred megabytes, on a slow machine.
func untilLong(t *testing.T, c *Crowd, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(100 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v %+v", c.Totals(), c.Convictions())
		}
	}
}

// convicted is how often each kind has convicted the server.
func convicted(c *Crowd) map[Kind]uint64 {
	found := c.Convictions()
	return map[Kind]uint64{
		Oversize: found.Oversize, ZeroLength: found.ZeroLength, Mute: found.Mute,
	}
}

// TestEveryKindMisbehaves against a server that echoes, and all dummies leave in the end.
func TestEveryKindMisbehaves(t *testing.T) {
	for k := range numKinds {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			c := against(t, echoAll, nil, Group{k, 1})
			untilLong(t, c, func() bool {
				total := c.Totals()
				return total.Connected >= 2 && (k == Silent || total.BytesSent > 0)
			})
			if total := c.Totals(); total.Dummies != 2 || k == Silent && total.BytesSent != 0 {
				t.Errorf("%+v", total)
			}
		})
	}
}

// TestCrowdWithoutAServer: they dial in vain, until the crowd is closed.
func TestCrowdWithoutAServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().(*net.TCPAddr).AddrPort()
	_ = l.Close()
	c := against(t, nil, func(c *Config) { c.Target = nobody }, Group{Flood, 1})
	time.Sleep(20 * time.Millisecond) // some tries
	if total := c.Totals(); total.Connected != 0 || total.ClosedByServer != 0 {
		t.Errorf("%+v", total)
	}
}
