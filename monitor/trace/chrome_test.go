package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A trace viewer shows what was noted: the threads by name, each session's life as a span
// around its events, in the order of the times of both logs.
func TestAChromeTraceHasASessionsLife(t *testing.T) {
	dummies, server := New(1), New(2)
	server.start = dummies.start.Add(2 * time.Millisecond)
	note := func(l *Log, ring int, at time.Duration, k Kind, w Where, id uint64, n int) {
		l.Ring(ring).SetTime(at)
		l.Ring(ring).Record(k, w, id, 1, n)
	}
	conn, session := ID(5, 1), ID(17, 3)
	note(dummies, 0, time.Millisecond, Connected, Nowhere, conn, 0)
	note(dummies, 0, 4*time.Millisecond, Fault, Nowhere, conn, 2)
	note(server, 0, 0, Stop, Nowhere, 0, 0)
	note(server, 1, time.Millisecond, Accept, Nowhere, session, 9)
	note(server, 0, 3*time.Millisecond, Release, Send, session, 1)
	var out bytes.Buffer
	if err := WriteChrome(&out, Process{"dummies", "d", dummies.All()},
		Process{"server", "s", server.All()}); err != nil {
		t.Fatal(err)
	}
	var file struct {
		DisplayTimeUnit string
		TraceEvents     []chromeEvent
	}
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil || file.DisplayTimeUnit != "ms" {
		t.Fatalf("%v, unit %q", err, file.DisplayTimeUnit)
	}
	var names, lines []string
	for _, e := range file.TraceEvents {
		if e.Phase == "M" {
			names = append(names, fmt.Sprint(e.Name, " ", e.PID, ".", e.TID, " ", e.Args["name"]))
			continue
		}
		lines = append(lines, fmt.Sprint(e.TS, " ", e.Phase, " ", e.Name, " ", e.PID, ".", e.TID,
			" ", e.ID, e.Args))
	}
	wantNames := []string{
		"process_name 1.0 dummies", "thread_name 1.1 dummies w0", "thread_name 1.2 dummies app",
		"process_name 2.0 server", "thread_name 2.1 server w0", "thread_name 2.2 server w1",
		"thread_name 2.3 server app",
	}
	slices.Sort(wantNames)
	slices.Sort(names)
	if !slices.Equal(names, wantNames) {
		t.Errorf("named %q, want %q", names, wantNames)
	}
	want := []string{
		"1000 b d5.1 1.1 d5.1map[]",
		"1000 i Connected 1.1 map[id:d5.1 io:1]",
		"2000 i Stop 2.1 map[]",
		"3000 b s17.3 2.2 s17.3map[]",
		"3000 i Accept 2.2 map[id:s17.3 io:1 socket:9]",
		"4000 i Fault 1.1 map[fault:2 id:d5.1 io:1]",
		"4000 e d5.1 1.1 d5.1map[]",
		"5000 i Release 2.1 map[id:s17.3 io:1 reason:1 where:send]",
		"5000 e s17.3 2.1 s17.3map[]",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%q\nwant\n%q", lines, want)
	}
}
