package diagnose

import (
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestLossesAreJudged: what a fleet of 1,000 dummies makes of losses, and when.
func TestLossesAreJudged(t *testing.T) {
	const since = 5 * time.Second
	for name, c := range map[string]struct {
		lost, up uint64
		refused  bool
		after    time.Duration
		atEnd    bool
		gone     bool
		again    time.Duration // after since; never when it is decided
	}{
		"gathered":             {900, 100, true, goneWithin / 2, false, false, goneWithin},
		"gone":                 {900, 100, true, goneWithin, false, true, Never},
		"gone bit by bit":      {501, 499, true, 7 * goneWithin, false, true, Never},
		"no redial yet":        {900, 100, false, goneWithin, false, false, 2 * goneWithin},
		"not most of them yet": {100, 900, true, goneWithin, false, false, 2 * goneWithin},
		"the last look":        {900, 100, false, redialWithin - 1, false, false, redialWithin},
		"closes all, listens":  {1000, 0, false, redialWithin, false, false, Never},
		"refuses, closes few":  {500, 500, true, redialWithin, false, false, Never},
		"the run ends":         {10, 990, false, 1, true, false, Never},
		"gone as the run ends": {900, 100, true, 1, true, true, Never},
	} {
		var o Outages
		all := []Seen{{Up: c.up}, {Lost: c.lost, LostSince: since, Refused: c.refused}}
		x := o.JudgeLosses(all, since+c.after, c.atEnd)
		again := x.Again
		if again != Never {
			again -= since
		}
		if again != c.again || x.Decided != (c.again == Never) || x.Decided != (x.Number == 1) {
			t.Errorf("%s: %+v, want to look again after %v", name, x, c.again)
		}
		if got := len(o.Found()) == 1; got != c.gone || x.Gone != c.gone {
			t.Errorf("%s: gone %v, want %v", name, got, c.gone)
		}
	}
}

// TestLossesOfATimeThatWasNotTheServers: a tester that stood still looks once more before it takes
// the losses for single ones.
func TestLossesOfATimeThatWasNotTheServers(t *testing.T) {
	for _, refused := range []bool{false, true} {
		const since = 5 * time.Second
		var o Outages
		all := []Seen{{Up: 1, Lost: 9, LostSince: since}}
		again := o.JudgeLosses(all, since, false).Again
		if now := again + time.Minute; o.JudgeLosses(all, now, false).Again != now+goneWithin {
			t.Error("it did not look again")
		} else if all[0].Refused = refused; !o.JudgeLosses(all, now+goneWithin, false).Decided {
			t.Error("it looked more than once")
		}
		if gone := len(o.Found()) == 1; gone != refused {
			t.Errorf("refused %v, gone %v", refused, gone)
		}
	}
}

// TestAServerThatComesBackIsTold, and the text counts what was lost with it.
func TestAServerThatComesBackIsTold(t *testing.T) {
	var o Outages
	all := []Seen{{Lost: 9, LostOwed: 5, LostSince: time.Second, Refused: true}}
	o.JudgeLosses(all, 2*time.Second, false)
	all[0] = Seen{Up: 2, Lost: 1, LostOwed: 1, LostSince: 2 * time.Second, LossesJudged: 1}
	o.JudgeLosses(all, 3*time.Second, false) // taken by the listener of the one that is gone
	if again := o.Return(all, 3*time.Second); again != 3*time.Second+goneWithin {
		t.Errorf("back before what is lost was told: looks again at %v", again)
	}
	all[0] = Seen{Up: 4, LossesJudged: 2}
	if again := o.Return(all, 3*time.Second); again != 3*time.Second+goneWithin {
		t.Errorf("back with less than half of the connections: looks again at %v", again)
	}
	all[0].Up = 5
	if again := o.Return(all, 4*time.Second); again != Never {
		t.Errorf("back, and looks again at %v", again)
	}
	o.Return(all, 5*time.Second)
	found := o.Found()
	if events := o.Events(); len(found) != 2 || len(events) != 3 || len(o.Events()) != 0 {
		t.Fatalf("%+v %q", found, events)
	}
	gone, back := found[0], found[1]
	if gone.Connections != 10 || !strings.Contains(gone.Why, "10 connections with 6 unanswered echoes") ||
		back.Name != monitor.Recovered || back.Connections != 5 || !strings.Contains(back.Why, "after 3s") {
		t.Errorf("%+v", found)
	}
	all[0] = Seen{Lost: 5, LostSince: 6 * time.Second, Refused: true, LossesJudged: 2}
	o.JudgeLosses(all, 7*time.Second, false)
	if found := o.Found(); len(found) != 1 || found[0].Connections != 15 {
		t.Errorf("gone again: %+v", found)
	}
}

// TestAJudgementOnItsWayIsWaitedFor: until a worker has taken it, the worker tells the old losses.
func TestAJudgementOnItsWayIsWaitedFor(t *testing.T) {
	var o Outages
	all := []Seen{{Lost: 1, LostSince: time.Second}}
	first := o.JudgeLosses(all, time.Minute, false)
	if second := o.JudgeLosses(all, 2*time.Minute, true); !first.Decided || second.Decided {
		t.Errorf("%+v, then %+v", first, second)
	}
}
