package dummy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
	"dummyload/server/iocp"
)

// played is a fleet of one worker in virtual time, against a server that the test plays.
type played struct {
	f     *Fleet
	w     *worker
	p     *nullPort
	at    time.Duration
	serve func(d *dummy, sent []byte) []word // nil: it takes everything and says nothing
	due   []word
}

// word is what the server says on a connection, and when; none is the end of the stream.
type word struct {
	after time.Duration
	said  []byte

	at   time.Duration
	slot uint32
	conn uint32
}

// playStep is how much of the virtual time goes by at a time.
const playStep = 10 * time.Millisecond

func play(t *testing.T, cfg Config) *played {
	w, p := byHand(t, cfg)
	return &played{f: w.fleet, w: w, p: p}
}

// runs lets time go by.
func (x *played) runs(most time.Duration) {
	for end := x.at + most; x.at < end; {
		x.at += playStep
		x.w.engine.Tick(x.at)
		for _, ov := range take(&x.p.connects) {
			x.w.engine.Complete(&iocp.Entry{Overlapped: ov})
		}
		for _, s := range take(&x.p.sends) {
			d, sent := x.w.at(int(s.ov.Key)), slices.Clone(s.buf)
			x.w.engine.Complete(&iocp.Entry{Overlapped: s.ov, Transferred: len(sent)})
			if x.serve != nil {
				x.says(d, x.serve(d, sent)...)
			}
		}
		for _, y := range take(&x.due) {
			d := x.w.at(int(y.slot))
			switch {
			case d.Number != y.conn || x.p.receives[uint64(y.slot)] == nil:
			case y.at > x.at:
				x.due = append(x.due, y)
			default:
				x.w.engine.Complete(x.p.received(d, y.said))
			}
		}
		x.w.engine.Advance()
		all := []status{x.w.board.read()}
		x.f.watch(all, x.at)
		x.f.tellIdled(all)
	}
}

func take[T any](list *[]T) []T {
	all := *list
	*list = nil
	return all
}

// says has the server say something on a dummy's connection.
func (x *played) says(d *dummy, words ...word) {
	for _, y := range words {
		y.at, y.slot, y.conn = x.at+y.after, d.Slot, d.Number
		x.due = append(x.due, y)
	}
}

// names are the diagnoses so far.
func (x *played) names() string {
	s, c := &monitor.View{}, x.w.count
	c.balance()
	s.Counts = c.Counts
	s.Uptime, s.Clients, s.Diagnoses = x.at, x.f.load.Clients, x.f.outages.Found()
	var names []string
	for _, d := range diagnose.Causes(x.f.facts(s, c.signs, x.w.first)) {
		names = append(names, d.Name)
	}
	return strings.Join(names, " ")
}

// echoesAfter answers everything right, after a while.
func echoesAfter(while time.Duration) func(*dummy, []byte) []word {
	return func(_ *dummy, sent []byte) []word { return []word{{after: while, said: sent}} }
}

func TestServerThatNeverServesIsNamed(t *testing.T) {
	x := play(t, Config{Clients: 8, OverSend: 4})
	x.w.start(x.w.now(), never)
	x.runs(900 * time.Millisecond)
	if got := x.names(); got != "" {
		t.Errorf("%s before a second was over", got)
	}
	x.runs(400 * time.Millisecond)
	if d := x.f.outages.Found(); x.names() != monitor.NeverServed || d[0].Connections != 8 {
		t.Errorf("%s: %+v", x.names(), d)
	}
	x.f.outages.Reset()
	if x.runs(scanEvery); x.names() != monitor.NeverServed {
		t.Errorf("%q after a Reset", x.names())
	}
}

// TestSlowServerDoesNotStall: a server whose every answer takes longer than a stall is told after
// is slow, and once it has answered that is known.
func TestSlowServerDoesNotStall(t *testing.T) {
	x := play(t, Config{Clients: 8, OverSend: 1})
	x.serve = echoesAfter(1500 * time.Millisecond)
	x.w.start(x.w.now(), never)
	x.runs(10 * time.Second)
	if got := x.names(); got != "" || x.w.count.Ledger.Echoed < 5*8 {
		t.Errorf("%s, %+v", got, x.w.count.Ledger)
	}
	x.serve = nil
	if x.runs(8 * time.Second); x.names() != monitor.ServerStalled {
		t.Errorf("%q of one that says nothing any more", x.names())
	}
}

func TestFINThatIsNotAnsweredIsNamed(t *testing.T) {
	x := play(t, Config{Clients: 2, OverSend: 1, DrainTimeout: 2 * time.Second})
	x.serve = echoesAfter(0)
	x.w.start(x.w.now(), never)
	x.runs(time.Second)
	x.w.stop()
	x.runs(time.Second)
	x.w.leave(false, false)
	if x.runs(2*time.Second - playStep); x.names() != "" {
		t.Errorf("%s before its time was over", x.names())
	}
	x.runs(time.Second)
	if n := x.w.count.signs.FINsIgnored; n != 2 || x.names() != monitor.CloseIgnored {
		t.Errorf("%d ignored, %s", n, x.names())
	}
}

// nothingIsStuck are servers that owe echoes at the end of a drain, and have nothing stuck: what each
// says to all that it was sent so far. Slow ones take long for the first answer, and for all others
// until poked.
var nothingIsStuck = map[string]func(all [][]byte, poked bool) []word{
	"slow by nature": func(all [][]byte, poked bool) []word {
		switch {
		case len(all) == 1:
			return []word{{after: slowAnswer, said: all[0]}}
		case poked:
			return []word{{after: slowAnswer / 6, said: all[1]}, {after: slowAnswer / 3, said: all[2]}}
		}
		return nil
	},
	"slow, and reads one at a time": func(all [][]byte, poked bool) []word {
		switch {
		case len(all) == 1:
			return []word{{after: slowAnswer, said: all[0]}}
		case poked:
			return []word{{after: slowAnswer / 6, said: all[1]}}
		}
		return nil
	},
	"leaves a byte out": func(all [][]byte, _ bool) []word {
		sent := all[len(all)-1]
		if len(all) == 10 {
			sent = sent[:len(sent)-1] // and the dummy takes what follows for the rest
		}
		return []word{{said: sent}}
	},
	"leaves one out": func(all [][]byte, _ bool) []word {
		if len(all) == 10 {
			return nil
		}
		return []word{{said: all[len(all)-1]}}
	},
}

const slowAnswer = 600 * time.Millisecond

// TestNothingStuckIsNotExplained: an answer that comes after the poke need not come because of it,
// and a server that answers the poke has nothing stuck.
func TestNothingStuckIsNotExplained(t *testing.T) {
	for name, answers := range nothingIsStuck {
		x := play(t, Config{Clients: 1, OverSend: 1, EchoTimeout: 100 * time.Millisecond,
			DrainTimeout: slowAnswer / 4})
		var all [][]byte
		poked := false
		x.serve = func(_ *dummy, sent []byte) []word {
			all = append(all, sent)
			return answers(all, poked)
		}
		x.w.start(x.w.now(), never)
		x.runs(slowAnswer + 150*time.Millisecond)
		if known := x.w.slowAnswer(); strings.HasPrefix(name, "slow") == (known < slowAnswer*3/2) {
			t.Errorf("%s: an answer may take %v", name, known)
		}
		x.w.stop()
		x.runs(slowAnswer / 4)
		if _, missing := x.w.giveUpDrain(); missing > 0 || x.w.count.WaitUpDown == 0 {
			t.Fatalf("%s: %d missing, %d owed", name, missing, x.w.count.WaitUpDown)
		}
		poked = true
		x.w.leave(true, true)
		x.runs(2 * diagnose.PokeWait)
		if got := x.names(); len(x.w.ladder.climbs) != 1 || got != "" {
			t.Errorf("%s: %d pokes, %s", name, len(x.w.ladder.climbs), got)
		}
	}
}

// TestNothingIsConcludedOfAServerThatNeverAnswered: it may greet for longer than a run lasts.
func TestNothingIsConcludedOfAServerThatNeverAnswered(t *testing.T) {
	x := play(t, Config{Clients: 8, OverSend: 4, DrainTimeout: 200 * time.Millisecond})
	x.w.start(x.w.now(), never)
	x.runs(2 * time.Second)
	x.w.stop()
	x.runs(time.Second)
	x.w.giveUpDrain()
	x.w.leave(true, true)
	x.runs(10 * time.Second)
	if got := x.names(); len(x.w.ladder.climbs) != 8 || got != monitor.NeverServed {
		t.Errorf("%d pokes, %s", len(x.w.ladder.climbs), got)
	}
}

// TestAKickBeforeAnyStart: who was closed for having been idle while nothing was asked is dialed
// again, and that is no fault.
func TestAKickBeforeAnyStart(t *testing.T) {
	x := play(t, Config{Clients: 8})
	x.runs(1250 * time.Millisecond)
	for slot := range 8 {
		x.says(x.w.at(slot), word{})
	}
	x.runs(time.Second)
	c := &x.w.count
	if c.Faults != [monitor.NumFaults]uint64{} || c.Connections.ClosedByServer != 8 || c.Connections.Now != 8 {
		t.Errorf("%v: %+v", c.Faults, c.Connections)
	}
	if log := x.f.events; len(log) != 1 || !strings.Contains(log[0].Text, "while nothing was asked of it") {
		t.Errorf("the log tells %+v", log)
	}
}

// TestIdleTimeoutsAndLimitsAreToldAsSuch, and not as sessions that end too early.
func TestIdleTimeoutsAndLimitsAreToldAsSuch(t *testing.T) {
	serve := echoesAfter(playStep)
	for want, serve := range map[string]func(*dummy, []byte) []word{
		monitor.IdleTimeout: func(d *dummy, sent []byte) []word {
			return append(serve(d, sent), word{after: 1500 * time.Millisecond})
		},
		monitor.SessionLimit: func(d *dummy, sent []byte) []word {
			if d.Slot >= 5 {
				return []word{{}} // one too many
			}
			return serve(d, sent)
		},
	} {
		x := play(t, Config{Clients: 8, OverSend: 1, Foreign: true, LoopDelay: time.Minute})
		x.serve = serve
		x.w.start(x.w.now(), never)
		x.runs(3 * time.Second)
		x.w.countLosses(false)
		n := x.w.count.Faults[monitor.ClosedByServer]
		if got := x.names(); got != want || n < 3 || x.w.count.Ledger.Echoed == 0 {
			t.Errorf("%s, %d closed, %+v, want %s", got, n, x.w.count.Ledger, want)
		}
	}
}
