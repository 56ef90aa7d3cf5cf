package hostile

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"dummyload/server/frame"
)

// lenient32 takes frames that are illegal.
func lenient32(c *net.TCPConn) { serve32(c, nil) }

// serve32 answers each frame with itself. With an illegal header, or one of a frame longer than
// any right dummy's here, it calls illegal and closes; without illegal it goes on.
func serve32(c *net.TCPConn, illegal func()) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := io.ReadFull(c, buf[:4]); err != nil {
			return
		}
		n := binary.LittleEndian.Uint32(buf)
		switch most := uint32(len(buf) - 4); {
		case n > 0 && n <= most:
		case illegal != nil:
			illegal()
			return
		case n == 0:
			continue
		default:
			_, _ = io.CopyN(io.Discard, c, int64(n))
			continue
		}
		if _, err := io.ReadFull(c, buf[4:4+n]); err != nil {
			return
		}
		if _, err := c.Write(buf[:4+n]); err != nil {
			return
		}
	}
}

func echoAll(c *net.TCPConn) { _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }

// hoarder keeps every answer until somebody takes it, however many these are. Login packets
// come before.
func hoarder(login bool) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		parts, end := make(chan []byte, 1<<20), make(chan struct{})
		go func() {
			defer close(end)
			for part := range parts {
				if _, err := c.Write(part); err != nil {
					_ = c.Close()
				}
			}
		}()
		if login {
			parts <- []byte("\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f")
		}
		for {
			part := make([]byte, 64<<10)
			n, err := c.Read(part)
			if err != nil {
				break
			}
			parts <- part[:n]
		}
		close(parts)
		<-end
	}
}

// TestServersWithoutBoundsAreConvicted, once by each kind: after a conviction the kind stops.
func TestServersWithoutBoundsAreConvicted(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   Kind
		behave func(*net.TCPConn)
		change func(*Config)
	}{
		{"oversize", Oversize, lenient32, nil},
		{"a line without an end", Oversize, echoAll, func(c *Config) { c.Frame = frame.Line }},
		{"zero", ZeroLength, lenient32, nil},
		// The payload's length is the code of the mark that it is looked for by.
		{"zero, echoed", ZeroLength, echoAll, func(c *Config) { c.SizeMax = '!' }},
		{"hoarder", Mute, hoarder(false), nil},
		{"hoarder of logins", Mute, hoarder(true), func(c *Config) { c.Login = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			crowd := against(t, c.behave, c.change, Group{c.kind, 0.1})
			untilLong(t, crowd, func() bool { return convicted(crowd)[c.kind] > 0 })
			for k, n := range convicted(crowd) {
				if k != c.kind && n > 0 {
					t.Errorf("convicted by %v, too", k)
				}
			}
		})
	}
}

// lastWords refuses an illegal header politely: it sends an answer and a FIN, and reads on until the
// client has seen them.
func lastWords(c *net.TCPConn) {
	serve32(c, func() {
		_, _ = c.Write([]byte("\x03\x00\x00\x00no!"))
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	})
}

// deaf stops reading after an illegal header, and closes when the time to refuse is long over.
func deaf(c *net.TCPConn) { serve32(c, func() { time.Sleep(3 * turnEvery) }) }

// throwAway answers a client that sends little, and discards the rest.
func throwAway(c *net.TCPConn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if n > 4096 {
			_, _ = io.Copy(io.Discard, c)
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestRightServersAreNotConvicted(t *testing.T) {
	closed := func(n uint64) func(*Crowd) bool {
		return func(c *Crowd) bool { return c.Totals().ClosedByServer >= n }
	}
	for _, c := range []struct {
		name   string
		kind   Kind
		behave func(*net.TCPConn)
		holds  func(*Crowd) bool
	}{
		{"oversize, last words", Oversize, lastWords, closed(3)},
		{"zero, last words", ZeroLength, lastWords, closed(3)},
		{"oversize, deaf", Oversize, deaf, closed(1)},
		{"zero, deaf", ZeroLength, deaf, closed(1)},
		// It takes all, and keeps nothing.
		{"mute, thrown away", Mute, throwAway, func(c *Crowd) bool {
			return c.Totals().BytesSent >= c.amounts.kept
		}},
		// It takes no more than is taken from it.
		{"mute, echo", Mute, echoAll, func(c *Crowd) bool { return c.cfg.Clock() > 2*time.Second }},
	} {
		t.Run(c.name, func(t *testing.T) {
			crowd := against(t, c.behave, nil, Group{c.kind, 0.1})
			untilLong(t, crowd, func() bool { return c.holds(crowd) })
			for k, n := range convicted(crowd) {
				if n > 0 {
					t.Errorf("convicted by %v: %+v", k, crowd.Totals())
				}
			}
		})
	}
}
