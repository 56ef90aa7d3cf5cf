package tui

import (
	"time"

	"dummyload/monitor"
)

// drawTPS draws the echoes per second.
func (u *ui) drawTPS(c canvas) {
	sent, echoed := u.past.rateOver(time.Second)
	in := u.frame(c, "tps", "TPS  send "+monitor.Short(sent)+"  recv "+monitor.Short(echoed),
		spanName(spans[u.span]))
	area := in.sub(1, 0, in.w-2, in.h)
	sparkline(area, u.past.echoRates(area.w, spans[u.span]), u.look.first)
}

// drawRTT draws the median and the 99th percentile over time.
func (u *ui) drawRTT(c canvas) {
	kind := "log scale"
	if u.linear {
		kind = "linear scale"
	}
	title := "RTT  p50 " + u.look.glyphs.first.level + u.look.glyphs.first.level +
		"  p99 " + u.look.glyphs.second.level + u.look.glyphs.second.level
	in := u.frame(c, "rtt", title, kind+" o  zoom + -  "+spanName(spans[u.span]))
	area := in.sub(0, 0, in.w-1, in.h)
	p50, p99 := u.past.rtts(area.w-axisWidth, spans[u.span])
	if !plot(area, p50, p99, !u.linear) {
		in.center(in.h/2, u.look.dim, u.noEchoes())
	}
}

// noEchoes says why there is no curve: the time that is shown may be long after the last echo.
func (u *ui) noEchoes() string {
	if u.shown == nil || u.shown.Ledger.Echoed == 0 {
		return "no echo came back yet"
	}
	return "no echo came back in the last " + spanName(spans[u.span])
}

// drawSpread draws how the round trip times of the whole run are spread.
func (u *ui) drawSpread(c canvas) {
	in := u.frame(c, "spread", "RTT histogram", "bars: log of count")
	if u.shown != nil {
		histogram(in, u.shown.RTTBuckets)
	}
}

func spanName(d time.Duration) string {
	if d > time.Minute {
		return count(int(d/time.Minute)) + " min"
	}
	return count(int(d/time.Second)) + " s"
}
