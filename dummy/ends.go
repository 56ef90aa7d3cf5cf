package dummy

import (
	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// noteEnd takes a connection that the server has just closed. It reports true where that is no fault.
func (w *worker) noteEnd(d *dummy) (forgiven bool) {
	end := diagnose.End{
		Now: w.now(), Since: d.Since(), HeardAt: d.heardAt, SentAt: d.SentAt(), Owed: d.wait > 0,
		Answered: d.answered > 0, Asked: w.everAsked(),
		Others: w.count.Connections.Now - 1,
	}
	if end.Owed {
		end.Oldest = d.timeOf(d.stream.Oldest(d.assigned))
	}
	return w.count.signs.Ends.Note(end)
}

// tellIdled puts into the log what was closed before anything was asked. f.mu is held.
func (f *Fleet) tellIdled(all []status) {
	var n uint64
	for i := range all {
		n += all[i].idled
	}
	if n > f.idled {
		f.event("closed by the server while nothing was asked of it, and dialed again: %s connections",
			monitor.Count(n-f.idled))
		f.idled = n
	}
}
