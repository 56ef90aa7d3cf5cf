package probe

import (
	"encoding/hex"
	"strconv"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// Report is what a probe has found.
type Report struct {
	Target      string   `json:"target"`
	Unreachable string   `json:"unreachable,omitempty"` // why not even one connection was made
	Unasked     Exchange `json:"unasked"`               // what came before anything was sent
	Login       []string `json:"login,omitempty"`       // in these formats that begins with the login packet
	Half        Exchange `json:"half"`                  // what half a frame brought
	Stream      bool     `json:"stream"`                // it came back at once: no frames
	Hello       Exchange `json:"tls_hello"`             // what a greeting of TLS brought, where nothing fits
	Speaks      string   `json:"speaks,omitempty"`      // another protocol, in a sentence
	Tries       []Try    `json:"tries"`                 // in the order in which they were made
	Fits        []Try    `json:"fits"`                  // those that are right, the likeliest first
	Cut         bool     `json:"cut"`                   // there was no time for all tries
	Took        Span     `json:"took_us"`
}

// Exchange is what was sent on a connection and what came, 256 bytes at most.
type Exchange struct {
	Sent Hex  `json:"sent"`
	Got  Hex  `json:"got"`
	End  End  `json:"end"`
	RTT  Span `json:"rtt_us"` // from what was sent to what came last, or to the end of patience
}

// Hex are bytes that are written as hex digits.
type Hex []byte

// MarshalText makes Hex a text in JSON.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// Span is a time, in JSON in microseconds.
type Span time.Duration

// MarshalJSON makes Span a number in JSON.
func (s Span) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Duration(s).Microseconds(), 10), nil
}

// Verdict is what became of one try.
type Verdict string

// The verdicts.
const (
	Right        Verdict = "right"
	Mirrored     Verdict = "mirrored" // right, as the server sends back whatever it gets
	Wrong        Verdict = "wrong"    // something else came
	Silent       Verdict = "silent"   // nothing came
	ClosedIt     Verdict = "closed"   // by the server, and nothing came
	ResetIt      Verdict = "reset"
	NotConnected Verdict = "not_connected"
	NotTried     Verdict = "not_tried"
)

// Try is one echo in one format.
type Try struct {
	Frame   string  `json:"frame"` // as --frame takes it
	Title   string  `json:"title,omitempty"`
	Login   bool    `json:"login"` // the login packet came first: --login
	Verdict Verdict `json:"verdict"`
	Note    string  `json:"note,omitempty"`
	Exchange
	Command string `json:"command,omitempty"` // the run that fits, or that tries what a probe does not
}

// Flags are the flags that a run needs for this format.
func (t *Try) Flags() string {
	s := "--frame " + monitor.ShellWord(t.Frame)
	if t.Login {
		s += " --login"
	}
	return s
}

// run is the command line that loads the server in the format of a try.
func (r *Report) run(t *Try) string {
	return "dummyload run --target " + monitor.ShellWord(r.Target) + " " + t.Flags()
}

// conclude says what fits. The stream goes first, as it explains all that is right besides; then those
// in the order of the tries. Of line and crlf both are right where lines end at \n.
func (r *Report) conclude() {
	r.Login = loginIn(r.Unasked.Got)
	for i := range r.Tries {
		t := &r.Tries[i]
		if t.Verdict == Right {
			t.Command = r.run(t)
			r.Fits = append(r.Fits, *t)
		}
	}
	if len(r.Fits) > 0 {
		return
	}
	met := []Hex{r.Unasked.Got, r.Half.Got}
	for i := range r.Tries {
		met = append(met, r.Tries[i].Got)
	}
	for _, got := range met {
		if r.Speaks = diagnose.Speaks(got, false); r.Speaks != "" {
			return
		}
	}
}

// isStrange reports whether nothing fits, and nothing that came says why.
func (r *Report) isStrange() bool { return r.Unreachable == "" && len(r.Fits) == 0 && r.Speaks == "" }
