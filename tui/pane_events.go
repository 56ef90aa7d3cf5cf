package tui

// eventTime is the form in which the screen writes the time of an event.
const eventTime = "15:04:05.000"

// drawEvents draws the last events, the newest at the bottom.
func (u *ui) drawEvents(c canvas) {
	in := u.frame(c, "events", "Events", "")
	if u.shown == nil {
		return
	}
	events := u.shown.Events
	events = events[max(len(events)-in.h, 0):]
	for y, e := range events {
		in.text(1, y, u.look.dim, e.At.Format(eventTime))
		in.fit(15, y, in.w-16, u.look.text, e.Text)
	}
}
