package tui

import (
	"fmt"
)

// drawServer shows what the bundled server says of itself.
func (u *ui) drawServer(c canvas) {
	in := u.frame(c, "server", "Server", "")
	if u.shown == nil {
		return
	}
	s := u.shown.ServerSince()
	if s == nil {
		in.fit(1, 0, in.w-2, u.look.dim, "not bundled: seen from outside only")
		return
	}
	t := u.look.text
	released := line{"Released", count(s.Released), t}
	if s.ReleasedTwice > 0 {
		released = line{"Released twice", count(s.ReleasedTwice), u.look.bad}
	}
	refused := line{"Refused / accept failures",
		count(s.Refused) + " / " + count(s.AcceptFailures), u.unlessZero(s.AcceptFailures)}
	u.drawLines(in, []line{
		{"Workers", fmt.Sprintf("%d (%s)", s.Workers, s.Backend), t},
		metric(u.shown, "server_live", t),
		released,
		{"IOCount total", count(s.IOCount), t},
		{"SendQ bytes", size(s.SendQBytes), t},
		{"Packets recv/send", short(s.RecvPackets) + " / " + short(s.SendPackets), t},
		refused,
	})
}

// drawTester shows whether the tester itself is the bottleneck.
func (u *ui) drawTester(c canvas) {
	note := ""
	if u.shown != nil && u.shown.Hostile != nil {
		h := u.shown.Hostile
		note = fmt.Sprintf("hostile %s, refused %s", count(h.Dummies), short(h.ClosedByServer))
	}
	in := u.frame(c, "tester", "Tester", note)
	if u.shown == nil {
		return
	}
	g := u.shown.Generator
	state := line{"Bottleneck", "no", u.look.ok}
	switch {
	case g.Full():
		state = line{"Bottleneck", "YES: the tester", u.look.warn}
	case g.Saturated:
		state = line{"Bottleneck", "YES: no processor", u.look.warn}
	}
	u.drawLines(in, []line{
		{"CPU of the busiest worker", percent(g.CPUShare), state.style},
		state,
		{"Send lag p99/max", times(g.SendLag.Count, g.SendLag.P99, g.SendLag.Max), u.look.text},
		{"Workers", fmt.Sprintf("%d (%s)", g.Workers, g.Backend), u.look.text},
		{"Memory / goroutines", size(g.RSS) + " / " + count(g.Goroutines), u.look.text},
	})
}
