package hostile

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
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

// TestServersWithoutBoundsAreConvicted, once by each kind: after a conviction the kind stops.
func TestServersWithoutBoundsAreConvicted(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   Kind
		behave func(*net.TCPConn)
		change func(*Config)
	}{
		{"oversize", Oversize, lenient32, nil},
		{"a line without an end", Oversize, echoAll, inFormat(line)},
		{"zero", ZeroLength, lenient32, nil},
		{"zero, echoed", ZeroLength, echoAll, nil},
		{"zero, echoed in lines", ZeroLength, echoAll, inFormat(line)},
		{"hoarder", Mute, speaks(len32, limits{hoards: true}, newMeeting()), nil},
		{"hoarder in a stream", Mute, speaks(greeted, limits{hoards: true}, newMeeting()), longIn(greeted)},
		{"zero, typed", ZeroLength, speaks(typed, limits{takesZero: true, noise: true}, newMeeting()),
			inFormat(typed)},
		{"zero, counted", ZeroLength, speaks(counted, limits{takesZero: true}, newMeeting()), inFormat(counted)},
		{"zero, text", ZeroLength, speaks(text, limits{takesZero: true}, newMeeting()), inFormat(text)},
		{"hoarder, counted", Mute, speaks(counted, limits{hoards: true, noise: true}, newMeeting()),
			longIn(counted)},
		{"hoarder of the first bytes", Mute, speaks(partly, limits{hoards: true}, newMeeting()), longIn(partly)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
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
	kept := func(c *Crowd) bool { return c.Totals().BytesSent >= c.amounts.asked }
	for _, c := range []struct {
		name   string
		kind   Kind
		behave func(*net.TCPConn)
		change func(*Config)
		holds  func(*Crowd) bool
	}{
		{"oversize, last words", Oversize, lastWords, nil, closed(3)},
		{"zero, last words", ZeroLength, lastWords, nil, closed(3)},
		{"oversize, deaf", Oversize, deaf, nil, closed(1)},
		{"zero, deaf", ZeroLength, deaf, nil, closed(1)},
		{"oversize, counted", Oversize, speaks(counted, limits{}, newMeeting()), inFormat(counted), closed(2)},
		{"zero, typed", ZeroLength, speaks(typed, limits{noise: true}, newMeeting()), inFormat(typed), closed(2)},
		{"zero, net", ZeroLength, speaks(net77, limits{}, newMeeting()), inFormat(net77), closed(2)},
		// It takes all, and keeps nothing.
		{"mute, thrown away", Mute, throwAway, nil, kept},
		// It takes no more than is taken from it.
		{"mute, echo", Mute, echoAll, nil, func(c *Crowd) bool { return c.cfg.Clock() > 2*time.Second }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			crowd := against(t, c.behave, c.change, Group{c.kind, 0.1})
			untilLong(t, crowd, func() bool { return c.holds(crowd) })
			for k, n := range convicted(crowd) {
				if n > 0 {
					t.Errorf("convicted by %v: %+v", k, crowd.Totals())
				}
			}
		})
	}
}

func TestWhatWasNotRefusedIsNamed(t *testing.T) {
	for spec, want := range map[string]string{
		"len32": "a header that declares 4 GiB", "line": "a line that does not end",
		"crlf": "a line that does not end",
	} {
		if got := illegal(frame.Builtin(spec)); got != want {
			t.Errorf("%s: %s", spec, got)
		}
	}
	for description, want := range map[string]string{
		"frame: [{id: n, type: u3le, counts: body}, {id: body}]":            "a header that declares 16 MiB",
		"frame: [{id: n, type: u8be, counts: body}, {id: body}]":            "a header that declares 16 EiB",
		"frame: [{id: n, type: digits, size: 8, counts: body}, {id: body}]": "a header that declares 99,999,999 bytes",
		"frame: [{id: body, terminator: [0]}]":                              "text that does not end",
	} {
		if got := illegal(described("x", description)); got != want {
			t.Errorf("%s: %s", description, got)
		}
	}
}

// TestAmounts: however long an answer is beside its request, the kernels cannot hold all that counts.
func TestAmounts(t *testing.T) {
	for _, f := range formats {
		c := Config{Frame: f, SizeMax: 64, OverSend: 4, Target: netip.MustParseAddrPort("127.0.0.1:1")}
		m := newMaker(f, c.SizeMax)
		b := newAmounts(c, m)
		requests := b.asked / uint64(m.size)
		if b.asked%uint64(m.size) != 0 || b.back != requests*uint64(m.back) || b.kept != min(b.asked, b.back) ||
			b.kept < b.kernel+heldLeast || b.kept > b.kernel+heldLeast+4*feedChunk {
			t.Errorf("%v: %+v, %d and %d bytes", f, b, m.size, m.back)
		}
	}
}
