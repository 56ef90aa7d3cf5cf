package diagnose

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// testPayload is what is echoed.
var testPayload = []byte("\xac\xaf\xe0\x2a\x7e\x62\x09\xa3\x63\x2a\x00\x11" +
	"\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd")

func testEcho() Echo {
	return Echo{frame.Values{Client: 3, Connection: 2, Sequence: 1, Packet: 1, Random: 99}, testPayload}
}

// described makes a format of YAML.
func described(t *testing.T, text string) *frame.Format {
	t.Helper()
	f, err := frame.Parse("test.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func withLogin(t *testing.T, f *frame.Format) *frame.Format {
	t.Helper()
	f, err := f.WithLogin()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// answerIn is how a server answers testEcho.
func answerIn(f *frame.Format) []byte {
	e := testEcho()
	n := f.Answer.Carries(len(e.Payload))
	b := append(f.Answer.Begin(nil, &e.Values, n), e.Payload[:n]...)
	return f.Answer.End(b, 0, &e.Values)
}

// TestWhatAnExchangeLooksLike: the text has what was sent and what came, in hex, and what the first
// bytes look like. The beginning of a right answer has no text while more may come.
func TestWhatAnExchangeLooksLike(t *testing.T) {
	b := frame.Builtin
	len16, echo64 := b("len16"), b("echo64")
	loginOf := func(f *frame.Format) []byte {
		return f.AppendPacket(nil, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f"), 17)
	}
	first8 := answerIn(echo64)
	for name, c := range map[string]struct {
		format *frame.Format // nil: len16
		got    []byte
		ended  bool
		quiet  time.Duration
		says   string // empty: nothing
	}{
		"closed":              {got: nil, ended: true, says: "got nothing, and the server closed"},
		"part of an echo":     {got: answerIn(len16)[:20], says: ""},
		"it stays a part":     {got: answerIn(len16)[:20], quiet: 2 * time.Second, says: "no echo"},
		"part, ciphered":      {format: b("net"), got: answerIn(b("net"))[:20], says: ""},
		"damaged, ciphered":   {format: b("net"), got: answerIn(b("len32"))[:20], says: "no echo"},
		"login and a part":    {format: withLogin(t, len16), got: append(loginOf(len16), answerIn(len16)[:9]...)},
		"half a login":        {format: withLogin(t, len16), got: loginOf(len16)[:3]},
		"login not asked for": {got: loginOf(len16), says: "give --login"},
		"login of len32":      {got: loginOf(b("len32")), says: "give --frame len32 --login"},
		"login to raw":        {format: b("raw"), got: loginOf(len16), says: "--frame len16 --login"},
		"a ciphered login":    {got: loginOf(b("net")), says: "--frame net --login"},
		"login to net":        {format: b("net"), got: loginOf(b("len32be")), says: "--frame len32be --login"},
		"first 8 bytes":       {got: first8, says: "first 8 bytes only: give --size 8"},
		"login, first 8 bytes": {got: append(loginOf(len16), first8...),
			says: "That is an answer in echo64: give --frame echo64"},
		"… asked for": {format: withLogin(t, len16), got: append(loginOf(len16), first8...),
			says: "give --frame echo64"},
		"login, other answer": {got: append(loginOf(len16), answerIn(b("id16"))...), says: "give --login"},
		"another line":        {format: b("line"), got: []byte("what?\n"), says: "no echo"},
		"TLS":                 {got: []byte{0x15, 3, 1, 0, 2, 2, 70}, ended: true, says: "This is TLS"},
		"HTTP":                {got: []byte("HTTP/1.1 400 Bad Request\r\n"), ended: true, says: "It speaks HTTP"},
		"SSH":                 {got: []byte("SSH-2.0-OpenSSH_9.2"), says: "It speaks SSH"},
		"text":                {got: []byte("220 ready\r\n"), says: "It answered with text"},
		"else":                {got: []byte{0, 24, 1, 2}, says: "got 00180102"},
	} {
		if c.format == nil {
			c.format = len16
		}
		x := Exchange{Format: c.format, Echo: testEcho(), Got: c.got[:min(len(c.got), ExchangeBytes)],
			Ended: c.ended, Quiet: c.quiet}
		x.Sent = x.Request(c.format)[:24]
		got := x.mismatch("")
		if c.says == "" {
			if got != "" {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		for _, want := range []string{c.says, "Sent " + hex.EncodeToString(x.Sent[:8]), hex.EncodeToString(x.Got)} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q has no %q", name, got, want)
			}
		}
	}
}

// TestOfAServerThatNeverAnsweredRight: the only conclusion is what it may speak, and there is none at
// all before that is known.
func TestOfAServerThatNeverAnsweredRight(t *testing.T) {
	right, wrong := answerIn(frame.Builtin("len16"))[:3], []byte("HTTP/1.1 400")
	silent := []monitor.Diagnosis{{Name: monitor.NeverServed, Connections: 3}}
	const both = monitor.CloseIgnored + " " + monitor.ClosedHealthy
	for name, c := range map[string]struct {
		change func(*Facts)
		want   string
	}{
		"it answers otherwise": {func(f *Facts) { f.Met.Got = wrong }, monitor.FrameMismatch},
		"more may come":        {func(f *Facts) { f.Met.Got = right }, ""},
		"more came not to the end": {func(f *Facts) {
			f.Met.Got, f.Phase = right, monitor.Undrained
		}, monitor.FrameMismatch},
		"it is silent so far":      {func(f *Facts) { f.Met = nil }, ""},
		"it is silent":             {func(f *Facts) { f.Met, f.Outages = nil, silent }, monitor.NeverServed},
		"it was silent to the end": {func(f *Facts) { f.Met, f.Phase = nil, monitor.Undrained }, monitor.NeverServed},
		"an echo was right once":   {func(f *Facts) { f.EverEchoed = 1 }, both},
		"it is the bundled server": {func(f *Facts) { f.Foreign = false }, both},
		"nothing was ever sent":    {func(f *Facts) { f.EverSent = 0 }, both},
		"but a login packet waited": {func(f *Facts) {
			f.EverSent, f.Met.Format, f.Met.Got = 0, withLogin(t, f.Format), wrong
		}, monitor.FrameMismatch},
		"nobody was accepted": {func(f *Facts) {
			f.Met, f.Phase, f.Ladder.Unaccepted.Connections = nil, monitor.Undrained, 8
		}, monitor.AcceptStalled},
		"and local limits": {func(f *Facts) { f.Met.Got, f.Ports = wrong, 1 },
			monitor.FrameMismatch + " " + monitor.LocalPortExhausted},
	} {
		len16 := frame.Builtin("len16")
		f := &Facts{Foreign: true, Format: len16, Clients: 8, Peak: 8, EverSent: 9, Sent: 9,
			Met: &Exchange{Format: len16, Echo: testEcho()}}
		f.Faults[monitor.ClosedByServer], f.FINsIgnored, f.Ladder.Alive = 5, 1, 1
		c.change(f)
		if f.Met == nil { // the first that was closed would be met
			f.Faults = [monitor.NumFaults]uint64{}
		}
		f.Target = "10.0.0.1:6000"
		all := Causes(f)
		if got := strings.Join(namesOf(all), " "); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for _, d := range all {
			unproved := d.Name == monitor.FrameMismatch || d.Name == monitor.NeverServed && len(f.Outages) == 0
			if unproved && !strings.Contains(d.Why, "dummyload probe 10.0.0.1:6000") {
				t.Errorf("%s: %q does not name the probe", name, d.Why)
			}
		}
	}
}

// TestOnlyTheFirst8BytesComeBack: then payloads of 8 bytes are right, and yet the frame does not fit.
func TestOnlyTheFirst8BytesComeBack(t *testing.T) {
	const echo64 = "the first 8 bytes came back: give --frame echo64. "
	const body = "give --size 8, or describe that (answer: {body: [{id: payload, first: 8}]}). "
	len16 := frame.Builtin("len16")
	login := len16.AppendPacket(nil, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f"), 17)
	for says, change := range map[string]func(*Facts){
		echo64: func(f *Facts) { f.Met.Format = withLogin(t, len16) },
		body:   func(f *Facts) { f.Met.Got = f.Met.Got[len(login):] },
		"":     func(f *Facts) { f.Whole = true },
	} {
		x := &Exchange{Format: len16, Echo: testEcho(), Got: append(login, answerIn(frame.Builtin("echo64"))...)}
		x.Sent = x.Request(len16)[:24]
		f := &Facts{Foreign: true, Format: len16, EverSent: 90, EverEchoed: 7, Met: x}
		for range 3 {
			f.Lengths.Note(&monitor.Evidence{
				Fault: monitor.Truncated, Offset: 8, Got: testPayload[:8], Want: testPayload})
		}
		for _, other := range []monitor.Evidence{
			{Fault: monitor.Truncated, Offset: 7, Got: testPayload[:8], Want: testPayload},
			{Fault: monitor.Truncated, Offset: 8, Got: testPayload[:9], Want: testPayload},
			{Fault: monitor.Corrupt, Offset: 8, Got: testPayload[:8], Want: testPayload},
		} {
			f.Lengths.Note(&other)
		}
		change(f)
		f.Lengths.Add(Lengths{})
		got := Causes(f)
		switch {
		case says == "":
			if len(got) != 0 {
				t.Errorf("a longer one was right: %+v", got)
			}
		case len(got) != 1 || got[0].Name != monitor.FrameMismatch || !strings.Contains(got[0].Why, says) ||
			!strings.Contains(got[0].Why, "Of 3 longer"):
			t.Errorf("%+v, want %q", got, says)
		}
	}
}

// TestOneFieldIsWrong: it is named if it is the same in all answers, and every payload came back.
func TestOneFieldIsWrong(t *testing.T) {
	const note = "field type: want 5002 (8a13), got 5001 (8913)"
	for name, c := range map[string]struct {
		change func(*Facts)
		named  bool
	}{
		"all alike":      {func(*Facts) {}, true},
		"another field":  {func(f *Facts) { f.Evidence[1].Note = "field len: want 2 (02), got 3 (03)" }, false},
		"another note":   {func(f *Facts) { f.Evidence[0].Note, f.Evidence[1].Note = "x", "x" }, false},
		"a payload, too": {func(f *Facts) { f.Evidence[1].OwnerConnection = 0 }, false},
		"another fault":  {func(f *Facts) { f.Faults[monitor.Missing] = 1 }, false},
	} {
		mine := described(t, frame.Builtin("len16").Description())
		x := &Exchange{Format: mine, Echo: testEcho(), Got: []byte{1, 2, 3}}
		e := monitor.Evidence{Fault: monitor.Corrupt, Note: note, Client: 4, Connection: 2, Seq: 7,
			OwnerClient: 4, OwnerConnection: 2, OwnerSeq: 7}
		f := &Facts{Foreign: true, Format: mine, Target: "h:1", EverSent: 9, Met: x, Evidence: []monitor.Evidence{e, e}}
		f.Faults[monitor.Corrupt] = 9
		c.change(f)
		got := Causes(f)
		if len(got) != 1 || !strings.Contains(got[0].Why, ". dummyload probe h:1 --frame test.yaml tries") ||
			strings.Contains(got[0].Why, "The payload comes back; "+note) != c.named {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAStreamComesBackWhole: a payload that does, with another end behind it, is no stream.
func TestAStreamComesBackWhole(t *testing.T) {
	line := frame.Builtin("line")
	x := Exchange{Format: line, Echo: testEcho()}
	x.Payload = []byte("some text")
	x.Sent = x.Request(line)
	for end, raw := range map[string]bool{"\n": true, "\r\n": false, "": true} {
		x.Got = append([]byte("some text"), end...)
		if got := x.answeredIn(frame.Builtin("raw")); got != raw {
			t.Errorf("with %q behind it: %v", end, got)
		}
	}
}
