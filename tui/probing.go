package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// probing is the window of a probe: which frame does the server speak? The probe makes connections of
// its own, so the run goes on meanwhile.
type probing struct {
	cancel context.CancelFunc
	over   chan struct{} // closed when the probe has ended
	first  int           // the line of the report at the top of the window

	mu        sync.Mutex
	done, all int
	report    string // empty until the probe has ended
}

// strangeAfter is how long Echo must have been on without a right echo, before a probe is offered.
const strangeAfter = 2 * time.Second

// offersProbe reports whether the server may speak another frame: it said something, or closed, or is
// known to be silent, and was never right, or a diagnosis says so (frame_mismatch).
func (u *ui) offersProbe() bool {
	s := u.latest
	if u.o.Probe == nil || s == nil || s.Bundled {
		return false
	}
	whole := s.Whole()
	is := func(name string) bool {
		return slices.ContainsFunc(s.Diagnoses, func(d monitor.Diagnosis) bool { return d.Name == name })
	}
	return whole.EchoOn >= strangeAfter && (is(monitor.FrameMismatch) || whole.Ledger.Echoed == 0 &&
		(is(monitor.NeverServed) || whole.Bytes.Received+whole.Connections.ClosedByServer > 0))
}

// probe begins a probe and shows it.
func (u *ui) probe() {
	u.endProbe()
	ctx, cancel := context.WithCancel(context.Background())
	p := &probing{cancel: cancel, over: make(chan struct{})}
	u.front, u.probed = p, p
	go func() {
		defer close(p.over)
		report := u.o.Probe(ctx, func(done, all int) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.done, p.all = done, all
		})
		p.mu.Lock()
		defer p.mu.Unlock()
		p.report = report
	}()
}

// endProbe ends the probe that is under way, and waits for its end.
func (u *ui) endProbe() {
	if u.probed != nil {
		u.probed.cancel()
		<-u.probed.over
		u.probed = nil
	}
}

// state is how far the probe is, and its report when it has ended.
func (p *probing) state() (done, all int, report string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done, p.all, p.report
}

func (p *probing) draw(u *ui, c canvas) {
	done, all, report := p.state()
	if report == "" {
		in := u.window(c, 60, 5, "Probe", "Esc ends it")
		in.center(1, u.look.text, fmt.Sprintf("which frame does the server speak? %d of %d tried", done, all))
		return
	}
	const w = 100
	lines := c.indented(report, min(w, c.w)-4)
	in := u.window(c, w, min(len(lines)+2, c.h-2), "Probe", "arrows move  y copy  Esc closes")
	p.first = max(0, min(p.first, len(lines)-in.h))
	for y, l := range lines[p.first:min(len(lines), p.first+in.h)] {
		style := u.look.text
		if strings.HasPrefix(l, "fits:") {
			style = u.look.ok
		}
		in.text(1, y, style, l)
	}
}

// indented cuts each line of a text to w columns. What goes on in the next line stands further in.
func (c canvas) indented(text string, w int) (all []string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for i, l := range c.wrap(line, w-len(indent)-2) {
			if i > 0 {
				l = "  " + l
			}
			all = append(all, indent+l)
		}
	}
	return all
}

func (p *probing) press(u *ui, event *tcell.EventKey) {
	const page = 10
	_, _, report := p.state()
	switch r := event.Rune(); {
	case isBack(event), event.Key() == tcell.KeyEnter:
		p.cancel()
		u.front = nil
	case event.Key() == tcell.KeyUp, event.Key() == tcell.KeyRune && r == 'k':
		p.first--
	case event.Key() == tcell.KeyDown, event.Key() == tcell.KeyRune && r == 'j':
		p.first++
	case event.Key() == tcell.KeyPgUp:
		p.first -= page
	case event.Key() == tcell.KeyPgDn:
		p.first += page
	case event.Key() == tcell.KeyRune && r == 'y' && report != "":
		u.screen.SetClipboard([]byte(report))
		u.say("what was found is copied, if the terminal allows it (OSC 52)")
	}
}

// drawOffer is the beginning of the last line where no echo was right. It returns the column after it.
func (u *ui) drawOffer(c canvas, x int) int {
	text := "none right: find the server's frame"
	if u.korean {
		text = "맞는 에코 없음: 서버의 프레임 찾기"
	}
	from := x
	x = c.text(x, 0, u.look.key, "p")
	x = c.text(x+1, 0, u.look.warn, text)
	c.onClick(from, 0, x-from, 1, func() { u.probe() })
	return x + 2
}
