package trace

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"unsafe"
)

func TestARecordIsHalfACacheLine(t *testing.T) {
	if size := unsafe.Sizeof(record{}); size != 32 {
		t.Errorf("a record is %d bytes, want 32", size)
	}
}

func TestEveryKindAndPlaceHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := range numKinds {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d: name %q is empty or taken", k, k.String())
		}
		seen[k.String()] = true
	}
	for w := Nowhere + 1; w < numWheres; w++ {
		if w.String() == "" || seen[w.String()] {
			t.Errorf("place %d: name %q is empty or taken", w, w.String())
		}
		seen[w.String()] = true
	}
}

// TestNoRecordIsAtTime0, even if the clock has not moved since the log was made.
func TestNoRecordIsAtTime0(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1)
		l.Ring(0).Tick()
		l.Ring(0).Record(Dial, Nowhere, 1, 1, 0)
		l.Shared().Record(Accept, Nowhere, 2, 1, 0)
		events := l.Events(0)
		if len(events) != 2 || events[0].At <= 0 || events[1].At <= 0 {
			t.Errorf("%v", events)
		}
	})
}

func TestADumpReadsLikeTheRules(t *testing.T) {
	l := New(1)
	r := l.Ring(0)
	r.now = 12_345_678_000
	id := uint64(3)<<IndexBits | 17
	r.Record(RecvPost, Nowhere, id, 2, 0)
	r.Record(SendDone, Nowhere, id, 2, 34)
	r.Record(Release, Send, id, 0, 1)
	r.Record(Stop, Nowhere, 0, 0, 0)
	var out bytes.Buffer
	if err := l.Dump(&out, 0); err != nil {
		t.Fatal(err)
	}
	want := `12.345678 w0 s17.3 RecvPost io=2
12.345678 w0 s17.3 SendDone io=2 transferred=34
12.345678 w0 s17.3 Release io=0 reason=1 (send)
12.345678 w0 Stop
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestEventsMergesRingsByTimeAndFiltersBySession(t *testing.T) {
	l := New(2)
	for i := range 6 {
		r := l.Ring(i % 2)
		r.now = int64(i)
		r.Record(IODown, Receive, uint64(1+i%3), i, 0)
	}
	if all := l.Events(0); len(all) != 6 || all[0].IO != 0 || all[5].IO != 5 {
		t.Errorf("merged: %v", all)
	}
	if one := l.Events(2); len(one) != 2 || one[0].IO != 1 || one[1].IO != 4 {
		t.Errorf("of session 2: %v", one)
	}
}

func TestARingKeepsTheLastRecordsOnly(t *testing.T) {
	l := New(1)
	for i := range 3*RingRecords + 5 {
		l.Ring(0).Record(SendPost, Nowhere, 1, 1, i)
	}
	got := l.Events(0)
	if len(got) != RingRecords || got[0].N != 2*RingRecords+5 ||
		got[RingRecords-1].N != 3*RingRecords+4 {
		t.Errorf("%d records, %v to %v", len(got), got[0], got[len(got)-1])
	}
}

func TestIOCountsBeyondTheFieldAreShownAsItsMost(t *testing.T) {
	l := New(1)
	l.Ring(0).Record(SendPacket, Nowhere, 1, 1<<20, 0)
	if got := l.Events(0)[0].IO; got != 1<<16-1 {
		t.Errorf("io=%d", got)
	}
}

// The fields that a record has room for come back, at their ends too.
func TestARecordIsReadBack(t *testing.T) {
	for _, index := range []uint32{0, 1, RingRecords, 1<<32 - 1} {
		for _, want := range []fields{
			{kind: Dial},
			{numKinds - 1, numWheres - 1, 1<<16 - 1, 1<<63 - 1, 1<<64 - 1, 1<<32 - 1},
			{Release, Send, 0x1234, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 0x8765_4321},
		} {
			var r record
			r.write(index, want.at, want.kind, want.where, want.id, int(want.io), int(want.n))
			if got, ok := r.read(index); !ok || got != want {
				t.Errorf("record %d: %+v, %v; want %+v", index, got, ok, want)
			}
			if _, ok := r.read(index - RingRecords); ok {
				t.Errorf("record %d is taken for the one a lap before", index)
			}
		}
	}
}

// TestNoMixtureOfTwoRecordsIsOne: a reader may see words of two records at one place, in any order.
// It takes a whole record or none.
func TestNoMixtureOfTwoRecordsIsOne(t *testing.T) {
	const index = 5
	var records [4]record // the empty one, and three laps
	for lap := 1; lap < len(records); lap++ {
		records[lap].write(index+uint32(lap-1)*RingRecords, 1e9, SendDone, Send, 7, 3, lap)
	}
	for from := range records {
		for mixed := range 1 << 4 {
			for to := range records {
				r := records[from]
				for word := range r.words {
					if mixed>>word&1 != 0 {
						r.words[word] = records[to].words[word]
					}
				}
				whole := r == records[from] || r == records[to]
				for lap := 1; lap < len(records); lap++ {
					got, ok := r.read(index + uint32(lap-1)*RingRecords)
					if ok && (!whole || got.n != uint32(lap)) {
						t.Errorf("words %04b of lap %d in lap %d: %+v", mixed, to, from, got)
					}
				}
			}
		}
	}
}

// Every record here has id == n, so a torn one would show.
func TestReadingWhileWritingYieldsNoTornRecord(t *testing.T) {
	l := New(2)
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 1; n <= RingRecords || !stop.Load(); n++ {
				switch w {
				case 0, 1:
					l.Ring(w).Record(SendDone, Nowhere, uint64(n), n%100, n)
				default:
					l.Shared().Record(SendPacket, Nowhere, uint64(n), n%100, n)
				}
			}
		})
	}
	for range 50 {
		for _, e := range l.Events(0) {
			if e.ID != uint64(e.N) || e.IO != int(e.N)%100 {
				t.Errorf("torn: %v", e)
			}
		}
	}
	stop.Store(true)
	writers.Wait()
	if got := len(l.Events(0)); got < RingRecords {
		t.Errorf("only %d records after the writers ended", got)
	}
}

func TestNoAllocationPerRecord(t *testing.T) {
	l := New(1)
	if n := testing.AllocsPerRun(100, func() {
		l.Ring(0).Record(SendPost, Nowhere, 1, 1, 1)
		l.Shared().Record(SendPost, Nowhere, 1, 1, 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAnEventWithoutSessionNamesNone(t *testing.T) {
	if s := (Event{Kind: Stop, Writer: "w1"}).String(); strings.Contains(s, " s0") {
		t.Errorf("%q", s)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := New(1).Ring(0)
	for b.Loop() {
		r.Record(SendPost, Nowhere, 1, 2, 34)
	}
}

func BenchmarkRecordShared(b *testing.B) {
	s := New(1).Shared()
	for b.Loop() {
		s.Record(SendPacket, Nowhere, 1, 2, 34)
	}
}

func BenchmarkTick(b *testing.B) {
	r := New(1).Ring(0)
	for b.Loop() {
		r.Tick()
	}
}
