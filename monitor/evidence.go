package monitor

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// Evidence is one fault with what is needed to find it in the server's own log: the connection, the
// place in it, what was expected and what came.
type Evidence struct {
	Fault      Fault  `json:"fault"`
	Client     int    `json:"client"`     // dummy, counted from 0
	Connection uint32 `json:"connection"` // the dummy's n-th connection, counted from 1
	Local      string `json:"local"`      // the dummy's address
	Seq        uint64 `json:"seq"`        // of the echo within the connection, from 1; 0 when none
	// Count is how many echoes this stands for (not_drained: Seq to Seq+Count-1); 0 means 1.
	Count uint64 `json:"count,omitempty"`
	// Offset is the first wrong byte within the payload. Where that is right, and Note names a field that is
	// not, Want and Got are the field's, and Offset is from the beginning of the frame.
	Offset int `json:"offset"`
	Want   Hex `json:"want"` // at most EvidenceBytes around Offset
	Got    Hex `json:"got"`  // the same
	// The owner of what came, by the payload alone; OwnerConnection 0 when unknown.
	OwnerClient     int    `json:"owner_client"`
	OwnerConnection uint32 `json:"owner_connection"`
	OwnerSeq        uint64 `json:"owner_seq"`
	Age             Millis `json:"age_ms"`         // of the echo when the fault was seen
	At              Millis `json:"at_ms"`          // since the fleet began
	Note            string `json:"note,omitempty"` // anything else worth a sentence: the system's error
	// Timeline is what the dummy and the bundled server did on the connection around the fault, by
	// time. TimelineNote says what their traces had lost by then. See Joiner.
	Timeline     []Footprint `json:"timeline,omitempty"` // of the first of each fault
	TimelineNote string      `json:"timeline_note,omitempty"`
}

// MarshalJSON writes what is safe to show.
func (e Evidence) MarshalJSON() ([]byte, error) {
	e.Local, e.Note, e.TimelineNote = Clean(e.Local), Clean(e.Note), Clean(e.TimelineNote)
	if e.Count == 1 {
		e.Count = 0 // left out
	}
	type plain Evidence
	return marshal(plain(e))
}

// How many bytes of the expected and of the received payload are kept, and how many a sentence shows.
const (
	EvidenceBytes = 64
	sentenceBytes = 16
)

// Sentence is the evidence in one line, safe to show.
func (e Evidence) Sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dummy %d connection %d", e.Client, e.Connection)
	if e.Local != "" {
		fmt.Fprintf(&b, " (%s)", Clean(e.Local))
	}
	if e.Seq > 0 {
		fmt.Fprintf(&b, " echo %d", e.Seq)
	}
	if e.Count > 1 {
		fmt.Fprintf(&b, " to %d", e.Seq+e.Count-1)
	}
	fmt.Fprintf(&b, " at %s", Micros(micros(e.At)))
	if e.Age > 0 {
		fmt.Fprintf(&b, ", %s old", Micros(micros(e.Age)))
	}
	switch {
	case len(e.Want) == 0 && len(e.Got) == 0:
	case e.itself() && bytes.Equal(e.Want, e.Got): // right byte for byte: duplicate, reordered
		fmt.Fprintf(&b, ": %s", shortHex(e.Got))
	default:
		at := e.Offset - e.Start()
		fmt.Fprintf(&b, ", byte %d: want %s got %s", e.Offset,
			hexAround(e.Want, at, e.Start() > 0), hexAround(e.Got, at, e.Start() > 0))
	}
	if e.OwnerConnection > 0 && !e.itself() {
		fmt.Fprintf(&b, ", it belongs to dummy %d connection %d echo %d",
			e.OwnerClient, e.OwnerConnection, e.OwnerSeq)
	}
	if e.Note != "" {
		b.WriteString(", " + Clean(e.Note))
	}
	return b.String()
}

// itself reports whether what came is the echo that the evidence is about.
func (e *Evidence) itself() bool {
	return e.OwnerConnection == e.Connection && e.OwnerClient == e.Client && e.OwnerSeq == e.Seq
}

// Start is the place in the payload of the first byte that is kept in Want and Got.
func (e *Evidence) Start() int {
	both := min(len(e.Want), len(e.Got))
	for i := range both {
		if e.Want[i] != e.Got[i] {
			return max(e.Offset-i, 0)
		}
	}
	return max(e.Offset-both, 0)
}

// hexAround shows the bytes around the at-th, which stands in brackets. more says that the payload has
// bytes before the first.
func hexAround(p []byte, at int, more bool) string {
	if len(p) == 0 {
		return "nothing"
	}
	from := max(0, min(at-sentenceBytes/2, len(p)-sentenceBytes))
	to := min(len(p), from+sentenceBytes)
	var b strings.Builder
	if from > 0 || more {
		b.WriteString("…")
	}
	for i := from; i < to; i++ {
		if i == at {
			fmt.Fprintf(&b, "[%02x]", p[i])
		} else {
			fmt.Fprintf(&b, "%02x", p[i])
		}
	}
	if to < len(p) {
		b.WriteString("…")
	} else if at >= len(p) {
		b.WriteString("[]")
	}
	return b.String()
}

func shortHex(p []byte) string {
	switch {
	case len(p) == 0:
		return "nothing"
	case len(p) > sentenceBytes:
		return hex.EncodeToString(p[:sentenceBytes]) + "…"
	}
	return hex.EncodeToString(p)
}

// Sentence names the owed echoes in one line, safe to show.
func (o Owed) Sentence() string {
	echoes := fmt.Sprintf("echo %d", o.First)
	if o.Last > o.First {
		echoes = fmt.Sprintf("%s, %d to %d,", plural(uint64(o.Count), "echo"), o.First, o.Last)
	}
	return fmt.Sprintf("dummy %d connection %d (%s): %s unanswered for %s",
		o.Client, o.Connection, Clean(o.Local), echoes, Micros(micros(o.Age)))
}
