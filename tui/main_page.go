package tui

// mainPanes are the panes of the main page in the order of the key Tab.
var mainPanes = [...]string{"counters", "tps", "zero", "server", "tester", "rtt", "spread",
	"events"}

// panes draw the parts of the main page, each with its frame.
var panes = map[string]func(*ui, canvas){
	"counters": (*ui).drawCounters,
	"tps":      (*ui).drawTPS,
	"zero":     (*ui).drawZero,
	"server":   (*ui).drawServer,
	"tester":   (*ui).drawTester,
	"rtt":      (*ui).drawRTT,
	"spread":   (*ui).drawSpread,
	"events":   (*ui).drawEvents,
}

// paneLeadsTo is the page that tells more about a pane.
var paneLeadsTo = map[string]int{
	"counters": pageAll, "tps": pageRTT, "zero": pageFaults, "server": pageAll,
	"tester": pageAll, "rtt": pageRTT, "spread": pageRTT, "events": pageLog,
}

// place is a pane and where it stands on the page.
type place struct {
	pane       string
	x, y, w, h int
}

// drawMain draws the panes that the page has room for.
func (u *ui) drawMain(c canvas) {
	places := compactLayout(c.w, c.h)
	if c.w >= wideWidth && c.h >= wideHeight-4 {
		places = wideLayout(c.w, c.h)
	}
	u.visible = make(map[string]bool, len(places))
	for _, p := range places {
		u.visible[p.pane] = true
	}
	if !u.visible[u.pane] {
		u.pane = places[0].pane
	}
	for _, p := range places {
		panes[p.pane](u, c.sub(p.x, p.y, p.w, p.h))
	}
}

// compactLayout is made for 80×24. More rows go to the plot and the events.
func compactLayout(w, h int) []place {
	const top = 10
	half, rest := w/2, h-top
	events := max(rest*2/5, 4)
	return []place{
		{"counters", 0, 0, half, top},
		{"tps", half, 0, w - half, 3},
		{"zero", half, 3, w - half, top - 3},
		{"rtt", 0, top, w, rest - events},
		{"events", 0, h - events, w, events},
	}
}

// wideLayout is made for 120×40: three columns, and below them the times and the events.
func wideLayout(w, h int) []place {
	const top = 16
	third, rest := w/3, h-top
	last := w - 2*third
	events := rest * 2 / 5
	times := rest - events
	return []place{
		{"counters", 0, 0, third, top},
		{"tps", third, 0, third, top - 11},
		{"zero", third, top - 11, third, 11},
		{"server", 2 * third, 0, last, 9},
		{"tester", 2 * third, 9, last, top - 9},
		{"rtt", 0, top, 2 * third, times},
		{"spread", 2 * third, top, last, times},
		{"events", 0, h - events, w, events},
	}
}

// frame draws the frame of a pane. A click gives it the focus; a click on the pane that has the
// focus opens it.
func (u *ui) frame(c canvas, pane, title, note string) canvas {
	style := u.look.frame
	if u.pane == pane && u.page == pageMain {
		style = u.look.focus
	}
	if u.page == pageMain {
		c.onClick(0, 0, c.w, c.h, func() {
			if u.pane == pane {
				u.open()
			}
			u.pane = pane
		})
	}
	return c.box(title, note, style)
}
