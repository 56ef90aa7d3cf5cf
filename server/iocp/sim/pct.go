package sim

// PCT is probabilistic concurrency testing (Burckhardt and others, 2010): every coroutine has a
// random priority, the highest that is ready runs, and at depth-1 random places the one that
// runs becomes the lowest. A bug that takes at most depth orderings is found with a probability that
// has a lower bound. The network's choices are Random's.
type PCT struct {
	Random
	depth    int
	priority []int
	changes  [maxDepth]int // the decisions before which the current one's priority falls
	step     int
	lowest   int
}

const maxDepth = 8

// NewPCT makes a PCT of the given bug depth, 1 to 8. The paper's bound holds when a run has about as
// many decisions as Seed is told.
func NewPCT(depth int) *PCT { return &PCT{depth: min(depth, maxDepth)} }

// Seed starts the walk of the given number; steps is how many decisions are expected of it.
func (p *PCT) Seed(seed uint64, steps int) {
	p.Random.Seed(seed)
	p.priority, p.step, p.lowest = p.priority[:0], 0, 0
	for i := range p.depth - 1 {
		p.changes[i] = 1 + p.Intn(steps)
	}
}

// Next implements Chooser.
func (p *PCT) Next(ready []*Proc, current int) int {
	p.step++
	for _, r := range ready {
		for len(p.priority) <= r.ID {
			p.priority = append(p.priority, 1+p.Intn(1<<30))
		}
	}
	for _, at := range p.changes[:p.depth-1] {
		if at == p.step && current >= 0 {
			p.lowest--
			p.priority[ready[current].ID] = p.lowest
		}
	}
	best := 0
	for i, r := range ready {
		if p.priority[r.ID] > p.priority[ready[best].ID] {
			best = i
		}
	}
	return best
}
