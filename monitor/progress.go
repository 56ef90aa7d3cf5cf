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

// Progress is the sink that tells how a run goes, in one line: on a terminal the line is
// written over, elsewhere each is a line of its own and holds no carriage return.
type Progress struct {
	w     io.Writer
	tty   bool
	every time.Duration

	shown  *View // the one the last line was about
	latest *View // the one seen last
	open   bool  // the cursor stands behind a line that is not ended

	columns int // of the line on the terminal
}

// progressWidth is what a line may take on a terminal: a line that wraps is not written over.
const progressWidth = 79

// NewProgress makes the sink. It writes when a snapshot is at least every after the last one
// shown, and when the phase changes; every must be above 0.
func NewProgress(w io.Writer, tty bool, every time.Duration) *Progress {
	if every <= 0 {
		panic(fmt.Sprintf("monitor: progress every %v is not positive", every))
	}
	return &Progress{w: w, tty: tty, every: every}
}

// Observe writes the line when it is time. A write that fails is not reported: progress is not
// what a run is for.
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
	// Blanks, and no escape sequence: the console of Windows shows those as they are unless told.
	longer := max(0, p.columns-len(r))
	p.open, p.columns = true, len(r)
	_, _ = io.WriteString(p.w, "\r"+string(r)+strings.Repeat(" ", longer))
}

// Close writes the newest snapshot if it was not shown yet and ends the line, so that what
// comes next on the terminal stands on its own. It is called once, after the last Observe.
func (p *Progress) Close() {
	if p.latest != nil && p.latest != p.shown {
		p.show(p.latest)
	}
	if p.open {
		_, _ = io.WriteString(p.w, "\n")
	}
}

// progressLine tells the time, the phase, what waits, how fast it goes since the line before,
// and the faults by name.
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

// faultList names the faults there are, and apart from them what is only watched: "0 faults", or
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
