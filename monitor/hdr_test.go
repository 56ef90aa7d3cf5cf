package monitor

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// TestHistogramIsHDR: its slots and its percentiles are those of HdrHistogram with three digits.
func TestHistogramIsHDR(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHistogram()
		hdr := hdrhistogram.New(1, int64(MaxRecorded), 3)
		for _, bits := range rapid.SliceOfN(rapid.IntRange(0, 37), 1, 200).Draw(t, "sizes") {
			d := rapid.Int64Range(0, 1<<bits-1).Draw(t, "duration")
			n := rapid.Uint64Range(1, 1000).Draw(t, "times")
			h.RecordN(time.Duration(d), n)
			if err := hdr.RecordValues(d, int64(n)); err != nil {
				t.Fatal(err)
			}
		}
		for slot, n := range hdr.Export().Counts {
			if slot < slots && h.counts[slot] != uint64(n) || slot >= slots && n != 0 {
				t.Fatalf("slot %d from %v has %d, want %d", slot, slotStart(slot), h.counts[slot], n)
			}
		}
		got := h.Distribution()
		for i, p := range []float64{got.P50, got.P90, got.P99, got.P999, got.P9999} {
			want := time.Duration(hdr.ValueAtPercentile(percentiles[i]))
			if p != micros(min(want, h.max)) {
				t.Fatalf("p%v is %v, want %v", percentiles[i], p, micros(want))
			}
		}
	})
}
