package tui

import (
	"math"
	"time"

	"dummyload/monitor"
)

// historySpan is how far back the plots can be zoomed out.
const historySpan = 10 * time.Minute

// maxSamples bounds the history. It is the number of samples in its span, twice: a sampler may be
// twice as fast.
const maxSamples = int(2 * historySpan / monitor.SampleInterval)

// sample is what the plots need of one view. The counts only go up, so a missing sample costs
// resolution and nothing else.
type sample struct {
	at           time.Time
	sent, echoed uint64
	p50, p99     float64 // microseconds since the view before; NaN when nothing came back
}

// history holds the samples of the last historySpan, the oldest first.
type history struct {
	samples []sample
}

// add takes a view in. A view that is known already changes nothing. Counts that went
// down (a reset) begin a new history.
func (h *history) add(s *monitor.View) {
	n := sample{at: s.At, sent: s.Ledger.Sent, echoed: s.Ledger.Echoed,
		p50: math.NaN(), p99: math.NaN()}
	if s.RTTRecent.Count > 0 {
		n.p50, n.p99 = s.RTTRecent.P50, s.RTTRecent.P99
	}
	if last, ok := h.last(); ok {
		if !n.at.After(last.at) {
			return
		}
		if n.sent < last.sent || n.echoed < last.echoed {
			h.samples = h.samples[:0]
		}
	}
	first := 0
	for first < len(h.samples) && (n.at.Sub(h.samples[first].at) > historySpan ||
		len(h.samples)-first >= maxSamples) {
		first++
	}
	h.samples = append(h.samples[:0], h.samples[first:]...)
	h.samples = append(h.samples, n)
}

func (h *history) last() (sample, bool) {
	if len(h.samples) == 0 {
		return sample{}, false
	}
	return h.samples[len(h.samples)-1], true
}

// rateOver is how many echoes were sent and came back per second over the last span.
func (h *history) rateOver(span time.Duration) (sent, echoed float64) {
	last, ok := h.last()
	if !ok {
		return 0, 0
	}
	from := h.samples[0]
	for _, s := range h.samples {
		if last.at.Sub(s.at) >= span {
			from = s
		}
	}
	return rate(from, last)
}

func rate(a, b sample) (sent, echoed float64) {
	seconds := b.at.Sub(a.at).Seconds()
	if seconds <= 0 {
		return 0, 0
	}
	return float64(b.sent-a.sent) / seconds, float64(b.echoed-a.echoed) / seconds
}

// columns cuts the last span into n equal parts, the newest last. For every sample that ends within
// a part i it calls each, with the sample before it.
func (h *history) columns(n int, span time.Duration, each func(i int, before, s sample)) {
	last, ok := h.last()
	if !ok || n <= 0 {
		return
	}
	for k := 1; k < len(h.samples); k++ {
		s := h.samples[k]
		age := last.at.Sub(s.at)
		if age >= span {
			continue
		}
		i := n - 1 - int(int64(age)*int64(n)/int64(span))
		each(i, h.samples[k-1], s)
	}
}

// echoRates is echoes received per second, one value for each of n columns over the last span. It is
// NaN where there was no sample yet.
func (h *history) echoRates(n int, span time.Duration) []float64 {
	sum, parts := unknowns(n), make([]int, n)
	h.columns(n, span, func(i int, before, s sample) {
		_, r := rate(before, s)
		if parts[i] == 0 {
			sum[i] = 0
		}
		sum[i] += r
		parts[i]++
	})
	for i := range sum {
		sum[i] /= float64(max(parts[i], 1))
	}
	return hold(sum, h.gap(n, span))
}

// rtts is, for each of n columns over the last span, the mean of the medians and the worst p99.
func (h *history) rtts(n int, span time.Duration) (p50, p99 []float64) {
	p50, p99 = unknowns(n), unknowns(n)
	parts := make([]int, n)
	h.columns(n, span, func(i int, _, s sample) {
		if math.IsNaN(s.p50) {
			return
		}
		if parts[i]++; parts[i] == 1 {
			p50[i], p99[i] = s.p50, s.p99
			return
		}
		p50[i] += (s.p50 - p50[i]) / float64(parts[i])
		p99[i] = max(p99[i], s.p99)
	})
	gap := h.gap(n, span)
	return hold(p50, gap), hold(p99, gap)
}

// gap is how many columns may lie between two samples when none is missing.
func (h *history) gap(n int, span time.Duration) int {
	if n == 0 {
		return 0
	}
	return int(2*monitor.SampleInterval*time.Duration(n)/span) + 1
}

func unknowns(n int) []float64 {
	v := make([]float64, max(n, 0))
	for i := range v {
		v[i] = math.NaN()
	}
	return v
}

// hold carries a value over at most gap unknown columns that are followed by a known one.
func hold(v []float64, gap int) []float64 {
	last := -1
	for i := range v {
		if math.IsNaN(v[i]) {
			continue
		}
		if last >= 0 && i-last-1 <= gap {
			for k := last + 1; k < i; k++ {
				v[k] = v[last]
			}
		}
		last = i
	}
	return v
}
