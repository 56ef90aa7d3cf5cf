package dummy

import (
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// noteReuse looks at an echo of another connection that came on d's: is it one that comes with
// closes? Each connection counts once.
func (w *worker) noteReuse(d *dummy, ev *monitor.Evidence) {
	if ev.OwnerConnection == 0 || d.is(reused) {
		return
	}
	now, _ := w.fleet.current(uint32(ev.OwnerClient))
	if diagnose.Reuse(d.Number, ev.OwnerConnection, now, w.fleet.dummiesClose.Load()) {
		d.set(reused)
		w.count.signs.Reused++
	}
}

// facts are what causes are drawn from: a snapshot whose counters are summed up, and what the workers
// have counted besides.
func (f *Fleet) facts(s *monitor.View, signs diagnose.Counts, first firstBytes) *diagnose.Facts {
	whole := s.Whole()
	x := &diagnose.Facts{
		Counts: signs, Foreign: f.cfg.Foreign, Target: f.cfg.Target.String(), Format: f.cfg.Frame,
		Clients: s.Clients,
		Phase:   s.Phase, Uptime: s.Uptime, Faults: s.Faults,
		Sent: s.Ledger.Sent, Echoed: s.Ledger.Echoed, Owed: s.WaitEchoCount(),
		Now: s.Connections.Now, ClosedByDummy: s.Connections.ClosedByDummy,
		EverSent: whole.Ledger.Sent, EverEchoed: whole.Ledger.Echoed, Peak: whole.Connections.Peak,
		Outages: s.Diagnoses, Bounds: f.crowd.proofs(),
	}
	if first.Conn > 0 {
		x.Met = f.exchange(first, whole.Ledger.Sent > 0, s.Uptime)
	}
	return x
}

// watch follows the server as a whole, and returns when it must look again: nobody kicks for one more
// connection, lost or made. f.mu is held.
func (f *Fleet) watch(all []status, now time.Duration) (again time.Duration) {
	again = f.judgeLosses(all, now, false)
	seen := seenBy(all)
	f.outages.Listen(seen, now)
	again = min(again, f.outages.Return(seen, now))
	f.tellOutages()
	return again
}

// judgeLosses has losses judged, and has the workers count them by that. f.mu is held.
func (f *Fleet) judgeLosses(all []status, now time.Duration, atEnd bool) (again time.Duration) {
	x := f.outages.JudgeLosses(seenBy(all), now, atEnd)
	if x.Decided {
		f.mailAll(func(w *worker) { w.countLosses(x.Gone); w.status.LossesJudged = x.Number })
	}
	f.tellOutages()
	return x.Again
}

// tellOutages puts what is new into the log. f.mu is held.
func (f *Fleet) tellOutages() {
	for _, line := range f.outages.Events() {
		f.event("%s", line)
	}
}

func seenBy(all []status) []diagnose.Seen {
	seen := make([]diagnose.Seen, len(all))
	for i := range all {
		seen[i] = all[i].Seen
	}
	return seen
}
