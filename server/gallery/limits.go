package gallery

import (
	"bufio"
	"math"
	"net"
	"time"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// wrongLimits are right to every dummy that behaves, and have no limit for those that do not. What a
// frame must be able to say for that, not every one can.
func wrongLimits() []Exhibit {
	return []Exhibit{
		{
			Name: "oversize-taken", Does: "takes a header that declares 4 GiB, and what follows it",
			Want: []string{monitor.LimitIgnored}, adapt: framed,
			Load:  hostileLoad("oversize:1%", frame.Builtin("len32")),
			start: startPlain(answerUnlimited),
		},
		{
			Name: "zero-taken", Does: "goes on after a frame of length 0",
			Want: []string{monitor.LimitIgnored}, adapt: framed,
			Load:  hostileLoad("zero:1%", usualFrame),
			start: startPlain(answerUnlimited),
		},
		{
			Name: "sendq-unbounded", Does: "keeps every answer for a client that does not read (R15)",
			Want:  []string{monitor.MemoryGrowth},
			Load:  hostileLoad("mute:1%", usualFrame),
			start: startTrue(nil, func(c *server.Config) { c.SendQLimit, c.Memory = math.MaxInt, 1<<30 }),
			adapt: voluminous,
		},
	}
}

// hostileLoad is the usual load beside dummies that misbehave.
func hostileLoad(misbehave string, f *frame.Format) Load {
	return with(func(l *Load) {
		l.Misbehave, l.Frame = misbehave, f
		l.Duration = 2 * longEnough // a hundred megabytes go there and back
	})
}

// rightLimits are right servers that must not be accused, whoever misbehaves. Floods and storms
// are not shown: they would take the processor from the other exhibits, whose time counts.
func rightLimits() []Exhibit {
	load := hostileLoad("oversize,zero,half-header,idle,mute:1%,slow", frame.Builtin("len32"))
	load.Duration, load.DrainTimeout = 2*time.Second, rightDrain
	var all []Exhibit
	for _, backend := range iocp.Backends() {
		all = append(all, Exhibit{
			Name: "right-harassed-" + backend, Load: load, adapt: framed,
			Does:  "the bundled server on " + backend + ", beside dummies that misbehave",
			start: startTrue(nil, func(c *server.Config) { c.Backend = backend }),
		})
	}
	return all
}

// answerUnlimited answers each frame right, and believes whatever it says of its length. A frame that is
// beyond a limit has no answer.
func answerUnlimited(c *net.TCPConn, f *frame.Format) {
	v, in := newVoice(f), bufio.NewReaderSize(c, 64<<10)
	for {
		var whole []byte
		for total, known := uint64(0), false; !known || uint64(len(whole)) < total; {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			whole = append(whole, b)
			if !known {
				total, known = f.Declared(whole)
			}
		}
		if _, _, ok, err := f.Next(whole); err != nil || !ok {
			continue
		}
		if _, err := c.Write(v.answer(nil, whole)); err != nil {
			return
		}
	}
}
