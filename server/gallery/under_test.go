package gallery

import (
	"slices"
	"strings"
	"testing"

	"dummyload/server/frame"
)

func under(t *testing.T, f *frame.Format, names ...string) []Exhibit {
	t.Helper()
	chosen, err := Named(names...)
	if err == nil {
		chosen, err = Under(f, chosen)
	}
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}

func described(t *testing.T, text string) *frame.Format {
	t.Helper()
	f, err := frame.Parse("described", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// asksFirst has a session in which the client speaks first.
const asksFirst = `
frame: [{id: length, type: u1, counts: body}, {id: body}]
session: [{send: {body: [{contents: "hello"}]}}, {expect: {body: [{contents: "welcome"}]}}]
`

// asksOnly has one to which the server says nothing.
const asksOnly = `
frame: [{id: length, type: u1, counts: body}, {id: body}]
session: [{send: {body: [{contents: "hello"}]}}]
`

// theirOwn have a frame of their own, greeters one with a session.
var (
	theirOwn = []string{"consume-asked", "unlocked-sendq", "oversize-taken", "zero-taken"}
	greeters = []string{"greeting-missing", "greeting-twice", "right-login"}
)

func TestUnderIsTheFrameAndNothingElse(t *testing.T) {
	for _, name := range []string{"len16", "net"} {
		underAlone(t, frame.Builtin(name))
	}
}

func underAlone(t *testing.T, f *frame.Format) {
	t.Helper()
	for i, e := range under(t, f) {
		was := All()[i]
		switch about := e.Name; {
		case slices.Contains(theirOwn, about) || strings.HasPrefix(about, "right-harassed-"):
			if e.Load != was.Load {
				t.Errorf("%s has another load: %+v", e.Name, e.Load)
			}
		case !slices.Contains(greeters, about) && e.Load.Frame != f:
			t.Errorf("%s: frame %v", e.Name, e.Load.Frame)
		}
		also := was.Also
		if !f.Bare() && slices.Contains([]string{"test-then-set", "clear-before-consume"}, e.Name) {
			also = append(slices.Clone(also), corrupt)
		}
		if !slices.Equal(e.Want, was.Want) || !slices.Equal(e.Also, also) {
			t.Errorf("%s: other names, where packets are the same", e.Name)
		}
	}
}

func TestUnderKeepsAGreeting(t *testing.T) {
	for name, c := range map[string]struct {
		f     *frame.Format
		steps int
	}{
		"the login":    {frame.Builtin("line"), 1},
		"its own":      {described(t, asksFirst), 2},
		"its own only": {frame.Builtin("echo64"), 1},
		"none at all":  {described(t, asksOnly), 1},
	} {
		for _, e := range under(t, c.f, greeters...) {
			steps := e.Load.Frame.Session
			if len(steps) != c.steps || steps[len(steps)-1].Send {
				t.Errorf("%s: %s: %d steps", name, e.Name, len(steps))
			}
		}
	}
}

func TestUnderFitsTheLoad(t *testing.T) {
	f := described(t, asksFirst)
	for _, e := range under(t, f, "right-net", "mute", "unheld", "greeting-missing") {
		if e.Load.SizeMax > f.MaxPayload() || e.Load.SizeMin > e.Load.SizeMax {
			t.Errorf("%s: payloads of %d to %d bytes, of at most %d", e.Name, e.Load.SizeMin, e.Load.SizeMax,
				f.MaxPayload())
		}
	}
	if e := under(t, frame.Builtin("echo64"), "sendq-unbounded")[0]; e.Load.Frame != usualFrame {
		t.Errorf("a hundred megabytes of 8 bytes each, frame %v", e.Load.Frame)
	}
	if e := under(t, f, "right-net")[0]; !e.Right() || len(e.Also) > 0 {
		t.Errorf("a right server may earn %v", e.Also)
	}
}

func TestUnderRefusesAStream(t *testing.T) {
	if _, err := Under(frame.Builtin("raw"), All()); err == nil {
		t.Error("a stream has packets")
	}
}
