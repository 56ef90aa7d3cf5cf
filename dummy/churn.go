package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/monitor"
)

// churnLook is how many dummies are looked at for one that is up, from where the seed points.
const churnLook = 64

// churnDue closes those connections whose turn has come.
func (w *worker) churnDue() {
	for n := 0; w.churnTime(w.wanted) <= w.now() && n < w.wanted; n++ {
		w.churns.take()
		if d := w.pick(); d != nil {
			w.closeOwn(d, w.fleet.cfg.Close, w.load.ReconnectDelay)
		}
	}
	w.churns.skip(w.now())
}

// pick chooses a dummy that is up, by the seed; nil when none of churnLook is.
func (w *worker) pick() *dummy {
	from := w.rng.IntN(w.wanted)
	for i := range min(churnLook, w.wanted) {
		if d := w.at((from + i) % w.wanted); d.State() == conn.Up {
			return d
		}
	}
	return nil
}

// disconnect is Control.Disconnect for this worker's part: n connections that are up, all
// with n < 0. The fleet tells when all of them are back.
func (w *worker) disconnect(n int, how CloseKind) {
	if w.wanted == 0 || w.mode == leaving {
		return
	}
	from := w.rng.IntN(w.wanted)
	for i := 0; i < w.wanted && n != 0; i++ {
		d := w.at((from + i) % w.wanted)
		if d.State() != conn.Up {
			continue
		}
		n--
		w.closeOwn(d, how, w.load.ReconnectDelay)
		w.status.stormClosed++
		if !d.is(inStorm) {
			d.set(inStorm)
			w.status.stormLeft++
		}
	}
}

// stormOver notes that a dummy is back, or will not be: the storm does not wait for it any longer.
func (w *worker) stormOver(d *dummy) {
	if d.is(inStorm) {
		d.clear(inStorm)
		w.status.stormLeft--
	}
}

// storm is a Disconnect whose connections are not all back.
type storm struct {
	ticket        monitor.Ticket // of the last Disconnect
	on            bool
	since         time.Duration
	before, total uint64 // closed by earlier storms; connections when it began
}

// endStorm tells when all connections of a storm are back. f.mu is held.
func (f *Fleet) endStorm(all []status, now time.Duration) {
	var closed uint64
	for i := range all {
		if all[i].taken < f.storm.ticket || all[i].stormLeft > 0 {
			return
		}
		closed += uint64(all[i].stormClosed)
	}
	if !f.storm.on {
		return
	}
	f.storm.on = false
	f.event("reconnect storm: %s of %s sessions closed, all back in %v",
		monitor.Count(closed-f.storm.before), monitor.Count(f.storm.total),
		(now - f.storm.since).Round(time.Millisecond))
	f.storm.before = closed
}
