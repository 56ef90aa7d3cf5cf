// Package trace leaves footprints in memory (R10). A write to a file or a console takes locks, and
// so changes the very order of events that one is looking for. A record here is a few plain stores
// into a ring of the writing thread's own, and so cheap that it is always on.
package trace

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// RingRecords is how many records each ring keeps: 256 KiB of them.
const (
	RingRecords = 1 << ringBits
	ringBits    = 13
)

// IndexBits is how many low bits of a session id are its index in the session table; the
// others are its generation.
const IndexBits = 20

// ID is the id of a session's slot and generation, or of a dummy and its connection.
func ID(index uint64, generation uint64) uint64 { return generation<<IndexBits | index }

// Log is the rings of one server, or of the dummies: one for each worker, and a last one that all
// other goroutines share.
type Log struct {
	start time.Time
	rings []*Ring
}

// New makes a log for so many workers. Times count from now.
func New(workers int) *Log {
	// The log begins a moment ago, so that no record has the time 0, even if the clock is coarse. The
	// time 0 stands for unknown.
	l := &Log{start: time.Now().Add(-time.Nanosecond)}
	for i := range workers + 1 {
		r := &Ring{name: fmt.Sprintf("w%d", i), start: l.start, records: make([]record, RingRecords)}
		if i == workers {
			r.name, r.shared = "app", true
		}
		l.rings = append(l.rings, r)
	}
	return l
}

// Start is when the log was made: what every Event.At counts from.
func (l *Log) Start() time.Time { return l.start }

// Ring is worker i's own.
func (l *Log) Ring(i int) *Ring { return l.rings[i] }

// Shared is the ring of all goroutines that are not workers. Each record claims its place by an
// atomic add and reads the clock: it costs about ten times as much.
func (l *Log) Shared() *Ring { return l.rings[len(l.rings)-1] }

// Event is one record as read back.
type Event struct {
	At     time.Duration // since the log was made; the same for all of a worker's batch
	Writer string        // "w0", "w1", … or "app"
	Kind   Kind
	Where  Where
	ID     uint64 // session, see IndexBits; 0 is none
	IO     int    // IOCount after the event
	N      uint32 // see Kind
	Index  uint32 // its place among the writer's records; wraps around
}

// String is the event's line in a dump: "12.345678 w0 s17.3 RecvPost io=2".
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.6f %s", e.At.Seconds(), e.Writer)
	if e.ID != 0 {
		fmt.Fprintf(&b, " s%s", e.Name())
	}
	return b.String() + " " + e.What()
}

// Name is the id's two parts, "17.3"; empty for none.
func (e Event) Name() string {
	if e.ID == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d", e.ID&(1<<IndexBits-1), e.ID>>IndexBits)
}

// What is the event without time, writer and id: "RecvDone io=2 transferred=34".
func (e Event) What() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Kind == Peer {
		fmt.Fprintf(&b, " port=%d", e.IO)
		return b.String()
	}
	if e.ID != 0 {
		fmt.Fprintf(&b, " io=%d", e.IO)
	}
	if number := kinds[e.Kind].number; number != "" {
		fmt.Fprintf(&b, " %s=%d", number, e.N)
	}
	if e.Where != Nowhere {
		fmt.Fprintf(&b, " (%v)", e.Where)
	}
	return b.String()
}

// Events reads back what the rings still hold of session id (0: of all), sorted by time. It may be
// called while the writers run; what they overwrite meanwhile is left out.
func (l *Log) Events(id uint64) []Event {
	var events []Event
	for _, r := range l.rings {
		events = r.collect(events, id)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return events
}

// collect appends the ring's records, oldest first.
func (r *Ring) collect(events []Event, id uint64) []Event {
	end := r.end()
	for index := end - uint32(len(r.records)); index != end; index++ {
		rec, ok := r.at(index).read(index)
		if !ok || id != 0 && rec.id != id {
			continue
		}
		events = append(events, Event{time.Duration(rec.at), r.name, rec.kind, rec.where,
			rec.id, int(rec.io), rec.n, index})
	}
	return events
}

// Dump writes Events(id), one a line.
func (l *Log) Dump(w io.Writer, id uint64) error {
	out := bufio.NewWriter(w)
	for _, e := range l.Events(id) {
		fmt.Fprintln(out, e)
	}
	return out.Flush()
}
