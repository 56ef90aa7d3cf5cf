package dummy

import (
	"time"

	"dummyload/dummy/conn"
)

// This file has the verbs as a worker takes them (see Fleet.order).

// start is Echo START: t0 is when the open loop's schedule begins, until when it ends.
func (w *worker) start(t0, until time.Duration) {
	if w.mode == leaving {
		return
	}
	w.countOff(w.mode == echoing)
	w.loseStillOwed()
	w.schedule.start(t0, until)
	w.readyAll()
}

func (w *worker) readyAll() {
	for slot := range w.wanted {
		w.makeReady(w.at(slot), w.now())
	}
}

// stop is Echo STOP: nothing new is assigned, what is assigned is still sent. What START made ready
// has its turn even when both come at once, to a worker that was held up.
func (w *worker) stop() {
	if w.mode == leaving {
		return
	}
	if w.fresh {
		w.serve()
	}
	w.countOff(w.mode == echoing)
	w.schedule.stop(w.now())
	for w.ready.Len() > 0 {
		w.at(int(w.ready.Pop())).clear(ready)
	}
	w.status.atStop = w.count.WaitUpDown
	w.emptiedAt = w.now()
}

// tune puts other settings in force. The open loop's schedule begins anew where its rate
// changes, the churn's likewise.
func (w *worker) tune(to *Config, t0 time.Duration) {
	if w.mode == leaving {
		return
	}
	w.schedule.tune(to, t0)
	w.want(share(to.Clients, w.index, w.workers))
	w.readyAll()
}

// want keeps n dummies connected: more are dialed, those beyond are closed by FIN.
func (w *worker) want(n int) {
	w.grow(n, w.index, w.workers)
	before := w.wanted
	w.wanted = n
	for slot := n; slot < before; slot++ {
		w.dismiss(w.at(slot))
	}
	for slot := before; slot < n; slot++ {
		d := w.at(slot)
		d.clear(settled)
		w.status.unsettled++
		if d.State() == conn.Down {
			w.engine.Dial(&d.Conn, 0)
		}
	}
}

// dismiss ends a dummy's connection for good.
func (w *worker) dismiss(d *dummy) {
	w.settle(d)
	w.stormOver(d)
	switch d.State() {
	case conn.Dialing:
		w.engine.Abort(&d.Conn, 0)
	case conn.Greeting, conn.Up:
		w.closeOwn(d, CloseFIN, 0)
	}
}

// leave closes every connection by FIN, those that are stuck after a look at why; the worker
// ends when all dummies are down.
func (w *worker) leave(keepOwed, climb bool) {
	w.countOff(w.mode == echoing)
	w.mode = leaving
	w.keepOwed = keepOwed
	for slot := range w.slots() {
		d := w.at(slot)
		if climb && d.wait == 0 && d.is(heard) {
			w.count.signs.Ladder.Well++
		}
		if !climb || !w.ladder.begin(d) {
			w.dismiss(d)
		}
	}
}

// reset begins to count anew. Connections and what is outstanding stay.
func (w *worker) reset() {
	w.books.reset(w.engine.Connecting())
	w.countAnew()
	w.forgetAnswers()
}

// mark begins another part of the run.
func (w *worker) mark(name string) {
	w.countOff(w.mode == echoing)
	w.books.mark(name)
	w.countAnew()
	w.forgetAnswers()
}

func (w *worker) forgetAnswers() {
	for slot := range w.slots() {
		d := w.at(slot)
		d.answered = 0
		if d.wait == 0 {
			d.clear(everSent)
		}
	}
}
