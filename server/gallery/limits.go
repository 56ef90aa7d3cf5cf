package gallery

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"time"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// wrongLimits are right to every dummy that behaves, and have no limit for those that do not.
func wrongLimits() []Exhibit {
	return []Exhibit{
		{
			Name: "oversize-taken", Does: "takes a header that declares 4 GiB, and what follows it",
			Want:  []string{monitor.LimitIgnored},
			Load:  hostileLoad("oversize:1%", frame.Len32),
			start: startPlain(func(c *net.TCPConn) { echoFrames(c, 4) }),
		},
		{
			Name: "zero-taken", Does: "goes on after a frame of length 0",
			Want:  []string{monitor.LimitIgnored},
			Load:  hostileLoad("zero:1%", frame.Len16),
			start: startPlain(func(c *net.TCPConn) { echoFrames(c, 2) }),
		},
		{
			Name: "sendq-unbounded", Does: "keeps every answer for a client that does not read (R15)",
			Want: []string{monitor.MemoryGrowth},
			Load: hostileLoad("mute:1%", frame.Len16),
			start: startTrue(func() server.Handler { return server.Echo{} },
				func(c *server.Config) { c.SendQLimit = math.MaxInt }),
		},
	}
}

// hostileLoad is the usual load beside dummies that misbehave.
func hostileLoad(misbehave string, f frame.Format) Load {
	return with(func(l *Load) {
		l.Misbehave, l.Frame = misbehave, f
		l.Duration = 2 * longEnough // a hundred megabytes go there and back
	})
}

// rightLimits are right servers that must not be accused, whoever misbehaves. Floods and storms
// are not shown: they would take the processor from the other exhibits, whose time counts.
func rightLimits() []Exhibit {
	load := hostileLoad("oversize,zero,half-header,idle,mute:1%,slow", frame.Len32)
	load.Duration, load.DrainTimeout = 2*time.Second, rightDrain
	var all []Exhibit
	for _, backend := range iocp.Backends() {
		all = append(all, Exhibit{
			Name: "right-harassed-" + backend, Load: load,
			Does: "the bundled server on " + backend + ", beside dummies that misbehave",
			start: startTrue(func() server.Handler { return server.Echo{} },
				func(c *server.Config) { c.Backend, c.Frame = backend, frame.Len32 }),
		})
	}
	return all
}

// echoFrames answers each frame with itself, and believes whatever its header says. A frame of
// length 0 has no answer.
func echoFrames(c *net.TCPConn, header int) {
	chunk := make([]byte, 64<<10)
	for {
		var head [4]byte
		if _, err := io.ReadFull(c, head[:header]); err != nil {
			return
		}
		n := int64(binary.LittleEndian.Uint32(head[:]))
		parts := [][]byte{head[:header]}
		for n > 0 {
			k, err := c.Read(chunk[:min(n, int64(len(chunk)))])
			if err != nil {
				return
			}
			parts = append(parts, append([]byte(nil), chunk[:k]...))
			n -= int64(k)
		}
		if len(parts) == 1 {
			continue
		}
		answer := net.Buffers(parts)
		if _, err := answer.WriteTo(c); err != nil {
			return
		}
	}
}
