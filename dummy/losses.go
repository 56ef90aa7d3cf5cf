package dummy

import (
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// losses are connections that the server ended and that are not counted yet. When the server is
// gone altogether, they are not its faults one by one (see judgeLosses).
type losses struct {
	since    time.Duration // of the first
	n        uint64
	owed     uint64 // echoes that were unanswered on them
	refused  bool   // a dial was refused since then
	faults   [monitor.NumFaults]uint64
	evidence []monitor.Evidence
}

// noteLoss takes note of a connection that the server ended.
func (w *worker) noteLoss(d *dummy, f monitor.Fault, why string) {
	w.note(trace.Fault, d, int(f))
	h := &w.findings.losses
	if h.n == 0 {
		*h = losses{since: w.now()}
	}
	h.n++
	h.owed += uint64(d.wait)
	w.noteLostFault(d, f, monitor.Evidence{Seq: d.stream.Oldest(d.assigned), Note: why})
}

// noteLostFault takes note of a fault that goes with the loss of a connection.
func (w *worker) noteLostFault(d *dummy, f monitor.Fault, ev monitor.Evidence) {
	h := &w.findings.losses
	h.faults[f]++
	if w.findings.kept[f]+int(h.faults[f]) <= monitor.MaxEvidence {
		h.evidence = append(h.evidence, w.evidence(d, f, ev))
	}
}

// countLosses counts the losses as faults, unless the server is gone, and forgets them.
func (b *books) countLosses(gone bool) {
	h := &b.findings.losses
	if !gone {
		for f, n := range h.faults {
			b.count.Faults[f] += n
		}
		for _, ev := range h.evidence {
			b.findings.kept[ev.Fault]++
			b.findings.evidence = append(b.findings.evidence, ev)
		}
	}
	*h = losses{}
}
