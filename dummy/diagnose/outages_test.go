package diagnose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestStarvedIsOfAllAtOnce: what one walk must find before a worker is starved.
func TestStarvedIsOfAllAtOnce(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		h  Silence
		is bool
	}{
		"all":              {Silence{heardAt: 5 * s, up: 4, owed: 4, oldest: 4 * s}, true},
		"never heard":      {Silence{up: 4, owed: 4, oldest: s}, true},
		"nobody is up":     {Silence{heardAt: 5 * s}, false},
		"one owes nothing": {Silence{heardAt: 5 * s, up: 4, owed: 3, oldest: 5 * s}, false},
		"one was earlier":  {Silence{heardAt: 5 * s, up: 4, owed: 4, oldest: 3 * s}, false},
	} {
		if c.h.all(s) != c.is {
			t.Errorf("%s: %v", name, !c.is)
		}
	}
	var h Silence
	h.Sees()
	h.SeesOwed(3 * s)
	h.SeesOwed(2 * s)
	h.SeesOwed(4 * s)
	if h.up != 4 || h.owed != 3 || h.oldest != 2*s {
		t.Errorf("seen %+v", h)
	}
}

// walk is one walk over a single connection, which is owed an echo or is not.
func (h *Silence) walk(owed bool, now time.Duration) {
	if owed {
		h.SeesOwed(now)
	} else {
		h.Sees()
	}
	h.Walked(now, time.Second, 0, false)
}

func TestStarvedCountsScansAndNotTime(t *testing.T) {
	var h Silence
	var told Seen
	h.walk(true, time.Second)
	h.walk(true, time.Hour) // the tester was stopped meanwhile
	if h.Tell(&told); told.Starved || told.Unheard {
		t.Errorf("two scans far apart are a stall: %+v", h)
	}
	for range stallScans {
		h.walk(true, time.Hour)
	}
	if h.Tell(&told); !told.Starved || !told.Unheard || told.StarvedSince != time.Second || told.EverHeard {
		t.Errorf("a second without an answer is none: %+v", h)
	}
	h.walk(false, time.Hour)
	if h.Tell(&told); told.Starved || !told.Unheard {
		t.Errorf("starved with nothing outstanding: %+v", h)
	}
	h.Heard()
	h.walk(true, time.Hour)
	if h.Tell(&told); told.Unheard || h.starving != 0 || !told.EverHeard {
		t.Errorf("an answer ends it: %+v", h)
	}
	for range 2 * stallScans {
		h.SeesOwed(time.Hour)
		h.Walked(time.Hour, time.Second, 0, true)
	}
	if h.Tell(&told); told.Starved {
		t.Errorf("who leaves starves: %+v", h)
	}
}

// server is a server in virtual time, as one worker sees it. Each connection is owed an echo from the
// moment of its last answer.
type server struct {
	h      Silence
	o      Outages
	now    time.Duration
	events []string
}

// runs lets time go by. All connections get an answer every so often; 0 is never.
func (s *server) runs(most, every time.Duration, slowest time.Duration) {
	due := s.now
	for end := s.now + most; s.now < end; s.now += ScanEvery {
		if every > 0 && s.now-due >= every {
			s.h.Heard()
			due = s.now
		}
		s.h.SeesOwed(due)
		s.h.SeesOwed(due)
		s.h.Walked(s.now, time.Second/2, SlowAnswer(slowest), false)
		seen := Seen{Up: 2}
		s.h.Tell(&seen)
		s.o.Listen([]Seen{seen, {Unheard: true}}, s.now) // another worker has no connection
		s.events = append(s.events, s.o.Events()...)
	}
}

func (s *server) names() []string { return namesOf(s.o.Found()) }

func namesOf(ds []monitor.Diagnosis) []string {
	names := []string{}
	for _, d := range ds {
		names = append(names, d.Name)
	}
	return names
}

// TestAServerThatStandsStill: it is named after a second and no sooner, and so is its recovery. When
// it stands still again, it is no longer recovered.
func TestAServerThatStandsStill(t *testing.T) {
	var s server
	s.runs(2*time.Second, ScanEvery, 0)
	s.runs(time.Second-2*ScanEvery, 0, 0)
	if got := s.names(); len(got) > 0 {
		t.Fatalf("%v before a second was over", got)
	}
	s.runs(5*ScanEvery, 0, 0)
	found := s.o.Found()
	if len(found) != 1 || found[0].Name != monitor.ServerStalled || found[0].Connections != 2 ||
		!strings.Contains(found[0].Why, "2s after the start") && !strings.Contains(found[0].Why, "2.05s") {
		t.Fatalf("%+v", found)
	}
	s.runs(2*time.Second, 0, 0)
	s.runs(time.Second, ScanEvery, 0)
	found = s.o.Found()
	if got := s.names(); !slices.Equal(got, []string{monitor.ServerStalled, monitor.Recovered}) ||
		!strings.Contains(found[0].Why, "; recovered after 3.") || found[1].Connections != 2 {
		t.Errorf("%+v", found)
	}
	s.runs(2*time.Second, 0, 0)
	if got := s.names(); !slices.Equal(got, []string{monitor.ServerStalled}) || len(s.events) != 3 {
		t.Errorf("%v, events %q", got, s.events)
	}
}

// TestAServerThatNeverSaidAWord: it is never_served. After its first answer it is nothing at all:
// nobody knows how fast it is when all is well.
func TestAServerThatNeverSaidAWord(t *testing.T) {
	var s server
	s.runs(2*time.Second, 0, 0)
	if got := s.names(); !slices.Equal(got, []string{monitor.NeverServed}) {
		t.Errorf("%v", got)
	}
	s.o.Reset()
	s.runs(ScanEvery, 0, 0)
	if got := s.names(); !slices.Equal(got, []string{monitor.NeverServed}) {
		t.Errorf("%v after a Reset: one that lasts is told again", got)
	}
	s.h.Heard()
	s.runs(time.Second/2, 0, 0)
	if got := s.names(); len(got) > 0 || len(s.events) != 3 {
		t.Errorf("%v, events %q", got, s.events)
	}
}

// TestASlowServerDoesNotStandStill: if every answer takes longer than stallScans, the server is slow,
// once that is known.
func TestASlowServerDoesNotStandStill(t *testing.T) {
	const slow = 1500 * time.Millisecond
	var s server
	s.runs(10*time.Second, slow, slow)
	if got := s.names(); len(got) > 0 {
		t.Errorf("%v", got)
	}
	if s.runs(3*time.Second, 0, slow); len(s.names()) != 1 {
		t.Errorf("%v of one that stands still", s.names())
	}
}

// TestNotAllAreSilent: a worker that still hears something proves that the server does not stand
// still.
func TestNotAllAreSilent(t *testing.T) {
	silent := Seen{Up: 1, EverHeard: true, Unheard: true, Starved: true, StarvedSince: time.Second}
	for name, other := range map[string]Seen{
		"hears":             {Up: 1, EverHeard: true},
		"is owed nothing":   {Up: 1, EverHeard: true, Unheard: true},
		"has no connection": {Unheard: true},
	} {
		var o Outages
		o.Listen([]Seen{silent, other}, time.Minute)
		if got := len(o.Found()) > 0; got != (other.Up == 0) {
			t.Errorf("another worker %s: %+v", name, o.Found())
		}
	}
}
