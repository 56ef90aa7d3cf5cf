package monitor

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// How often Progress writes when not told otherwise.
const (
	ProgressOnTerminal = time.Second
	ProgressInFile     = 10 * time.Second
)

// Progress is the sink that says in one line how a run goes. On a terminal each line is written over the
// one before. Elsewhere each is a line of its own, without a carriage return.
type Progress struct {
	w     io.Writer
	tty   bool
	every time.Duration

	shown  *View // the view of the last line
	latest *View // the newest view
	open   bool  // the cursor stands after a line that is not ended

	columns int // how long the line on the terminal is
}

// progressWidth is the most columns of a line on a terminal: a line that wraps cannot be written over.
const progressWidth = 79

// NewProgress makes the sink. It writes a line when the interval every has passed since the last one,
// and when the phase changes. every must be above 0.
func NewProgress(w io.Writer, tty bool, every time.Duration) *Progress {
	if every <= 0 {
		panic(fmt.Sprintf("monitor: progress every %v is not positive", every))
	}
	return &Progress{w: w, tty: tty, every: every}
}

// Observe writes the line when it is time. It does not report a write that fails: a run goes on without
// its progress.
func (p *Progress) Observe(s *View) {
	p.latest = s
	if p.shown != nil && s.Phase == p.shown.Phase && s.At.Sub(p.shown.At) < p.every {
		return
	}
	p.show(s)
}

func (p *Progress) show(s *View) {
	line := progressLine(p.shown, s)
	p.shown = s
	if !p.tty {
		_, _ = io.WriteString(p.w, line+"\n")
		return
	}
	r := []rune(line)
	r = r[:min(len(r), progressWidth)]
	// Blanks clear the rest of the line. An escape sequence would not: the console of Windows prints it,
	// unless it is told to obey it.
	longer := max(0, p.columns-len(r))
	p.open, p.columns = true, len(r)
	_, _ = io.WriteString(p.w, "\r"+string(r)+strings.Repeat(" ", longer))
}

// Close writes the newest view if it is not shown yet. Then it ends the line, so that the next text on
// the terminal begins a line. It is called once, after the last Observe.
func (p *Progress) Close() {
	if p.latest != nil && p.latest != p.shown {
		p.show(p.latest)
	}
	if p.open {
		_, _ = io.WriteString(p.w, "\n")
	}
}

// progressLine says the time, the phase, Wait Echo Count, the rates since the line before, and the faults
// by name.
func progressLine(before, s *View) string {
	var r Rates
	if before != nil {
		r = RatesBetween(before, s)
	}
	p99 := measured(s.RTT, func(d Distribution) float64 { return d.P99 })
	line := fmt.Sprintf("%s %s%s  wait %s  send %s/s recv %s/s  p99 %s  %s",
		Clock(s.Uptime), s.Where(), s.MaxRate.step(s.Rate), Count(s.WaitEchoCount()),
		Short(r.Sent), Short(r.Echoed), Micros(p99), faultList(s))
	return strings.TrimRight(line, " ")
}

// faultList names the faults that happened, and after them those that are only watched: "0 faults", or
// "2 corrupt 1 missing  watch: 3 late".
func faultList(s *View) string {
	var bad, watched []string
	for f, n := range s.Faults {
		switch text := Short(float64(n)) + " " + Fault(f).String(); {
		case n == 0:
		case Fault(f).Watched():
			watched = append(watched, text)
		default:
			bad = append(bad, text)
		}
	}
	list := "0 faults"
	if len(bad) > 0 {
		list = strings.Join(bad, " ")
	}
	if len(watched) > 0 {
		list += "  watch: " + strings.Join(watched, " ")
	}
	return list
}

// Clock writes a time since the start as HH:MM:SS.
func Clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
