package tui

import (
	"os"
	"sync"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"dummyload/dummy"
	"dummyload/monitor"
)

// ui is all that the screen knows. It belongs to the goroutine of the event loop.
type ui struct {
	o        Options
	screen   tcell.Screen
	app      *tview.Application
	now      func() time.Time
	interval time.Duration

	latest  *monitor.View // the newest
	shown   *monitor.View // the one on the screen: the same, unless frozen
	past    history
	longest longestWait // of shown
	frozen  bool

	look   *look
	themes []func() *look // those that the key t goes through
	theme  int
	ascii  bool
	korean bool
	mouse  bool
	keys   []binding

	page        int
	pane        string          // the one that has the focus
	zoomed      bool            // it fills the page
	visible     map[string]bool // panes of the main page that were drawn last
	span        int             // index into spans
	linear      bool
	owed        table
	faults      table
	log         table
	all         table
	front       overlay         // in front of the page; nil when there is none
	child       tview.Primitive // the widget that takes the keys; nil when there is none
	zones       []zone
	seedLeftOut bool     // the first line had no room for the seed
	probed      *probing // nil where there was none

	message      string // on the last line, until messageUntil
	messageStyle func(*look) tcell.Style
	messageUntil time.Time
	asked        dummy.Tuning   // what was asked of the fleet and is not in a view yet
	askedAs      monitor.Ticket // of the last Tune
	churn        float64        // what the key c switches on

	leaving bool   // quit as soon as the drain is over
	keep    bool   // and keep the last screen
	kept    string // the last screen

	over  chan struct{} // closed when run shall return
	ended sync.Once
	err   error // set before over is closed
}

// spans are the times that a plot can cover, and the one that it begins with.
var spans = [...]time.Duration{10 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, historySpan}

const defaultSpan = 2

func newUI(o Options, screen tcell.Screen) *ui {
	plainStyles()
	u := &ui{
		o: o, screen: screen, now: time.Now, interval: frameInterval,
		themes: themes, mouse: true, span: defaultSpan,
		ascii: o.ASCII || needsASCII(screen.CharacterSet()),
		keys:  bindings(), pane: mainPanes[0], over: make(chan struct{}),
		owed: owedTable(), faults: faultTable(), log: logTable(), all: allTable(),
	}
	if os.Getenv("NO_COLOR") != "" || screen.Colors() == 0 {
		u.themes = []func() *look{monoLook}
	}
	u.setTheme(0)
	return u
}

func (u *ui) setTheme(i int) {
	u.theme = i % len(u.themes)
	u.look = u.themes[u.theme]()
	u.look.glyphs = unicodeGlyphs
	if u.ascii {
		u.look.glyphs = asciiGlyphs
	}
}

// observe takes the newest view in.
func (u *ui) observe(s *monitor.View) {
	if s == nil {
		return
	}
	u.latest = s
	if !u.frozen {
		u.shown = s
		u.past.add(s)
	}
	if s.Churn > 0 {
		u.churn = s.Churn
	}
	if u.leaving && !echoOn(s.Phase) {
		u.quit()
	}
}

// echoOn reports whether echoes are sent or awaited.
func echoOn(p monitor.Phase) bool { return p == monitor.Echoing || p == monitor.Draining }

// say shows a message on the last line for a few seconds.
func (u *ui) say(text string) {
	u.message, u.messageUntil = text, u.now().Add(4*time.Second)
	u.messageStyle = func(l *look) tcell.Style { return l.text }
}

// showResult shows the error of a verb, or the text where there is none.
func (u *ui) showResult(err error, text string) {
	if err == nil {
		u.say(text)
		return
	}
	u.say("refused: " + err.Error())
	u.messageStyle = func(l *look) tcell.Style { return l.bad }
}

// interrupt is Ctrl-C: STOP, drain and quit in order. The second time it quits at once.
func (u *ui) interrupt() {
	if u.latest == nil || !echoOn(u.latest.Phase) {
		u.quit()
		return
	}
	if u.leaving {
		u.fail(ErrAtOnce)
		return
	}
	u.leaving = true
	if u.latest.Phase == monitor.Echoing {
		_, _ = u.o.Control.Stop() // an error means that STOP was given since the view
	}
	u.say("quits when the drain is over; Ctrl-C quits at once")
}

// quit ends the screen. The screen that is kept shows the newest view.
func (u *ui) quit() {
	if u.keep {
		u.shown, u.front, u.frozen = u.latest, nil, false
		u.app.ForceDraw()
		u.kept = screenText(u.screen)
	}
	u.end()
}
