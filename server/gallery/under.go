package gallery

import (
	"errors"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// Under puts exhibits under another frame, all but those that are about a frame of their own: a stream,
// a length that is beyond every limit, a greeting where the frame has the client alone speak first. What
// each does wrong stays the same; the packets are the frame's. The error says why a frame is none for the
// gallery.
func Under(f *frame.Format, exhibits []Exhibit) ([]Exhibit, error) {
	if f.Stream {
		return nil, errors.New("a stream has no packets; accepted: a frame")
	}
	exhibits = slices.Clone(exhibits)
	for i, e := range exhibits {
		e.Load.Frame = f
		e.Load.SizeMax = min(e.Load.SizeMax, f.MaxPayload())
		e.Load.SizeMin = min(e.Load.SizeMin, f.MaxPayload())
		e.Also = slices.Clone(e.Also)
		if e.adapt == nil || e.adapt(&e) {
			exhibits[i] = e
		}
	}
	return exhibits, nil
}

// framed is an exhibit that is about its own frame.
func framed(*Exhibit) bool { return false }

// greets is an exhibit that is about what a session begins with.
func greets(e *Exhibit) (ok bool) {
	e.Load.Frame, ok = greeting(e.Load.Frame)
	return ok
}

// greeting is a frame whose session has the server say something: its own, or else the lecture's login.
// It reports false for a session that has only the client speak.
func greeting(f *frame.Format) (*frame.Format, bool) {
	if len(f.Session) > 0 {
		return f, slices.ContainsFunc(f.Session, func(s frame.Step) bool { return !s.Send })
	}
	f, err := f.WithLogin()
	return f, err == nil
}

// greetMost is how long a server may take for its part of a session, where nothing but time shows that
// it says nothing.
const greetMost = 3 * time.Second

// unanswered does not answer everybody: what a session begins with is missing, too.
func unanswered(e *Exhibit) bool {
	if len(e.Load.Frame.Session) > 0 {
		e.Also = append(e.Also, monitor.LoginMissing.String())
		e.Load.ConnectTimeout = greetMost
	}
	return true
}

// mixedUp sends to one session what is another's, or sends it twice. That may be what a session begins
// with.
func mixedUp(e *Exhibit) bool {
	if len(e.Load.Frame.Session) > 0 {
		e.Also = append(e.Also, monitor.LoginMissing.String(), monitor.LoginDuplicate.String())
	}
	return true
}

// torn sends part of a stream twice, or not at all: a frame begins in the middle of another one. Where that
// has no more than a length it is a frame of a wrong length. Where a constant or a checksum is wrong as
// well it is corrupt.
func torn(e *Exhibit) bool {
	if f := e.Load.Frame; !f.Bare() || !f.Server().Identical() {
		e.Also = append(e.Also, corrupt)
	}
	return mixedUp(e)
}

// voluminous takes a hundred megabytes of answers to be proved. Where answers carry but a few bytes of what
// was sent, that is minutes.
func voluminous(e *Exhibit) bool {
	return e.Load.Frame.Answer.Carries(e.Load.SizeMax) == e.Load.SizeMax
}
