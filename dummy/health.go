package dummy

import (
	"fmt"
	"os"
	"time"

	"dummyload/monitor"
)

// saturatedShare is the share of a core above which a worker has nothing left to give.
const saturatedShare = 0.9

// health watches the tester itself. It is saturated when a worker uses more than 0.9 of a core
// between two snapshots and, in an open loop, echoes are sent later and later after their due
// time; in a closed loop, when that share lasts for two intervals. Once saturated stays so until
// Reset: a measurement that was spoiled once is spoiled. Once the fleet has ended, the CPU share
// is the mean over the time that echo was on.
type health struct {
	cpu, at   []time.Duration // of each worker's thread, as of the previous snapshot
	recentLag *monitor.Histogram
	lagBefore float64 // its p99 as of the previous snapshot, in microseconds
	busy      bool
	saturated bool
	echoShare float64 // sum over the snapshots taken while echo was on
	echoing   int     // how many these are
}

// minLag is a send lag, in microseconds, that is not worth a word.
const minLag = 1000

func (h *health) init(workers int) {
	h.cpu, h.at = make([]time.Duration, workers), make([]time.Duration, workers)
	h.recentLag = monitor.NewHistogram()
}

func (h *health) lag(since *monitor.Histogram) { h.recentLag.Merge(since) }

// judge compares the reports with those before.
func (h *health) judge(
	reports []*report, s *monitor.Snapshot, lag *monitor.Histogram,
) monitor.Generator {
	var share float64
	for i, r := range reports {
		if wall := r.at - h.at[i]; wall > 0 {
			share = max(share, float64(r.cpu-h.cpu[i])/float64(wall))
		}
		h.cpu[i], h.at[i] = r.cpu, r.at
	}
	share = h.mean(min(share, 1), s.Phase)
	late := h.recentLag.Distribution().P99
	h.recentLag.Reset()
	busy := share > saturatedShare
	if s.Rate > 0 {
		h.saturated = h.saturated || busy && late > minLag && late > h.lagBefore
	} else {
		h.saturated = h.saturated || busy && h.busy
	}
	h.busy, h.lagBefore = busy, late
	return monitor.Generator{
		CPUShare: share, SendLag: lag.Distribution(), Saturated: h.saturated,
		Workers: len(reports), RSS: residentBytes(),
	}
}

// mean is the share as it is, and once the fleet has ended, as it was while echo was on.
func (h *health) mean(share float64, phase monitor.Phase) float64 {
	switch {
	case phase == monitor.Echoing:
		h.echoShare += share
		h.echoing++
	case phase == monitor.Ended && h.echoing > 0:
		return h.echoShare / float64(h.echoing)
	}
	return share
}

// residentBytes is this process's memory, 0 where the system has no /proc.
func residentBytes() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}
