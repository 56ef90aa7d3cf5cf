package probe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/server/frame"
)

// fits are the flags of what fits.
func fits(r *Report) (all []string) {
	for i := range r.Fits {
		all = append(all, strings.TrimPrefix(r.Fits[i].Flags(), "--frame "))
	}
	return all
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// also are the formats that are right on a server of another, as none of what they send tells them apart:
// the server of lines takes \r for one of the line's bytes. Its login packet tells them apart.
var also = map[string]string{"line": "crlf"}

// TestEachBuiltInFormatIsFound, with the login packet and without, and no other; the text has the
// command of the run.
func TestEachBuiltInFormatIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range frame.Names() {
		for _, login := range []bool{false, true} {
			f := frame.Builtin(name)
			if login && (f.Stream || len(f.Session) > 0) {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", name, login), func(t *testing.T) {
				t.Parallel()
				r := probed(t, speaks(format(t, name, login), 0))
				want := []string{name}
				if o := also[name]; o != "" && !login {
					want = append(want, o)
				}
				for i := range want {
					if login {
						want[i] += " --login"
					}
				}
				if got := fits(r); !slices.Equal(got, want) {
					t.Fatalf("%q fit\n%s", got, text(t, r))
				}
				if says := text(t, r); !strings.Contains(says, "\n  dummyload run --target "+r.Target+" --frame "+
					want[0]+"\n") {
					t.Errorf("no command in\n%s", says)
				}
				if r.Stream != f.Stream {
					t.Errorf("stream: %v", r.Stream)
				}
			})
		}
	}
}

// TestOptionsAndFilesAreTriedFirst: a format that is given is found by the name that it was given by.
func TestOptionsAndFilesAreTriedFirst(t *testing.T) {
	t.Parallel()
	f := format(t, "net:code=0x89,key=0xa9", false)
	r := probed(t, speaks(f, 0), f)
	if got := fits(r); !slices.Equal(got, []string{f.String()}) {
		t.Errorf("%q fit\n%s", got, text(t, r))
	}
	f, err := frame.Parse("dir of mine/my.yaml", `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: body}
request: {body: [{type: u2le, contents: 5000}, {type: u4le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u4le, value: client}, {id: payload}]}
session:
  - send: {body: [{type: u2le, contents: 1001}]}
  - expect: {body: [{type: u2le, contents: 1002}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	r = probed(t, speaks(f, 0), f)
	if len(r.Fits) != 1 || !strings.HasSuffix(r.Fits[0].Command, " --frame 'dir of mine/my.yaml'") {
		t.Errorf("%+v\n%s", r.Fits, text(t, r))
	}
	if r = probed(t, mute, f); !strings.Contains(text(t, r), "step 2 of its session did not come right") {
		t.Errorf("no step is named in\n%s", text(t, r))
	}
}

// TestASlowServerIsFound: each of its packets takes 200 ms.
func TestASlowServerIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"raw", "len32be", "echo64"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := probed(t, speaks(format(t, name, false), 200*time.Millisecond))
			if got := fits(r); !slices.Equal(got, []string{name}) || r.Fits[0].RTT < Span(200*time.Millisecond) {
				t.Errorf("%q fit\n%s", got, text(t, r))
			}
		})
	}
}

// TestAMuteServerTakesNotMuchTime, and is told as such. With every file that may be given, too.
func TestAMuteServerTakesNotMuchTime(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, MaxGiven()} {
		given := slices.Repeat([]*frame.Format{format(t, "echo64", false)}, n)
		r := probed(t, mute, given...)
		says := text(t, r)
		if len(r.Fits) > 0 || !strings.Contains(says, "says nothing at all: it is mute") ||
			strings.Contains(says, "not tried") {
			t.Errorf("%s", says)
		}
	}
}

// TestAServerThatAnswersByteByByte gets the time that each try has, and no more.
func TestAServerThatAnswersByteByByte(t *testing.T) {
	t.Parallel()
	r := probed(t, func(c net.Conn) {
		for {
			time.Sleep(20 * time.Millisecond)
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
		}
	})
	if says := text(t, r); len(r.Fits) > 0 || !strings.Contains(says, "unasked it said 7878") {
		t.Errorf("%s", says)
	}
}

// TestOtherProtocolsAreNamed, and what came is shown.
func TestOtherProtocolsAreNamed(t *testing.T) {
	t.Parallel()
	http := func(c net.Conn) {
		if _, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			mute(c)
		}
	}
	banner := func(says string) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = io.WriteString(c, says)
			mute(c)
		}
	}
	for name, c := range map[string]struct {
		serve func(net.Conn)
		says  []string
	}{
		"TLS": {secure(t), []string{"This is TLS. dummyload speaks no TLS: test",
			"to a greeting of TLS it said 150303"}},
		"HTTP": {http, []string{"It speaks HTTP", `"HTTP/1.1 400`}},
		"SSH":  {banner("SSH-2.0-OpenSSH_9.2\r\n"), []string{"It speaks SSH", `unasked it said 5353482d`}},
		"text": {banner("220 ready\r\n"), []string{"It answered with text (", `"220 ready\r\n"`}},
		"bytes": {banner("\x01\x02\x03\x04"), []string{"unasked it said 01020304\n", "none of the frames fits",
			"dummyload help frames", "tried with their defaults: net:code=0x77,key=0x32, id16:request=1,answer=1; "}},
		"closes at once": {func(net.Conn) {}, []string{"unasked it said nothing and closed"}},
		"resets": {func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			c.(*side).reset = true
		}, []string{"it said nothing and reset the connection"}},
		"closes on the first bytes": {func(c net.Conn) {
			_, _ = c.Read(make([]byte, 100))
		}, []string{"it said nothing and closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := probed(t, c.serve)
			says := text(t, r)
			for _, want := range c.says {
				if !strings.Contains(says, want) {
					t.Errorf("%q is not in\n%s", want, says)
				}
			}
			if len(r.Fits) > 0 {
				t.Errorf("something fits:\n%s", says)
			}
		})
	}
}

// TestWhatIsNearlyRightIsSaid: a greeting that no built-in format has, and answers cut short.
func TestWhatIsNearlyRightIsSaid(t *testing.T) {
	t.Parallel()
	greets := func(c net.Conn) {
		_, _ = io.WriteString(c, "hello\n")
		speaks(frame.Builtin("line"), 0)(c)
	}
	r := probed(t, greets)
	if says := text(t, r); len(r.Fits) > 0 || !strings.Contains(says, "right after what the server says unasked") {
		t.Errorf("%s", says)
	}
	cut, err := frame.Parse("cut.yaml", `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
answer: {body: [{id: payload, first: 8}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	r = probed(t, speaks(cut, 0))
	if says := text(t, r); len(r.Fits) > 0 || !strings.Contains(says, "the first 8 bytes of the payload come back") {
		t.Errorf("%s", says)
	}
}

// TestAWrongFieldOfAGivenFileIsNamed, of its answer and of a step of its session.
func TestAWrongFieldOfAGivenFileIsNamed(t *testing.T) {
	t.Parallel()
	parse := func(welcome, answer string) *frame.Format {
		f, err := frame.Parse("my.yaml", `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
session: [{expect: {body: [{id: hello, type: u2le, contents: `+welcome+`}]}}]
request: {body: [{type: u2le, contents: 5001}, {id: payload}]}
answer: {body: [{id: type, type: u2le, contents: `+answer+`}, {id: payload}]}
`)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	serve := speaks(parse("1", "5001"), 0)
	for want, f := range map[string]*frame.Format{
		": the payload came back; field type: want 5002 (8a13), got 5001 (8913)\n":               parse("1", "5002"),
		": step 1 of its session did not come right: field hello: want 2 (0200), got 1 (0100)\n": parse("2", "5001"),
	} {
		if says := text(t, probed(t, serve, f)); !strings.Contains(says, want) {
			t.Errorf("no %q in\n%s", want, says)
		}
	}
}

// TestAStreamOfOnePacketIsNone: a server that sends each read back is a stream; one that sends back only
// when so many bytes have come is none.
func TestAStreamOfOnePacketIsNone(t *testing.T) {
	t.Parallel()
	r := probed(t, func(c net.Conn) {
		for b := make([]byte, payload); ; {
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			_, _ = c.Write(b)
		}
	})
	if r.Stream || len(r.Fits) > 0 || !strings.Contains(text(t, r), "but half a frame did not") {
		t.Errorf("%s", text(t, r))
	}
}

// TestALongSessionIsTriedAsItIsGiven: the limit of what is sent is for servers of which nothing is known.
func TestALongSessionIsTriedAsItIsGiven(t *testing.T) {
	t.Parallel()
	f, err := frame.Parse("long.yaml", `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
session: [{send: {body: [{size: 164, fill: 0}]}}]
`)
	if err != nil {
		t.Fatal(err)
	}
	if r := probed(t, speaks(f, 0), f); !slices.Equal(fits(r), []string{"long.yaml"}) {
		t.Errorf("%s", text(t, r))
	}
}

// TestOverTheSystemsNetwork: addresses and errors are those of the system.
func TestOverTheSystemsNetwork(t *testing.T) {
	t.Parallel()
	r := Probe(t.Context(), startServer(t, speaks(format(t, "len16", true), 0)), nil, nil)
	if got := fits(r); !slices.Equal(got, []string{"len16 --login"}) {
		t.Errorf("%q fit\n%s", got, text(t, r))
	}
	r = Probe(t.Context(), startServer(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_ = c.(*net.TCPConn).SetLinger(0)
	}), nil, nil)
	if says := text(t, r); !strings.Contains(says, "it said nothing and reset the connection") {
		t.Errorf("%s", says)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r = Probe(t.Context(), l.Addr().String(), nil, nil)
	if r.Unreachable == "" || len(r.Tries) > 0 || !strings.Contains(text(t, r), "cannot be reached") {
		t.Errorf("%+v", r)
	}
}

// TestAProbeCanBeCalledOff: what was not tried is said.
func TestAProbeCanBeCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var n network
		var steps []int
		r := probe(ctx, "there:1", nil, func(done, all int) {
			if steps = append(steps, done); done == 2 {
				time.AfterFunc(10*time.Millisecond, cancel)
			}
			if all != len(frame.Names()) {
				t.Errorf("%d in all", all)
			}
		}, n.dialer(mute))
		n.last.Wait()
		if len(r.Tries) != len(frame.Names()) || r.Tries[3].Verdict != NotTried || n.made != 1+3 ||
			!strings.Contains(text(t, r), "none of the frames that were tried fits") || steps[0] != 0 {
			t.Errorf("%v, %d\n%s", steps, n.made, text(t, r))
		}
	})
}

// TestTheReportIsJSON: bytes are hex digits, times microseconds.
func TestTheReportIsJSON(t *testing.T) {
	r := &Report{Target: "h:1", Unasked: Exchange{Got: Hex("\x01\xff"), End: Open},
		Tries: []Try{{Frame: "x", Verdict: Right, Exchange: Exchange{RTT: Span(1500 * time.Microsecond)}}}}
	r.conclude()
	b, err := json.Marshal(r)
	for _, want := range []string{`"got":"01ff"`, `"rtt_us":1500`, `"verdict":"right"`, `"end":"open"`,
		`"command":"dummyload run --target h:1 --frame x"`} {
		if err != nil || !bytes.Contains(b, []byte(want)) {
			t.Errorf("%v: no %s in %s", err, want, b)
		}
	}
}
