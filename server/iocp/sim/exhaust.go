package sim

// Exhaust goes through all runs with at most so many preemptions and rare events, depth first:
// each run repeats the decisions of the one before up to the last that has another outcome, and takes
// that. It is no preemption to choose who runs when the current one cannot go on. Every Pick is free.
type Exhaust struct {
	Preemptions int // how often one that could go on is held up, at most
	Rares       int // how many rare events there are, at most

	path             []decision
	at               int
	preempted, rares int
	order            []int // scratch of Next
}

type decision struct{ taken, of int }

// Begin starts a run. Before the first one the path is empty.
func (e *Exhaust) Begin() { e.at, e.preempted, e.rares = 0, 0, 0 }

// Advance moves on to the next run and reports false when there is none.
func (e *Exhaust) Advance() bool {
	for last := len(e.path) - 1; last >= 0; last-- {
		if e.path[last].taken+1 < e.path[last].of {
			e.path[last].taken++
			return true
		}
		e.path = e.path[:last]
	}
	return false
}

// decide repeats or opens one decision.
func (e *Exhaust) decide(of int) int {
	if e.at == len(e.path) {
		e.path = append(e.path, decision{0, of})
	}
	d := e.path[e.at]
	if d.of != of {
		panic("sim: a run did not repeat itself: the code under test depends on more than choices")
	}
	e.at++
	return d.taken
}

// Next implements Chooser: the current one first, then the others as they come, of those that
// are alike only one.
func (e *Exhaust) Next(ready []*Proc, current int) int {
	if current >= 0 && e.preempted == e.Preemptions {
		return current
	}
	e.order = e.order[:0]
	if current >= 0 {
		e.order = append(e.order, current)
	}
	for i := range ready {
		if i != current && !e.hasLike(ready, i) {
			e.order = append(e.order, i)
		}
	}
	if len(e.order) == 1 {
		return e.order[0]
	}
	taken := e.decide(len(e.order))
	if current >= 0 && taken > 0 {
		e.preempted++
	}
	return e.order[taken]
}

// hasLike reports whether one that is like ready[i] is tried already: neither has begun, or
// both wait for the same.
func (e *Exhaust) hasLike(ready []*Proc, i int) bool {
	p := ready[i]
	for _, o := range e.order {
		q := ready[o]
		if p.Alike != 0 && p.Alike == q.Alike && p.at == q.at &&
			(p.at == begin || p.wait != nil && q.wait != nil) {
			return true
		}
	}
	return false
}

// Pick implements Chooser.
func (e *Exhaust) Pick(n int) int { return e.decide(n) }

// Rare implements Chooser.
func (e *Exhaust) Rare() bool {
	if e.rares == e.Rares || e.decide(2) == 0 {
		return false
	}
	e.rares++
	return true
}
