package show

import (
	"fmt"
	"iter"
	"time"

	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/server/gallery"
)

// play is what one exhibit goes through: START, STOP, the drain and the quiet period, as often as
// its load asks for. It ends early once named holds.
type play struct {
	gallery.Load
	named func(*monitor.View) bool
	now   func() *monitor.View // takes a view now: that of look may be as old as showLook
}

// steps is the script. It begins when all are connected.
func (p *play) steps(look func() *monitor.View) iter.Seq[script.Step] {
	return func(yield func(script.Step) bool) {
		if p.Unstarted {
			yield(p.until(p.named, p.Duration))
			return
		}
		if !yield(script.For{Time: beforeStart}) {
			return
		}
		over := time.Now().Add(p.Duration)
		for p.round(look, time.Until(over), yield) && time.Now().Before(over) {
		}
	}
}

func (p *play) until(seen func(*monitor.View) bool, most time.Duration) script.Step {
	return script.Until{Seen: seen, Within: most, Every: showLook}
}

// round is START, Echo for at most the time given, STOP, the drain and the quiet period. It reports
// whether another round makes sense: all drained, the load has rounds (StopAt), and nothing is named.
func (p *play) round(look func() *monitor.View, most time.Duration, yield func(script.Step) bool) bool {
	before := times(p.now(), p.StopAt)
	enough := func(v *monitor.View) bool {
		return p.named(v) || times(v, p.StopAt) > before || p.lived(v)
	}
	if !yield(script.Start{}) || !yield(p.until(enough, most)) {
		return false
	}
	v := look()
	switch {
	case v == nil || p.named(v):
		return false
	case p.Lifetimes > 0 && !p.lived(v):
		yield(script.Fail{Err: fmt.Errorf("fewer than %d connections in %v", p.Lifetimes, most)})
		return false
	}
	if !yield(script.Stop{}) || !yield(script.Drained{}) || !yield(p.until(p.named, p.Quiet)) {
		return false
	}
	v = p.now()
	return p.StopAt != "" && v.Phase == monitor.Drained && !p.named(v)
}

// lived reports whether as many connections were served as were asked for.
func (p *play) lived(v *monitor.View) bool {
	return p.Lifetimes > 0 && v.Connections.Connected >= p.Lifetimes
}

// times is how often a fault was found or a diagnosis was made.
func times(view *monitor.View, name string) uint64 {
	if f, ok := monitor.ParseFault(name); ok {
		return view.Faults[f]
	}
	n := uint64(0)
	for _, d := range view.Diagnoses {
		if d.Name == name {
			n++
		}
	}
	return n
}
