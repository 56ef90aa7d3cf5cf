package dummy

import (
	"bytes"
	"net/netip"

	"dummyload/dummy/conn"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// findings is what a worker has found since its last report.
type findings struct {
	evidence []monitor.Evidence
	kept     [monitor.NumFaults]int // evidence kept since the fleet began, or since Reset
	losses   losses
}

// blame counts a fault of a dummy's connection, and keeps the evidence of the first.
func (w *worker) blame(d *dummy, f monitor.Fault, ev monitor.Evidence) {
	w.count.Faults[f] += max(1, ev.Count)
	w.note(trace.Fault, d, int(f))
	if f == monitor.Crossed || f == monitor.Stale {
		w.noteReuse(d, &ev)
	}
	if w.findings.kept[f] < monitor.MaxEvidence {
		w.findings.kept[f]++
		w.findings.evidence = append(w.findings.evidence, w.evidence(d, f, ev))
	}
}

// evidence fills in what every line has. Only the first of a kind come here, so that it may
// allocate and ask the system.
func (w *worker) evidence(d *dummy, f monitor.Fault, ev monitor.Evidence) monitor.Evidence {
	ev.Fault, ev.Client, ev.At = f, int(d.Client), monitor.Millis(w.now())
	if ev.Connection == 0 {
		ev.Connection = d.Number
	}
	ev.Local = w.local(d)
	ev.Want, ev.Got = bytes.Clone(ev.Want), bytes.Clone(ev.Got)
	if ev.Age == 0 && ev.Seq != 0 && d.owes(ev.Seq) {
		ev.Age = monitor.Millis(w.now() - d.timeOf(ev.Seq))
	}
	if tell := w.fleet.cfg.Found; tell != nil {
		tell(ev)
	}
	return ev
}

// owes reports whether seq lies within what is outstanding, so that its time is known.
func (d *dummy) owes(seq uint64) bool {
	oldest := d.stream.Oldest(d.assigned)
	return oldest != 0 && oldest <= seq && seq <= d.assigned && (d.times != nil || d.wait == 1)
}

// local is the dummy's address as the server sees it, empty when it has none. The system is asked
// only where the address is not remembered: before the connection is made, and with IPv6, of which
// a PeerKey is not exact.
func (w *worker) local(d *dummy) string {
	if d.State() == conn.Down {
		return ""
	}
	var a netip.AddrPort
	if d.State() != conn.Dialing && w.fleet.cfg.Target.Addr().Unmap().Is4() {
		a = d.public.local.Of(uint64(d.Number)).IPv4()
	}
	if !a.IsValid() {
		a = w.engine.LocalAddr(&d.Conn)
	}
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// note is an error's text, safe to show.
func note(err error) string {
	if err == nil {
		return ""
	}
	return monitor.Clean(err.Error())
}

// localLimit counts that a limit of this machine was met.
func (b *books) localLimit(class iocp.Class) {
	switch class {
	case iocp.ClassLocalFD:
		b.count.signs.Descriptors++
	case iocp.ClassLocalPort:
		b.count.signs.Ports++
	}
}
