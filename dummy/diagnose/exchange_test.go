package diagnose

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// loginPayload is the login packet's.
var loginPayload = []byte("\xff\xff\xff\xff\xff\xff\xff\x7f")

// TestWhatAnExchangeLooksLike: the text has what was sent and what came, in hex, and what the first
// bytes look like. The beginning of a right answer has no text while more may come.
func TestWhatAnExchangeLooksLike(t *testing.T) {
	payload, err := hex.DecodeString("acafe02a7e6209a3632a00112233445566778899aabbccdd")
	if err != nil {
		t.Fatal(err)
	}
	sent := func(f frame.Format, size int) []byte { return f.Append(nil, payload[:size]) }
	login := func(f frame.Format) []byte { return f.Append(nil, loginPayload) }
	first8 := func(f frame.Format) []byte {
		return f.Append(nil, sent(f, 24)[f.Overhead():][:8])
	}
	for name, c := range map[string]struct {
		format frame.Format
		login  bool
		size   int
		got    []byte
		ended  bool
		quiet  time.Duration
		says   string // empty: nothing
	}{
		"closed":              {got: nil, ended: true, says: "got nothing, and the server closed"},
		"part of an echo":     {got: sent(frame.Len16, 24)[:20], says: ""},
		"it stays a part":     {got: sent(frame.Len16, 24)[:20], quiet: 2 * time.Second, says: "no echo"},
		"login and a part":    {login: true, got: append(login(frame.Len16), sent(frame.Len16, 24)[:9]...)},
		"login not asked for": {got: login(frame.Len16), says: "give --login"},
		"login of len32":      {got: login(frame.Len32), says: "give --frame len32 --login"},
		"login to raw":        {format: frame.Raw, got: login(frame.Len16), says: "--frame len16 --login"},
		"first 8 bytes":       {got: first8(frame.Len16), says: "give --size 8"},
		"login, first 8 bytes": {got: append(login(frame.Len16), first8(frame.Len16)...),
			says: "give --login --size 8"},
		"… asked for": {login: true, got: append(login(frame.Len16), first8(frame.Len16)...),
			says: "only: give --size 8"},
		"TLS":  {got: []byte{0x15, 3, 1, 0, 2, 2, 70}, ended: true, says: "It speaks TLS"},
		"HTTP": {got: []byte("HTTP/1.1 400 Bad Request\r\n"), ended: true, says: "It speaks HTTP"},
		"SSH":  {got: []byte("SSH-2.0-OpenSSH_9.2"), says: "It speaks SSH"},
		"text": {got: []byte("220 ready\r\n"), says: "It speaks text"},
		"else": {got: []byte{0, 24, 1, 2}, says: "got 00180102"},
	} {
		if c.format == frame.Raw && name != "login to raw" {
			c.format = frame.Len16
		}
		x := Exchange{Format: c.format, Greets: c.login, Login: loginPayload, Sent: sent(c.format, 24),
			Got: c.got, Ended: c.ended, Quiet: c.quiet}
		got := x.mismatch()
		if c.says == "" {
			if got != "" {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		for _, want := range []string{c.says, "Sent " + hex.EncodeToString(x.Sent[:8]), hex.EncodeToString(c.got)} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q has no %q", name, got, want)
			}
		}
	}
}

// TestOfAServerThatNeverAnsweredRight: the only conclusion is what it may speak, and there is none at
// all before that is known.
func TestOfAServerThatNeverAnsweredRight(t *testing.T) {
	right, wrong := []byte{4, 0, 1}, []byte("HTTP/1.1 400")
	silent := []monitor.Diagnosis{{Name: monitor.NeverServed, Connections: 3}}
	const both = monitor.CloseIgnored + " " + monitor.ClosedHealthy
	for name, c := range map[string]struct {
		change func(*Facts)
		want   string
	}{
		"it answers otherwise":     {func(f *Facts) { f.Met.Got = wrong }, monitor.FrameMismatch},
		"more may come":            {func(f *Facts) { f.Met.Got = right }, ""},
		"it is silent so far":      {func(f *Facts) { f.Met = nil }, ""},
		"it is silent":             {func(f *Facts) { f.Met, f.Outages = nil, silent }, monitor.NeverServed},
		"it was silent to the end": {func(f *Facts) { f.Met, f.Phase = nil, monitor.Undrained }, monitor.NeverServed},
		"an echo was right once":   {func(f *Facts) { f.EverEchoed = 1 }, both},
		"it is the bundled server": {func(f *Facts) { f.Foreign = false }, both},
		"nothing was ever sent":    {func(f *Facts) { f.EverSent = 0 }, both},
		"but a login packet waited": {func(f *Facts) {
			f.EverSent, f.Met.Greets, f.Met.Got = 0, true, wrong
		}, monitor.FrameMismatch},
		"nobody was accepted": {func(f *Facts) {
			f.Met, f.Phase, f.Ladder.Unaccepted.Connections = nil, monitor.Undrained, 8
		}, monitor.AcceptStalled},
		"and local limits": {func(f *Facts) { f.Met.Got, f.Ports = wrong, 1 },
			monitor.FrameMismatch + " " + monitor.LocalPortExhausted},
	} {
		f := &Facts{Foreign: true, Format: frame.Len16, Clients: 8, Peak: 8, EverSent: 9, Sent: 9,
			Met: &Exchange{Format: frame.Len16, Login: loginPayload, Sent: []byte{4, 0, 1, 2, 3, 4}}}
		f.Faults[monitor.ClosedByServer], f.FINsIgnored, f.Ladder.Alive = 5, 1, 1
		c.change(f)
		if f.Met == nil { // the first that was closed would be met
			f.Faults = [monitor.NumFaults]uint64{}
		}
		if got := strings.Join(namesOf(Causes(f)), " "); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
