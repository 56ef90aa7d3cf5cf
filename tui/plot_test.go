package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

var nan = math.NaN()

func TestSparkline(t *testing.T) {
	c, text := newCanvas(t, 6, 2)
	sparkline(c, []float64{0, 1, 8, 16, nan, 1e-9}, c.look.first)
	want := "........\n....█...\n..▁██.▁.\n........\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestBar(t *testing.T) {
	c, text := newCanvas(t, 4, 4)
	for y, share := range []float64{0, 0.001, 0.5, 1} {
		bar(c, 0, y, 4, share, c.look.first)
	}
	want := "......\n.░░░░.\n.█░░░.\n.██░░.\n.████.\n......\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPlotTurns(t *testing.T) {
	c, text := newCanvas(t, axisWidth+8, 3)
	c.fill(c.look.text)
	first := []float64{10, 10, 100, 1000, 1000, 10, nan, 10}
	if !plot(c, first, unknowns(8), true) {
		t.Fatal("nothing was drawn")
	}
	want := "..................\n" +
		".   1ms │   ╭─╮  .\n" +
		".       │  ╭╯ │  .\n" +
		".  10µs │──╯  ╰ ─.\n" +
		"..................\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPlotOfNothing(t *testing.T) {
	c, _ := newCanvas(t, 20, 3)
	if plot(c, unknowns(8), unknowns(8), true) {
		t.Error("nothing was drawn as something")
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		values      []float64
		logarithmic bool
		low, high   float64
	}{
		{[]float64{92, 131, 402}, true, 50, 500},
		{[]float64{92, 131, 402}, false, 0, 500},
		{[]float64{100}, true, 50, 100},
		{[]float64{1, 1e9}, true, 1000, 1e9},
		{[]float64{nan, 3}, true, 2, 5},
		{[]float64{0, 3}, true, 2e-6, 5},
	} {
		s, ok := newScale(5, c.logarithmic, c.values)
		if !ok || math.Abs(s.low-c.low) > 1e-9 || math.Abs(s.high-c.high) > 1e-9 {
			t.Errorf("%v: from %g to %g, want %g to %g", c.values, s.low, s.high, c.low, c.high)
		}
		for _, v := range append(c.values, 0, 1e12) {
			if row := s.row(v); !math.IsNaN(v) && (row < 0 || row > 4) {
				t.Errorf("%g is drawn in row %d", v, row)
			}
		}
	}
}

func TestScaleLabels(t *testing.T) {
	for _, c := range []struct {
		s    scale
		want string
	}{
		{scale{4, 50, 200, true}, "map[0:200 3:50]"},
		{scale{9, 50, 1000, true}, "map[0:1000 2:500 4:200 6:100 8:50]"},
		{scale{7, 1, 1e6, true}, "map[0:1e+06 2:10000 4:100 6:1]"},
		{scale{11, 0, 100, false}, "map[0:100 2:80 4:60 6:40 8:20 10:0]"},
		{scale{1, 50, 100, true}, "map[0:100]"},
	} {
		if got := fmt.Sprint(c.s.labels()); got != c.want {
			t.Errorf("%+v: %s, want %s", c.s, got, c.want)
		}
	}
}

func TestHistogramNamesAndShares(t *testing.T) {
	c, text := newCanvas(t, 40, 4)
	var b monitor.Buckets
	b[20], b[21], b[22], b[monitor.NumBuckets-1] = 1, 98, 0, 1
	histogram(c, b)
	got := text()
	for _, want := range []string{"<3.15ms", ">100s", "99%"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
}

func TestHistogramOfNothing(t *testing.T) {
	c, text := newCanvas(t, 40, 4)
	histogram(c, monitor.Buckets{})
	if !strings.Contains(text(), "nothing recorded yet") {
		t.Error(text())
	}
}

func TestHistoryRates(t *testing.T) {
	var h history
	for i := range 41 { // ten seconds at 100 echoes a second, then twice that for the last one
		s := running(i)
		s.Ledger.Sent, s.Ledger.Echoed = uint64(25*i), uint64(25*i)
		if i > 36 {
			s.Ledger.Echoed = uint64(25*36 + 50*(i-36))
		}
		h.add(s)
		h.add(s) // the pump is faster than the sampler
	}
	sent, echoed := h.rateOver(time.Second)
	if sent != 100 || echoed != 200 {
		t.Errorf("the last second: %g sent, %g back", sent, echoed)
	}
	rates := h.echoRates(10, 10*time.Second)
	for i, r := range rates[:9] {
		if r != 100 {
			t.Errorf("part %d: %g", i, r)
		}
	}
	if rates[9] != 200 {
		t.Errorf("the last part: %g", rates[9])
	}
}

// More columns than samples leave no holes, and what was before the fleet is unknown.
func TestHistoryHoldsBetweenSamples(t *testing.T) {
	var h history
	for i := range 5 {
		h.add(running(i))
	}
	rates := h.echoRates(100, 10*time.Second)
	for i, r := range rates {
		if unknown := math.IsNaN(r); unknown != (i < 92) {
			t.Errorf("part %d is %g", i, r)
		}
	}
}

func TestHistoryBeginsAnewAfterReset(t *testing.T) {
	var h history
	h.add(running(100))
	h.add(running(101))
	s := running(0)
	s.At = running(102).At
	h.add(s)
	if len(h.samples) != 1 {
		t.Errorf("%d samples after a reset", len(h.samples))
	}
	if sent, echoed := h.rateOver(time.Second); sent != 0 || echoed != 0 {
		t.Errorf("rates of one sample: %g, %g", sent, echoed)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var h history
	for i := range maxSamples + 3000 {
		s := running(0)
		s.At = began.Add(time.Duration(i) * time.Millisecond)
		h.add(s)
	}
	if len(h.samples) > maxSamples {
		t.Errorf("%d samples are kept", len(h.samples))
	}
	s := running(0)
	s.At = began.Add(24 * time.Hour)
	h.add(s)
	if len(h.samples) != 1 {
		t.Errorf("%d samples are kept for a day", len(h.samples))
	}
}
