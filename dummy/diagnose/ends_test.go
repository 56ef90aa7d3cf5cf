package diagnose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// TestClosesWithAPattern: closes by an idle timeout, or by a limit of sessions, get that name. All
// others are closed_healthy.
func TestClosesWithAPattern(t *testing.T) {
	const second = time.Second
	for name, c := range map[string]struct {
		e    Ends
		n    uint64
		want string
	}{
		"one timeout":        {Ends{idle: 3, shortest: 29 * second, longest: 31 * second}, 3, monitor.IdleTimeout},
		"one, in few":        {Ends{idle: 2, shortest: 5 * second, longest: 6 * second}, 2, monitor.IdleTimeout},
		"at any time":        {Ends{idle: 3, shortest: 2 * second, longest: 31 * second}, 3, monitor.ClosedHealthy},
		"and others":         {Ends{idle: 3, shortest: 30 * second, longest: 30 * second}, 4, monitor.ClosedHealthy},
		"one too many":       {Ends{young: 5, others: 50}, 5, monitor.SessionLimit},
		"hardly a limit":     {Ends{young: 2, others: 50}, 2, monitor.ClosedHealthy},
		"some too many":      {Ends{young: 5, others: 50}, 9, monitor.ClosedHealthy},
		"nothing in common":  {Ends{}, 1, monitor.ClosedHealthy},
		"of one age":         {Ends{aged: 3, youngest: 4 * second, oldest: 5 * second}, 3, monitor.AgeLimit},
		"of any age":         {Ends{aged: 3, youngest: 4 * second, oldest: 6 * second}, 3, monitor.ClosedHealthy},
		"one too young":      {Ends{aged: 3, youngest: 4 * second, oldest: 5 * second}, 4, monitor.ClosedHealthy},
		"not all of one age": {Ends{aged: 2, youngest: 4 * second, oldest: 5 * second}, 2, monitor.ClosedHealthy},
		"a few cross": {Ends{idle: 3, crossed: 2, shortest: 3 * second, longest: 3 * second}, 5,
			monitor.IdleTimeout},
		"most cross": {Ends{idle: 2, crossed: 3, shortest: 3 * second, longest: 3 * second}, 5,
			monitor.ClosedHealthy},
		"idle at one age": {Ends{idle: 3, shortest: 4 * second, longest: 5 * second, aged: 3, youngest: 4 * second,
			oldest: 5 * second}, 3, monitor.IdleTimeout},
		"a second is enough": {Ends{idle: 9, shortest: 1 * second, longest: 2 * second}, 9, monitor.IdleTimeout},
	} {
		f := &Facts{Foreign: true, Counts: Counts{Ends: c.e}, Peak: 3, Echoed: 1, EverEchoed: 1}
		f.Faults[monitor.ResetByServer] = c.n
		if got := Causes(f); len(got) != 1 || got[0].Name != c.want || got[0].Connections != int(c.n) {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
		for what, wrong := range map[string]func(*Facts){
			"bundled":         func(f *Facts) { f.Foreign = false },
			"wrong otherwise": func(f *Facts) { f.Faults[monitor.Corrupt] = 1 },
			"ignores closes":  func(f *Facts) { f.FINsIgnored = 1 },
		} {
			g := *f
			if wrong(&g); !slices.Contains(namesOf(Causes(&g)), monitor.ClosedHealthy) {
				t.Errorf("%s, %s: %+v", name, what, Causes(&g))
			}
		}
	}
}

// TestWhichEndsHaveAPattern: what one close is taken for, by the times of its connection.
func TestWhichEndsHaveAPattern(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		x     End
		idle  uint64
		young uint64
		none  bool // is no fault
	}{
		"silent for long": {End{Now: 40 * s, Since: s, HeardAt: 10 * s, SentAt: 9 * s,
			Asked: true, Answered: true}, 1, 0, false},
		"nothing was asked": {End{Now: 40 * s, Since: s, SentAt: s}, 0, 0, true},
		"has just sent": {End{Now: 40 * s, Since: s, HeardAt: 10 * s, SentAt: 40*s - s/10,
			Asked: true, Answered: true}, 0, 0, false},
		"an echo crossed it": {End{Now: 40 * s, Since: s, HeardAt: 10 * s, SentAt: 40 * s,
			Owed: true, Oldest: 40*s - s/20, Asked: true, Answered: true}, 1, 0, false},
		"owes an echo": {End{Now: 40 * s, Since: s, HeardAt: 10 * s, SentAt: 38 * s,
			Owed: true, Oldest: 38 * s, Asked: true, Answered: true}, 1, 0, false},
		"was told something": {End{Now: 40 * s, Since: s, HeardAt: 40*s - s/10, SentAt: 37 * s,
			Asked: true, Answered: true}, 1, 0, false},
		"without a login": {End{Now: 40 * s, Since: s, SentAt: 10 * s, Asked: true, Astray: true}, 0, 0, false},
		"one too many": {End{Now: s, Since: s - s/10, SentAt: s - s/10, Asked: true,
			Others: 5}, 0, 1, false},
		"alone": {End{Now: s, Since: s - s/10, SentAt: s - s/10, Asked: true}, 0, 0, false},
		"was served before": {End{Now: s, Since: s - s/10, SentAt: s - s/10, Asked: true,
			Others: 5, Answered: true}, 0, 0, false},
		"up for a while, and no": {End{Now: 3 * s, Since: s, SentAt: 3*s - s/10, Asked: true,
			Others: 5}, 0, 0, false},
	} {
		var e, sum Ends
		if none := e.Note(c.x); none != c.none || e.idle != c.idle || e.young != c.young {
			t.Errorf("%s: no fault %v, %+v", name, none, e)
		}
		if age := c.x.Now - c.x.Since; (e.aged == 1) != (age >= s && !c.none) ||
			e.aged == 1 && (e.youngest != age || e.oldest != age) {
			t.Errorf("%s: its age is %v: %+v", name, age, e)
		}
		e.Note(c.x)
		sum.Add(&e)
		sum.Add(&Ends{})
		if sum != e {
			t.Errorf("%s: %+v in sum, of %+v", name, sum, e)
		}
	}
}

// TestTheHeartbeatIsAskedFor, or a sooner one.
func TestTheHeartbeatIsAskedFor(t *testing.T) {
	const len16 = "frame:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n"
	for text, says := range map[string]string{
		len16: "although echoes went on: does it want a heartbeat (the frame has none)?",
		len16 + "heartbeat: {every: 30s, send: {body: [{contents: beat}]}}\n": "a heartbeat sooner than every 30s?",
	} {
		format, err := frame.Parse("x", text)
		if err != nil {
			t.Fatal(err)
		}
		f := &Facts{Foreign: true, Format: format, Echoed: 1, EverEchoed: 1}
		f.Ends = Ends{aged: 3, youngest: 4 * time.Second, oldest: 4320 * time.Millisecond}
		f.Faults[monitor.ClosedByServer] = 3
		if got := Causes(f); len(got) != 1 || !strings.Contains(got[0].Why, says) {
			t.Errorf("%+v, want %q", got, says)
		}
	}
}

// TestWhoWasSilentIsSaid: an idle close is told as one of a dummy that sent nothing.
func TestWhoWasSilentIsSaid(t *testing.T) {
	for says, owing := range map[string]uint64{
		"after about 3s without a byte from the dummy (and with nothing outstanding): does it " +
			"want a heartbeat (the frame has none), or has it an idle timeout?": 0,
		"without a byte from the dummy (on 2 of them it owed echoes):": 2,
	} {
		f := &Facts{Foreign: true, Echoed: 1, EverEchoed: 1}
		f.Ends = Ends{idle: 3, owing: owing, shortest: 3 * time.Second, longest: 3040 * time.Millisecond}
		f.Faults[monitor.ClosedByServer] = 3
		if got := Causes(f); len(got) != 1 || !strings.Contains(got[0].Why, says) {
			t.Errorf("%+v, want %q", got, says)
		}
	}
}

// TestWhoHasNoLoginIsNotHealthy: closes after a step of the session failed are left out of closed_healthy.
func TestWhoHasNoLoginIsNotHealthy(t *testing.T) {
	for astray, healthy := range map[uint64]int{0: 5, 3: 2, 5: 0} {
		f := &Facts{Foreign: true, Echoed: 1, EverEchoed: 1}
		f.Ends.astray = astray
		f.Faults[monitor.ClosedByServer], f.Faults[monitor.LoginMissing] = 5, astray
		n := 0
		for _, d := range Causes(f) {
			n += d.Connections
		}
		if n != healthy {
			t.Errorf("%d without a login: %+v", astray, Causes(f))
		}
	}
}
