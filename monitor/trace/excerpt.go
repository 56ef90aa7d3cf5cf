package trace

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// Excerpt is what a log held when it was read: of everything, or of some lives around a time. It
// can go to another process as JSON. Its Start is then a time of the wall clock alone, and it is for
// the reader to find out how far that is from its own.
type Excerpt struct {
	Start   time.Time     // what every time in it counts from
	Read    time.Duration // when it was read
	Reach   time.Duration // see Log.Reach
	Began   time.Duration // when the first of the lives did; 0 when that was overwritten
	Cut     bool          // there was more before than is kept
	Writers []string      // the rings
	Events  []Event       // by time
}

// How much Around keeps: of what came before, and of what came after.
const (
	Before = 32 // and what happened at that time
	After  = 16
)

// All is everything that the log holds.
func (l *Log) All() Excerpt {
	x := Excerpt{Start: l.start, Read: time.Since(l.start)}
	x.Events = l.Events(0)
	for _, r := range l.rings {
		x.Writers = append(x.Writers, r.name)
	}
	x.Reach = l.Reach() // last: what is overwritten meanwhile counts as not held
	return x
}

// Around is what the log holds of a connection around a time. ids are lives that may be its:
// an address is used again, at once on some systems. It is not where one had ended before the
// connection was dialed (the zero time where that is not known). Nor is it where one began after
// that time, with one exception: when no other is, and nothing was lost since the dial, the first
// to begin is the connection's, accepted late. A fault that was found many times at once is there
// once.
func (l *Log) Around(ids []uint64, dialed, at time.Time) Excerpt {
	x := Excerpt{Start: l.start, Read: time.Since(l.start)}
	from, to := dialed.Sub(l.start), at.Sub(l.start)
	var later []Event // the first life to begin after to
	for _, id := range ids {
		life := l.Events(id)
		switch {
		case len(life) == 0 || endedBefore(life, from):
		case !begins(life[0]) || life[0].At <= to:
			x.Events = append(x.Events, life...)
		case later == nil || life[0].At < later[0].At:
			later = life
		}
	}
	x.Reach = l.Reach() // after the events: what is overwritten meanwhile counts as not held
	if whole := x.Reach == 0 || x.Reach <= from; len(x.Events) == 0 && whole && !dialed.IsZero() {
		x.Events = later
	}
	slices.SortStableFunc(x.Events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	if len(x.Events) > 0 && begins(x.Events[0]) {
		x.Began = x.Events[0].At
	}
	x.Events = slices.CompactFunc(x.Events, sameFault)
	x.Cut = upTo(x.Events, Event.at, to) > Before
	x.Events = Window(x.Events, Event.at, to)
	return x
}

// begins reports whether a life begins with e.
func begins(e Event) bool { return e.Kind == Accept || e.Kind == Dial }

// endedBefore reports whether a life's last event is its end, before a time.
func endedBefore(life []Event, at time.Duration) bool {
	last := life[len(life)-1]
	return last.Kind == Release && last.At < at
}

func sameFault(a, b Event) bool {
	return a.Kind == Fault && b.Kind == Fault && a.At == b.At && a.ID == b.ID && a.N == b.N
}

func (e Event) at() time.Duration { return e.At }

// upTo is how many of a list by time are no later than at.
func upTo[T any](list []T, when func(T) time.Duration, at time.Duration) int {
	n, _ := slices.BinarySearchFunc(list, at+1, func(e T, t time.Duration) int {
		return cmp.Compare(when(e), t)
	})
	return n
}

// Window is what of a list by time lies around at: Before and After.
func Window[T any](list []T, when func(T) time.Duration, at time.Duration) []T {
	n := upTo(list, when, at)
	return slices.Clone(list[max(0, n-Before):min(len(list), n+After)])
}

// Whole reports whether the log had lost nothing that belongs into the excerpt.
func (x *Excerpt) Whole() bool {
	return x.Reach == 0 || x.Began > 0 && x.Began >= x.Reach ||
		x.Cut && x.Events[0].At >= x.Reach
}

// Process is one log's excerpt as a process: each ring is a thread of it.
type Process struct {
	Name   string // "server"
	Prefix string // of its ids: "s" for s17.3
	Excerpt
}

// first is when the first of the logs began.
func first(processes []Process) time.Time {
	start := processes[0].Start
	for _, p := range processes {
		if p.Start.Before(start) {
			start = p.Start
		}
	}
	return start
}

// WriteText writes all events by time, one a line: "12.345678 server w0 s17.3 RecvPost io=2".
func WriteText(w io.Writer, processes ...Process) error {
	type line struct {
		at   time.Duration
		text string
	}
	var lines []line
	for _, p := range processes {
		later := p.Start.Sub(first(processes))
		for _, e := range p.Events {
			text := p.Name + " " + e.Writer
			if e.ID != 0 {
				text += " " + p.Prefix + e.Name()
			}
			lines = append(lines, line{e.At + later, text + " " + e.What()})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	out := bufio.NewWriter(w)
	for _, l := range lines {
		fmt.Fprintf(out, "%.6f %s\n", l.at.Seconds(), l.text)
	}
	return out.Flush()
}
