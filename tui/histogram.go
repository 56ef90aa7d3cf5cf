package tui

import (
	"math"

	"dummyload/monitor"
)

// histogram draws one lying bar for each bucket, from the first to the last that hold anything.
// When there are fewer rows than buckets, it joins buckets. The length of a bar grows with the
// logarithm of its count: otherwise the tail, which matters most, would not show.
func histogram(c canvas, b monitor.Buckets) {
	first, last := occupied(b)
	if first > last || c.h < 1 {
		c.text(1, 0, c.look.dim, "nothing recorded yet")
		return
	}
	join := (last-first)/c.h + 1
	var counts []uint64
	var total, most uint64
	for i := first; i <= last; i += join {
		var n uint64
		for k := i; k < min(i+join, last+1); k++ {
			n += b[k]
		}
		counts = append(counts, n)
		total += n
		most = max(most, n)
	}
	const edge, value = 8, 8
	width := c.w - edge - value - 4
	for y, n := range counts {
		c.right(edge, y, c.look.dim, bucketName(min(first+y*join+join-1, last)))
		share := 0.0
		if n > 0 {
			share = math.Log1p(float64(n)) / math.Log1p(float64(most))
		}
		if width > 0 {
			bar(c, edge+1, y, width, share, c.look.first)
		}
		c.right(c.w-1, y, c.look.text, percent(float64(n)/float64(total)))
	}
}

// occupied are the first and the last bucket that hold anything; first > last when none does.
func occupied(b monitor.Buckets) (first, last int) {
	first, last = len(b), -1
	for i, n := range b {
		if n > 0 {
			first, last = min(first, i), i
		}
	}
	return first, last
}

// bucketName is the upper end of a bucket: what it holds took less.
func bucketName(i int) string {
	if i >= monitor.NumBuckets-1 {
		return ">" + monitor.Micros(float64(monitor.BucketEdge(i-1).Microseconds()))
	}
	return "<" + monitor.Micros(float64(monitor.BucketEdge(i).Nanoseconds())/1e3)
}
