package sim

// Exhaust goes through all runs with at most so many preemptions and rare events, depth first:
// each run repeats the beginning of the one before and takes the next turn at its last open
// decision. Whom to run when the current one cannot go on is free, as is every Pick.
type Exhaust struct {
	Preemptions int // how often one that could go on is held up
	Rares       int

	path             []decision
	at               int
	preempted, rares int
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

// Next implements Chooser: the current one first, then the others as they come.
func (e *Exhaust) Next(ready []*Proc, current int) int {
	if current < 0 {
		return e.decide(len(ready))
	}
	if e.preempted == e.Preemptions {
		return current
	}
	taken := e.decide(len(ready))
	if taken == 0 {
		return current
	}
	e.preempted++
	if taken <= current {
		return taken - 1
	}
	return taken
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
