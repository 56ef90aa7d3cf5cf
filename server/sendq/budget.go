package sendq

import "sync/atomic"

// Budget is the memory of all blocks that are handed out, over all pools: what the sessions hold of
// SendQ and of frames still arriving, with BlockCost for each block. It is counted where blocks are
// taken and given back, and a worker tells it only of what has added up to a step: no two workers
// wait for its cache line, and it is wrong by a step a worker at most.
type Budget struct {
	limit, step int64
	used        atomic.Int64
	// mark is where it is over next, while it is: what was disconnected gives its memory back when
	// its last completion comes.
	mark atomic.Int64
}

// Steps of a Budget: a part of the limit, and at most so many bytes.
const (
	budgetSteps = 64
	maxStep     = 256 << 10
)

// NewBudget makes a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, step: min(limit/budgetSteps, maxStep)}
}

// Used is the bytes handed out.
func (b *Budget) Used() int64 { return b.used.Load() }

// High is five eighths of the limit: above it the budget is over. The rest is for what is handed out
// until those who were disconnected have given back theirs, and for what the collector has not found
// yet.
func (b *Budget) High() int64 { return b.limit / 8 * 5 }

// Low is half of the limit: where a budget that was over should be.
func (b *Budget) Low() int64 { return b.limit / 2 }

// Over reports whether too much is handed out. It does so to one caller only, who sees to it, and
// again when that was not enough.
func (b *Budget) Over() bool {
	used, mark := b.used.Load(), b.mark.Load()
	if used <= b.High() {
		if mark != 0 {
			b.mark.Store(0)
		}
		return false
	}
	if used < mark-b.limit/16 { // some of it came back
		b.mark.CompareAndSwap(mark, used+b.limit/32)
		return false
	}
	return used > mark && b.mark.CompareAndSwap(mark, used+b.limit/32)
}

// costOf is what a block counts.
func costOf(class int) int64 { return int64(classSize(class) + BlockCost) }

// say counts bytes of a block that is handed out, or taken back.
func (p *Pool) say(n int64) {
	if !p.lists {
		p.budget.used.Add(n)
		return
	}
	if p.unsaid += n; p.unsaid > p.budget.step || p.unsaid < -p.budget.step {
		p.budget.used.Add(p.unsaid)
		p.unsaid = 0
	}
}

// Untold is what a worker's pool has handed out, less what it took back, that the budget was not
// told of.
func (p *Pool) Untold() int64 { return p.unsaid }
