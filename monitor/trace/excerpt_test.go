package trace

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"
)

// life notes a session of so many sends, one a millisecond, from its Accept to its Release.
func life(l *Log, id uint64, from time.Duration, sends int) {
	r := l.Ring(0)
	r.SetTime(from)
	r.Record(Accept, Nowhere, id, 1, 9)
	for i := range sends {
		r.SetTime(from + time.Duration(i+1)*time.Millisecond)
		r.Record(SendPost, Nowhere, id, 2, i)
	}
	r.Record(Release, Send, id, 0, 1)
}

func TestAroundKeepsWhatLiesAroundATime(t *testing.T) {
	l, id := New(1), ID(17, 3)
	life(l, id, time.Second, 1000)
	at := 1500 * time.Millisecond
	x := l.Around([]uint64{id}, l.Start(), l.Start().Add(at))
	if len(x.Events) != Before+After || x.Events[Before-1].At != at ||
		x.Events[Before].At <= at {
		t.Errorf("%d events: %v", len(x.Events), x.Events)
	}
	if !x.Whole() || x.Began != time.Second || x.Reach != 0 {
		t.Errorf("began %v, reach %v: nothing was lost", x.Began, x.Reach)
	}
	// Later the ring has gone on, but not beyond what lies around that time; then it has.
	life(l, ID(18, 1), 3*time.Second, RingRecords-600)
	if x := l.Around([]uint64{id}, l.Start(), l.Start().Add(at)); !x.Whole() || x.Reach == 0 {
		t.Errorf("reach %v, %d events from %v on", x.Reach, len(x.Events), x.Events[0].At)
	}
	life(l, ID(18, 2), 13*time.Second, RingRecords)
	if x := l.Around([]uint64{id}, l.Start(), l.Start().Add(at)); x.Whole() || len(x.Events) > 0 {
		t.Errorf("whole with %v, after all was overwritten", x.Events)
	}
}

// A fault that many echoes have at once stands there once.
func TestAFaultFoundManyTimesAtOnceIsOneEvent(t *testing.T) {
	l, id := New(1), ID(5, 1)
	r := l.Ring(0)
	r.Record(Dial, Nowhere, id, 1, 0)
	for i, n := range []int{2, 2, 2, 3, 2} {
		r.SetTime(time.Duration(i / 2))
		r.Record(Fault, Nowhere, id, 1, n)
	}
	x := l.Around([]uint64{id}, l.Start(), l.Start().Add(time.Second))
	if len(x.Events) != 5 { // at 0: 2, 2; at 1: 2, 3; at 2: 2
		t.Errorf("%v, want the dial and four faults", x.Events)
	}
}

// A life that ended before the dial, or began after the fault, is another connection's.
func TestAroundLeavesStrangersOfTheSameAddressOut(t *testing.T) {
	l := New(1)
	ids := []uint64{ID(1, 1), ID(2, 1), ID(3, 1), ID(4, 1)}
	for i, id := range ids[:3] {
		life(l, id, time.Duration(1+i)*time.Second, 2)
	}
	of := func(dialed time.Duration) []uint64 {
		var got []uint64
		x := l.Around(ids, l.Start().Add(dialed), l.Start().Add(2500*time.Millisecond))
		for _, e := range x.Events {
			if !slices.Contains(got, e.ID) {
				got = append(got, e.ID)
			}
		}
		return got
	}
	if got := of(1500 * time.Millisecond); !slices.Equal(got, ids[1:2]) {
		t.Errorf("of the sessions %x: %x", ids, got)
	}
	if got := of(time.Millisecond); !slices.Equal(got, ids[:2]) {
		t.Errorf("dialed long ago: %x", got)
	}
	if x := l.Around(ids, time.Time{}, l.Start().Add(4*time.Second)); len(x.Events) != 12 {
		t.Errorf("dialed at an unknown time: %v", x.Events)
	}
}

// A busy server accepts a connection long after the dial. Its session belongs to the connection
// although it began after the fault, but only if it is surely the first of its address since the dial.
func TestAroundFindsWhatWasAcceptedLate(t *testing.T) {
	l := New(1)
	ids := []uint64{ID(4, 1), ID(3, 1), ID(1, 1)}
	life(l, ids[2], time.Second, 2)
	life(l, ids[1], 3*time.Second, 2)
	life(l, ids[0], 4*time.Second, 2)
	dialed, at := l.Start().Add(2*time.Second), l.Start().Add(2100*time.Millisecond)
	x := l.Around(ids, dialed, at)
	if len(x.Events) != 4 || x.Events[0].ID != ids[1] || x.Began != 3*time.Second {
		t.Errorf("began %v: %v, want the four of %x", x.Began, x.Events, ids[1])
	}
	if x := l.Around(ids, time.Time{}, at); len(x.Events) != 4 || x.Events[0].ID != ids[2] {
		t.Errorf("dialed at an unknown time: %v", x.Events)
	}
	if x := l.Around(ids[:2], time.Time{}, at); len(x.Events) != 0 {
		t.Errorf("dialed at an unknown time, and none until the fault: %v", x.Events)
	}
	if x := l.Around(ids[:2], l.Start().Add(-time.Second), l.Start()); len(x.Events) != 4 {
		t.Errorf("dialed before the log began, which has lost nothing: %v", x.Events)
	}
	life(l, ID(9, 1), 5*time.Second, RingRecords-6)
	if x := l.Around(ids, dialed, at); len(x.Events) != 0 || x.Whole() {
		t.Errorf("reach %v: an earlier one may have been lost: %v", x.Reach, x.Events)
	}
}

// Another process reads the same excerpt, by the wall clock.
func TestAnExcerptTravels(t *testing.T) {
	l := New(2)
	life(l, ID(17, 3), time.Second, 3)
	sent := l.All()
	data, err := json.Marshal(sent)
	var came Excerpt
	if err == nil {
		err = json.Unmarshal(data, &came)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := came.Start.Sub(l.Start()); d != 0 {
		t.Errorf("it starts %v later", d)
	}
	came.Start = sent.Start
	if !reflect.DeepEqual(sent, came) || !slices.Equal(came.Writers, []string{"w0", "w1", "app"}) {
		t.Errorf("sent %+v, came %+v", sent, came)
	}
}

func TestTextHasBothEndsByTime(t *testing.T) {
	dummies, server := New(1), New(1)
	server.start = dummies.start.Add(2 * time.Millisecond)
	dummies.Ring(0).SetTime(4 * time.Millisecond)
	dummies.Ring(0).Record(RecvDone, Nowhere, ID(5, 1), 1, 34)
	server.Ring(0).SetTime(time.Millisecond)
	server.Ring(0).Record(SendPost, Nowhere, ID(17, 3), 2, 34)
	server.Ring(0).SetTime(5 * time.Millisecond)
	server.Ring(0).Record(Stop, Nowhere, 0, 0, 0)
	var out bytes.Buffer
	if err := WriteText(&out, Process{"dummy", "d", dummies.All()},
		Process{"server", "s", server.All()}); err != nil {
		t.Fatal(err)
	}
	want := `0.003000 server w0 s17.3 SendPost io=2 bytes=34
0.004000 dummy w0 d5.1 RecvDone io=1 transferred=34
0.007000 server w0 Stop
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
