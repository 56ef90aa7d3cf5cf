package monitor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestHistogramDistribution(t *testing.T) {
	h := NewHistogram()
	if got := h.Distribution(); got != (Distribution{}) {
		t.Errorf("empty: %+v, want zero", got)
	}
	var all []float64
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		d := time.Duration(math.Exp(r.Float64()*12) * 1e4) // 10 µs to 1.6 s
		h.Record(d)
		all = append(all, float64(d)/1e3)
	}
	slices.Sort(all)
	sum := 0.0
	for _, us := range all {
		sum += us
	}
	got := h.Distribution()
	if got.Count != 20_000 || got.Min != all[0] || got.Max != all[len(all)-1] {
		t.Errorf("count %d, min %v, max %v: want 20000, %v, %v exactly",
			got.Count, got.Min, got.Max, all[0], all[len(all)-1])
	}
	if mean := sum / 20_000; math.Abs(got.Mean-mean) > mean*1e-9 {
		t.Errorf("mean %v, want %v", got.Mean, mean)
	}
	for _, c := range []struct {
		p, got float64
	}{{50, got.P50}, {90, got.P90}, {99, got.P99}, {99.9, got.P999}, {99.99, got.P9999}} {
		want := all[int(c.p/100*20_000)-1]
		if math.Abs(c.got-want) > want*2e-3 {
			t.Errorf("p%v = %v, want %v within 0.2 %%", c.p, c.got, want)
		}
	}
}

func TestHistogramKeepsThreeDigitsAtTenMicroseconds(t *testing.T) {
	for _, us := range []float64{9.87, 10.1, 10.2, 99.9} {
		h := NewHistogram()
		h.Record(time.Duration(us * 1e3))
		h.Record(time.Second) // so that p50 is not clipped to the maximum
		if got := h.Distribution().P50; math.Abs(got-us) > us*1e-3 {
			t.Errorf("%v µs came back as %v", us, got)
		}
	}
}

func TestHistogramLimits(t *testing.T) {
	h := NewHistogram()
	h.Record(-time.Second)
	h.Record(MaxRecorded)
	h.RecordN(MaxRecorded+1, 2)
	h.RecordN(math.MaxInt64, 0)
	d := h.Distribution()
	if d.Count != 4 || d.Min != 0 || d.Max != micros(MaxRecorded) {
		t.Errorf("%+v, want 4 from 0 to MaxRecorded", d)
	}
	if MaxRecorded < 100*time.Second {
		t.Errorf("MaxRecorded is %v, want at least 100 s", MaxRecorded)
	}
}

func TestHistogramMergeAndReset(t *testing.T) {
	whole, a, b := NewHistogram(), NewHistogram(), NewHistogram()
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		whole.Record(d)
		[]*Histogram{a, b}[i%2].Record(d)
	}
	whole.Record(2 * MaxRecorded)
	b.Record(2 * MaxRecorded)
	a.Merge(b)
	a.Merge(NewHistogram())
	if got, want := a.Distribution(), whole.Distribution(); got != want {
		t.Errorf("merged %+v, want %+v", got, want)
	}
	if a.Buckets() != whole.Buckets() {
		t.Error("merged, the buckets are others")
	}
	a.Reset()
	if a.Count() != 0 || a.Distribution() != (Distribution{}) {
		t.Errorf("after Reset: %+v", a.Distribution())
	}
	a.Record(time.Millisecond)
	if d := a.Distribution(); d.Min != 1000 || d.Max != 1000 || d.P9999 != 1000 {
		t.Errorf("after Reset and one record: %+v", d)
	}
}

func TestHistogramBuckets(t *testing.T) {
	for i, want := range map[int]time.Duration{
		0: time.Microsecond, 1: 1250, 9: 8 * time.Microsecond, 10: 10 * time.Microsecond,
		25: 315 * time.Microsecond, NumBuckets - 2: 100 * time.Second,
	} {
		if got := BucketEdge(i); got != want {
			t.Errorf("BucketEdge(%d) = %v, want %v", i, got, want)
		}
	}
	h := NewHistogram()
	h.RecordN(0, 3)
	h.RecordN(time.Microsecond, 4)
	h.RecordN(99*time.Microsecond, 5)
	h.RecordN(110*time.Second, 6)
	want := Buckets{0: 3, 1: 4, 20: 5, NumBuckets - 1: 6}
	if got := h.Buckets(); got != want {
		t.Errorf("buckets %v, want %v", got, want)
	}
}

// The library does not say where a slot begins; slotStart must agree with where it counts.
func TestSlotStartAgreesWithHDR(t *testing.T) {
	for _, v := range []int64{0, 1, 2047, 2048, 2049, 4095, 4096, 1e6, 1e9, int64(MaxRecorded)} {
		hdr := hdrhistogram.New(1, int64(MaxRecorded), 3)
		if err := hdr.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		slot := slices.Index(hdr.Export().Counts, 1)
		start, next := int64(slotStart(slot)), int64(slotStart(slot+1))
		if v < start || v >= next || hdr.ValueAtPercentile(0) != start {
			t.Errorf("%d is counted in slot %d, said to be %d to below %d", v, slot, start, next)
		}
	}
}

func TestHistogramRefusesToLoseCounts(t *testing.T) {
	full := NewHistogram()
	full.RecordN(1, math.MaxUint64)
	one := NewHistogram()
	one.Record(1)
	for what, f := range map[string]func(){
		"record": func() { full.Record(1) }, "merge": func() { full.Merge(one) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s beyond what can be counted went unnoticed", what)
				}
			}()
			f()
		}()
	}
}

func TestHistogramRecordDoesNotAllocate(t *testing.T) {
	h := NewHistogram()
	n := testing.AllocsPerRun(100, func() {
		h.Record(93 * time.Microsecond)
		h.RecordN(time.Hour, 2)
	})
	if n != 0 {
		t.Errorf("%v allocations a record, want 0", n)
	}
}

func BenchmarkHistogramRecord(b *testing.B) {
	h := NewHistogram()
	for i := range b.N {
		h.Record(time.Duration(i&0xfffff) + 10*time.Microsecond)
	}
}

// BenchmarkHistogramSample is what one sample of one worker costs whoever collects.
func BenchmarkHistogramSample(b *testing.B) {
	total, part := NewHistogram(), NewHistogram()
	for i := range 50_000 {
		part.Record(time.Duration(i) * 20 * time.Nanosecond)
	}
	for range b.N {
		total.Merge(part)
		total.Distribution()
		total.Buckets()
	}
}
