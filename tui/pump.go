package tui

import (
	"context"
	"time"
)

// frameInterval is the time between two frames. A frame costs 1 to 4 ms, so five a second stay
// below 2 % of a core.
const frameInterval = 200 * time.Millisecond

// pump is the one goroutine beside the event loop. Until u.over is closed it hands over the latest
// view; older ones are left out. The loop must run until pump has returned.
func (u *ui) pump(ctx context.Context) {
	ticker := time.NewTicker(u.interval)
	defer ticker.Stop()
	interrupted, atOnce := ctx.Done(), u.o.AtOnce
	for {
		select {
		case <-u.over:
			return
		case <-interrupted:
			interrupted = nil
			u.app.QueueUpdateDraw(u.interrupt)
		case <-atOnce:
			u.fail(ErrAtOnce)
		case <-ticker.C:
			s := u.o.Latest()
			u.app.QueueUpdateDraw(func() { u.observe(s) })
		}
	}
}

// end makes run return. It may be called more than once and from any goroutine.
func (u *ui) end() { u.ended.Do(func() { close(u.over) }) }

// fail makes run return an error.
func (u *ui) fail(err error) {
	u.ended.Do(func() {
		u.err = err
		close(u.over)
	})
}
