package monitor

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a Histogram can tell apart. It counts nanoseconds, so a round trip of 10 µs keeps its
// three digits; anything longer than MaxRecorded is counted as MaxRecorded.
const (
	MaxRecorded       = time.Duration(1<<37 - 1) // about 137 s: the last slot ends here
	significantDigits = 3
)

// Histogram counts durations with three significant digits (HDR), the extremes and the mean
// exactly. It has one writer and no lock: a worker fills its own, hands it over whole and goes
// on with an empty one; whoever collects merges them. It takes 230 kB.
type Histogram struct {
	hdr      *hdrhistogram.Histogram
	sum      sum // nanoseconds
	min, max time.Duration
}

// NewHistogram makes an empty histogram.
func NewHistogram() *Histogram {
	return &Histogram{
		hdr: hdrhistogram.New(1, int64(MaxRecorded), significantDigits),
		min: MaxRecorded,
	}
}

// Record counts one duration. It does not allocate.
func (h *Histogram) Record(d time.Duration) { h.RecordN(d, 1) }

// RecordN counts a duration n times. A negative one, which a clock read once for a whole batch
// can give, counts as 0; one above MaxRecorded counts as MaxRecorded.
func (h *Histogram) RecordN(d time.Duration, n uint64) {
	if n == 0 {
		return
	}
	if d < 0 {
		d = 0
	}
	d = min(d, MaxRecorded)
	if err := h.hdr.RecordValues(int64(d), int64(n)); err != nil {
		panic(fmt.Sprintf("monitor: histogram refused %d × %v: %v", n, d, err))
	}
	h.sum.add(bits.Mul64(uint64(d), n))
	h.min = min(h.min, d)
	h.max = max(h.max, d)
}

// Merge adds what another histogram counted; from stays as it is.
func (h *Histogram) Merge(from *Histogram) {
	if from.Count() == 0 {
		return
	}
	if dropped := h.hdr.Merge(from.hdr); dropped != 0 {
		panic(fmt.Sprintf("monitor: merging histograms lost %d values", dropped))
	}
	h.sum.add(from.sum.high, from.sum.low)
	h.min = min(h.min, from.min)
	h.max = max(h.max, from.max)
}

// Reset empties the histogram and keeps its memory; of a nil one there is nothing to empty.
func (h *Histogram) Reset() {
	if h == nil {
		return
	}
	h.hdr.Reset()
	h.sum, h.min, h.max = sum{}, MaxRecorded, 0
}

// sum is a whole number of 128 bits: it adds up exactly, in whatever order.
type sum struct{ high, low uint64 }

func (s *sum) add(high, low uint64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high += high + carry
}

func (s sum) float() float64 { return math.Ldexp(float64(s.high), 64) + float64(s.low) }

// sumOf is a new histogram of what both counted.
func sumOf(a, b *Histogram) *Histogram {
	h := NewHistogram()
	for _, from := range []*Histogram{a, b} {
		if from != nil {
			h.Merge(from)
		}
	}
	return h
}

// Count is how many durations were recorded. A nil histogram is an empty one to all that read.
func (h *Histogram) Count() uint64 {
	if h == nil {
		return 0
	}
	return uint64(h.hdr.TotalCount())
}

// Max is the longest of them, 0 when nothing was recorded.
func (h *Histogram) Max() time.Duration {
	if h == nil {
		return 0
	}
	return h.max
}

// Min is the shortest of them, 0 when nothing was recorded.
func (h *Histogram) Min() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return h.min
}

// at is the duration that so many others are no longer than, to three digits and never more than
// Max; 0 when there are no more than those.
func (h *Histogram) at(before uint64) time.Duration {
	if h.Count() <= before {
		return 0
	}
	for slot, n := range h.hdr.Export().Counts {
		if uint64(n) > before {
			return min(slotStart(slot+1)-1, h.max)
		}
		before -= uint64(n)
	}
	panic("monitor: a histogram has lost values")
}

// percentiles are those of Distribution, in its order.
var percentiles = [...]float64{50, 90, 99, 99.9, 99.99}

// Distribution sums the histogram up, in microseconds. It is all zero when nothing was recorded.
func (h *Histogram) Distribution() Distribution {
	n := h.Count()
	if n == 0 {
		return Distribution{}
	}
	// A slot is known by its upper end, which may lie above the longest duration in it.
	at := h.hdr.ValueAtPercentilesSlice(percentiles[:])
	p := func(i int) float64 { return micros(min(time.Duration(at[i]), h.max)) }
	return Distribution{
		Count: n, Min: micros(h.min), Mean: h.sum.float() / float64(n) / 1e3,
		P50: p(0), P90: p(1), P99: p(2), P999: p(3), P9999: p(4), Max: micros(h.max),
	}
}

// micros converts to the unit of Distribution.
func micros[D ~int64](d D) float64 { return float64(d) / 1e3 }

// Buckets is a coarse histogram for the eye: ten buckets a decade. Bucket 0 counts what is
// below BucketEdge(0), bucket i what is from BucketEdge(i-1) to below BucketEdge(i), the last
// one what is at or above the last edge.
type Buckets [NumBuckets]uint64

// The buckets reach from 1 µs to 100 s.
const (
	bucketDecades = 8
	perDecade     = 10
	NumBuckets    = bucketDecades*perDecade + 2
)

// preferred is the R10 series of ISO 3, ten rounded steps of equal ratio.
var preferred = [perDecade]float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}

// BucketEdge is the upper end of bucket i, 0 ≤ i < NumBuckets-1: 1 µs, 1.25 µs, 1.6 µs … 100 s.
func BucketEdge(i int) time.Duration {
	return time.Duration(math.Round(preferred[i%perDecade] * math.Pow10(i/perDecade+3)))
}

// Buckets counts the recorded durations by buckets. A slot of the histogram that lies across
// an edge counts where it begins.
func (h *Histogram) Buckets() Buckets {
	var b Buckets
	if h.Count() == 0 {
		return b
	}
	i := 0
	for slot, n := range h.hdr.Export().Counts {
		if n == 0 {
			continue
		}
		for i < NumBuckets-1 && slotStart(slot) >= BucketEdge(i) {
			i++
		}
		b[i] += uint64(n)
	}
	return b
}

// slotStart is the shortest duration that HDR counts in a slot. With a unit of 1 and three
// digits there are 2,048 slots of 1 ns; then each 1,024 slots are twice as wide as those before:
//
//	slot   0 … 2047   2048 … 3071   3072 … 4095
//	ns     0 … 2047   2048 … 4094   4096 … 8188
//	width  1          2             4
func slotStart(slot int) time.Duration {
	const half = 1024
	if slot < 2*half {
		return time.Duration(slot)
	}
	return time.Duration(slot%half+half) << (slot/half - 1)
}
