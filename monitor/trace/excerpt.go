package trace

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// Excerpt is what a log held when it was read: all of it, or some lives around a time. A life is one
// session, or one connection of a dummy. An excerpt can go to another process as JSON. Its Start is
// then a time of the wall clock alone; the reader must find out how far its own clock is from it.
type Excerpt struct {
	Start   time.Time     // all its times count from here
	Read    time.Duration // when it was read
	Reach   time.Duration // see Log.Reach
	Began   time.Duration // when the first of the lives began; 0 if that was overwritten
	Cut     bool          // there were more events before than are kept
	Writers []string      // the rings
	Events  []Event       // by time
}

// How many events Around keeps.
const (
	Before = 32 // before the time and at it
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

// Around is what the log holds of a connection around the time at. Each of ids is a life that may be
// the connection's: some systems use an address again at once. A life is not the connection's if it
// ended before the connection was dialed (the zero time: not known). Nor is it if it began after at,
// with one exception: if no other life is left, and nothing was overwritten since the dial, the
// first to begin is the connection's, accepted late. A fault that was found many times at once
// stands there once.
func (l *Log) Around(ids []uint64, dialed, at time.Time) Excerpt {
	x := Excerpt{Start: l.start, Read: time.Since(l.start)}
	from, to := dialed.Sub(l.start), at.Sub(l.start)
	var later []Event // of the lives that begin after to, the first
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

// begins reports whether e is the beginning of a life.
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

// Window is the part of a list by time that lies around at: at most Before and After of it.
func Window[T any](list []T, when func(T) time.Duration, at time.Duration) []T {
	n := upTo(list, when, at)
	return slices.Clone(list[max(0, n-Before):min(len(list), n+After)])
}

// Whole reports whether nothing that belongs in the excerpt was overwritten.
func (x *Excerpt) Whole() bool {
	return x.Reach == 0 || x.Began > 0 && x.Began >= x.Reach ||
		x.Cut && x.Events[0].At >= x.Reach
}

// Process is an excerpt of one log, to be shown as one process: each ring is a thread of it.
type Process struct {
	Name   string // "server"
	Prefix string // of its ids: "s" for s17.3
	Excerpt
}

// first is when the earliest of the logs began.
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
