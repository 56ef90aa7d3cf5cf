package monitor

import (
	"math"
	"math/bits"
	"time"
)

// MaxRecorded is the longest duration that a Histogram tells apart. A longer one counts as MaxRecorded.
const MaxRecorded = time.Duration(1<<37 - 1) // about 137 s: the last slot ends here

// Histogram counts durations in nanoseconds with three significant digits, in the slots of an HDR
// histogram (see slotStart). The extremes and the mean are exact. It has one writer and no lock: a
// worker fills its own, hands it over whole and goes on with an empty one. A merge is one pass over the
// slots in use. It takes 230 kB. Methods that only read take a nil histogram as an empty one.
type Histogram struct {
	counts   [slots]uint64
	total    uint64
	sum      sum // nanoseconds
	min, max time.Duration
}

// NewHistogram makes an empty histogram.
func NewHistogram() *Histogram { return &Histogram{min: MaxRecorded} }

// Record counts one duration. It does not allocate.
func (h *Histogram) Record(d time.Duration) { h.RecordN(d, 1) }

// RecordN counts a duration n times. A negative one, which a clock read once for a whole batch
// can give, counts as 0; one above MaxRecorded counts as MaxRecorded.
func (h *Histogram) RecordN(d time.Duration, n uint64) {
	if n == 0 {
		return
	}
	d = min(max(d, 0), MaxRecorded)
	h.grow(n)
	h.counts[slotOf(d)] += n
	h.sum.add(bits.Mul64(uint64(d), n))
	h.min = min(h.min, d)
	h.max = max(h.max, d)
}

// grow counts n more. It panics when the total no longer fits 64 bits; until then every slot fits, too.
func (h *Histogram) grow(n uint64) {
	if h.total+n < n {
		panic("monitor: a histogram has counted more than 2^64 values")
	}
	h.total += n
}

// used is the range of slots that may not be 0.
func (h *Histogram) used() (from, to int) { return slotOf(h.min), slotOf(h.max) + 1 }

// Merge adds what another histogram has counted. from stays as it is.
func (h *Histogram) Merge(from *Histogram) {
	if from.Count() == 0 {
		return
	}
	h.grow(from.total)
	first, end := from.used()
	to := h.counts[first:end]
	for i, n := range from.counts[first:end] {
		to[i] += n
	}
	h.sum.add(from.sum.high, from.sum.low)
	h.min = min(h.min, from.min)
	h.max = max(h.max, from.max)
}

// Reset empties the histogram and keeps its memory. A nil one stays nil.
func (h *Histogram) Reset() {
	if h.Count() == 0 {
		return
	}
	first, end := h.used()
	clear(h.counts[first:end])
	h.total, h.sum, h.min, h.max = 0, sum{}, MaxRecorded, 0
}

// sum is a whole number of 128 bits. It adds up exactly, in any order.
type sum struct{ high, low uint64 }

func (s *sum) add(high, low uint64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high += high + carry
}

func (s sum) float() float64 { return math.Ldexp(float64(s.high), 64) + float64(s.low) }

// sumOf is a new histogram of what both have counted.
func sumOf(a, b *Histogram) *Histogram {
	h := NewHistogram()
	h.Merge(a)
	h.Merge(b)
	return h
}

// Count is how many durations were recorded.
func (h *Histogram) Count() uint64 {
	if h == nil {
		return 0
	}
	return h.total
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

// at is the duration at a place in the sorted list of them: before of them come first. It has three
// digits and is never more than Max. It is 0 when the list is not as long.
func (h *Histogram) at(before uint64) time.Duration {
	if h.Count() <= before {
		return 0
	}
	return h.ranks(before + 1)[0]
}

// ranks are the durations at some ranks. Ranks count from 1 and must rise. Each duration is the upper
// end of its slot, or Max where that is less.
func (h *Histogram) ranks(ranks ...uint64) []time.Duration {
	at := make([]time.Duration, len(ranks))
	var seen uint64
	i := 0
	first, end := h.used()
	for slot, n := range h.counts[first:end] {
		seen += n
		for i < len(ranks) && seen >= ranks[i] {
			at[i] = min(slotStart(first+slot+1)-1, h.max)
			i++
		}
	}
	return at
}

// percentiles are those of Distribution, in its order.
var percentiles = [...]float64{50, 90, 99, 99.9, 99.99}

// Distribution sums the histogram up, in microseconds. It is all zero when nothing was recorded.
func (h *Histogram) Distribution() Distribution {
	n := h.Count()
	if n == 0 {
		return Distribution{}
	}
	ranks := make([]uint64, len(percentiles))
	for i, p := range percentiles {
		ranks[i] = max(1, uint64(p/100*float64(n)+0.5))
	}
	at := h.ranks(ranks...)
	p := func(i int) float64 { return micros(at[i]) }
	return Distribution{
		Count: n, Min: micros(h.min), Mean: h.sum.float() / float64(n) / 1e3,
		P50: p(0), P90: p(1), P99: p(2), P999: p(3), P9999: p(4), Max: micros(h.max),
	}
}

// micros converts to the unit of Distribution.
func micros[D ~int64](d D) float64 { return float64(d) / 1e3 }

// Buckets is a coarse histogram for the screen, with ten buckets for each power of ten. Bucket 0 counts
// what is below BucketEdge(0). Bucket i counts from BucketEdge(i-1) to below BucketEdge(i), and the last
// one from the last edge on.
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

// Buckets counts the recorded durations by buckets. A slot that lies across an edge counts in the bucket
// where it begins.
func (h *Histogram) Buckets() Buckets {
	var b Buckets
	if h.Count() == 0 {
		return b
	}
	i := 0
	first, end := h.used()
	for slot, n := range h.counts[first:end] {
		if n == 0 {
			continue
		}
		for i < NumBuckets-1 && slotStart(first+slot) >= BucketEdge(i) {
			i++
		}
		b[i] += n
	}
	return b
}

// slotStart is the shortest duration that is counted in a slot. With a unit of 1 ns and three
// digits there are 2,048 slots of 1 ns; then each 1,024 slots are twice as wide as those before:
//
//	slot   0 … 2047   2048 … 3071   3072 … 4095
//	ns     0 … 2047   2048 … 4094   4096 … 8188
//	width  1          2             4
func slotStart(slot int) time.Duration {
	if slot < 2*half {
		return time.Duration(slot)
	}
	return time.Duration(slot%half+half) << (slot/half - 1)
}

// slotOf is the slot that counts a duration, 0 to MaxRecorded.
func slotOf(d time.Duration) int {
	if d < 2*half {
		return int(d)
	}
	shift := bits.Len64(uint64(d)) - bits.Len(2*half-1)
	return shift*half + int(d>>shift)
}

// half is how many slots have one width: a power of two that three digits fit in.
const half = 1024

// slots is how many there are up to MaxRecorded, which has 37 bits.
const slots = (37-11)*half + 2*half
