package probe

import (
	"bytes"
	"fmt"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/server/frame"
)

// try asks for one echo in a format, after its session.
func (p *prober) try(f *frame.Format, units int) (result Try) {
	result = Try{Frame: f.String(), Title: f.Title()}
	if p.ctx.Err() != nil {
		result.Verdict, result.Note, p.report.Cut = NotTried, "no time was left", true
		return result
	}
	t, err := p.connect()
	if err != nil {
		result.Verdict, result.Note = NotConnected, err.Error()
		return result
	}
	defer t.c.Close()
	a := &attempt{p: p, talk: t, f: f, echo: newEcho(f, p.made, payloadSize(f)), units: units}
	if l, err := f.WithLogin(); err == nil && !f.Stream {
		a.login = l
	}
	a.play(&result)
	result.Sent, result.Got, result.End = t.sent, t.got, t.end
	return result
}

// attempt is one try while it is under way.
type attempt struct {
	*talk
	p     *prober
	f     *frame.Format
	echo  diagnose.Echo
	login *frame.Format // the format with the login packet; nil where it has a session of its own
	units int           // packets still to be waited for
	at    int           // bytes of got that are understood

	loggedIn bool // the right answer came after a login packet
}

// play goes through the session and asks for the echo.
func (a *attempt) play(result *Try) {
	for i, s := range a.f.Session {
		if s.Send {
			a.send(s.End(s.Begin(nil, &a.echo.Values, 0), 0, &a.echo.Values))
			continue
		}
		fit := a.await(func(got []byte) (int, diagnose.Fit) { return a.echo.Expected(a.f, i, got) })
		if fit != diagnose.Whole {
			a.failed(result, fit)
			result.Note = fmt.Sprintf("step %d of its session did not come right", i+1)
			if w := a.echo.WrongField(a.f, s.Message, a.got[min(a.at, len(a.got)):]); w != nil {
				result.Note += ": " + w.String()
			}
			return
		}
	}
	from := a.at
	began := time.Now()
	request := a.echo.Request(a.f)
	a.send(request)
	fit := a.await(a.answer)
	result.RTT = Span(time.Since(began))
	if fit != diagnose.Whole {
		a.failed(result, fit)
		result.Note = a.note(a.got[min(a.at, len(a.got)):])
		return
	}
	result.Verdict = Right
	result.Login = a.loggedIn
	if a.p.report.Stream && bytes.Equal(a.got[from:a.at], request) && !a.f.Stream {
		result.Verdict = Mirrored
	}
	if a.f.Stream && !a.p.report.Stream && len(a.f.Session) == 0 && a.f.Server().Identical() {
		result.Verdict = Wrong
		result.Note = "it came back as it was sent, but half a frame did not"
	}
}

// answer compares with the right answer, with the login packet before it or without.
func (a *attempt) answer(got []byte) (n int, fit diagnose.Fit) {
	n, fit = a.echo.Answer(a.f, got)
	if fit != diagnose.Differs || a.login == nil {
		return n, fit
	}
	greeting, fit := a.echo.Greeted(a.login, got)
	if fit != diagnose.Whole {
		return 0, fit
	}
	n, fit = a.echo.Answer(a.f, got[greeting:])
	a.loggedIn = fit == diagnose.Whole
	return n + greeting, fit
}

// await reads until a packet is whole, or differs, or no more comes. What the description ignores is
// left out.
func (a *attempt) await(compare func(got []byte) (int, diagnose.Fit)) (fit diagnose.Fit) {
	n := 0
	look := func() bool {
		skip, more := a.echo.Ignored(a.f, a.got[a.at:])
		a.at += skip
		n, fit = compare(a.got[a.at:])
		if fit == diagnose.Differs && more {
			fit = diagnose.Begins
		}
		return fit != diagnose.Begins
	}
	a.read(a.p.ctx, a.p.patience(a.units), look)
	a.units--
	look()
	if fit == diagnose.Differs && a.end == Open {
		a.read(a.p.ctx, gathering, func() bool { return false })
	}
	if fit == diagnose.Whole {
		a.at += n
	}
	return fit
}

// failed says what came in place of a right packet.
func (a *attempt) failed(result *Try, fit diagnose.Fit) {
	switch {
	case fit == diagnose.Differs || len(a.got) > a.at:
		result.Verdict = Wrong
	case a.end == Closed:
		result.Verdict = ClosedIt
	case a.end == Reset:
		result.Verdict = ResetIt
	default:
		result.Verdict = Silent
	}
}

// note is what a wrong answer resembles.
func (a *attempt) note(got []byte) string {
	greeting := a.p.report.Unasked.Got
	if rest, ok := bytes.CutPrefix(got, greeting); ok && len(greeting) > 0 {
		if _, fit := a.echo.Answer(a.f, rest); fit == diagnose.Whole {
			return "right after what the server says unasked: describe that as a step of a session"
		}
	}
	login := ""
	if a.login != nil {
		if n, fit := a.echo.Greeted(a.login, got); fit == diagnose.Whole {
			login, got = "the login packet, and then ", got[n:]
		}
	}
	if n := a.echo.OnlyFirst(a.f, got); n > 0 {
		return fmt.Sprintf("%sthe first %d bytes of the payload come back: describe that with "+
			"answer: {body: [{id: payload, first: %d}]}", login, n, n)
	}
	if w := a.echo.WrongField(a.f, a.f.Answer, got); w != nil {
		return login + "the payload came back; " + w.String()
	}
	return ""
}

// loginIn are the formats whose login packet stands at the beginning of got.
func loginIn(got []byte) (names []string) {
	for _, name := range frame.Names() {
		f, err := frame.Builtin(name).WithLogin()
		if err != nil || f.Stream {
			continue
		}
		if _, fit := new(diagnose.Echo).Greeted(f, got); fit == diagnose.Whole {
			names = append(names, name)
		}
	}
	return names
}
