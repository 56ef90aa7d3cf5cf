package trace

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// chromeEvent is one event of the Chrome trace format, "JSON object format", which
// chrome://tracing and Perfetto open:
//
//	name  what happened; of a span, whose life it is
//	ph    M metadata (process_name, thread_name), i an instant on its thread,
//	      b and e the beginning and the end of a span: a session's or a connection's life, as
//	      far as the rings still have it
//	ts    µs since the earliest log was made
//	pid   counted from 1, in the order of the processes
//	tid   counted from 1, in the order of the rings
//	cat   of a span, its process: with id it joins b and e
//	s     t: an instant is its thread's
//	args  id, IOCount or operations in flight, the kind's number, where
type chromeEvent struct {
	Name  string         `json:"name"`
	Phase string         `json:"ph"`
	TS    float64        `json:"ts"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	Cat   string         `json:"cat,omitempty"`
	ID    string         `json:"id,omitempty"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// WriteChrome writes all events by time, for a trace viewer.
func WriteChrome(w io.Writer, processes ...Process) error {
	var events []chromeEvent
	for i, p := range processes {
		events = append(events, p.chrome(i+1, p.Start.Sub(first(processes)))...)
	}
	slices.SortStableFunc(events, func(a, b chromeEvent) int { return cmp.Compare(a.TS, b.TS) })
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `{"displayTimeUnit":"ms","traceEvents":[`)
	for i, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprint(out, ",")
		}
		fmt.Fprintf(out, "\n%s", line)
	}
	fmt.Fprint(out, "\n]}\n")
	return out.Flush()
}

// chrome is a process's events. The beginning of each life stands before its events, and its end
// after them. later is how much later than the earliest log this one was made.
func (p Process) chrome(pid int, later time.Duration) []chromeEvent {
	out := []chromeEvent{{Name: "process_name", Phase: "M", PID: pid,
		Args: map[string]any{"name": p.Name}}}
	tids := map[string]int{}
	for i, writer := range p.Writers {
		tids[writer] = i + 1
		out = append(out, chromeEvent{Name: "thread_name", Phase: "M", PID: pid, TID: i + 1,
			Args: map[string]any{"name": p.Name + " " + writer}})
	}
	last := map[uint64]int{}
	for i, e := range p.Events {
		last[e.ID] = i
	}
	begun := map[uint64]bool{0: true}
	for i, e := range p.Events {
		c := chromeEvent{PID: pid, TID: tids[e.Writer],
			TS: float64((e.At + later).Nanoseconds()) / 1e3}
		if !begun[e.ID] {
			begun[e.ID] = true
			out = append(out, p.span(c, e, "b"))
		}
		out = append(out, p.instant(c, e))
		if e.ID != 0 && last[e.ID] == i {
			out = append(out, p.span(c, e, "e"))
		}
	}
	return out
}

// span makes c the beginning or the end of the life that e belongs to.
func (p Process) span(c chromeEvent, e Event, phase string) chromeEvent {
	c.Name = p.Prefix + e.Name()
	c.Phase, c.Cat, c.ID = phase, p.Name, c.Name
	return c
}

// instant makes c the event itself.
func (p Process) instant(c chromeEvent, e Event) chromeEvent {
	c.Name, c.Phase, c.Scope = e.Kind.String(), "i", "t"
	c.Args = map[string]any{}
	if e.ID != 0 {
		c.Args["id"] = p.Prefix + e.Name()
	}
	if e.Kind == Peer {
		c.Args["port"] = e.IO
		return c
	}
	if e.ID != 0 {
		c.Args["io"] = e.IO
	}
	if number := kinds[e.Kind].number; number != "" {
		c.Args[number] = e.N
	}
	if e.Where != Nowhere {
		c.Args["where"] = e.Where.String()
	}
	return c
}
