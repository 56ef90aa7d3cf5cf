package sendq

import "sync/atomic"

// Budget counts the memory of all blocks that are handed out, over all pools: what the sessions hold
// in SendQ and of frames still arriving, with BlockCost for each block. A worker's pool keeps a sum of
// its own and adds it to the Budget when it is above slack: so workers do not wait for one cache
// line, and the Budget is wrong by slack for each worker at most.
type Budget struct {
	limit, slack int64
	used         atomic.Int64
	// mark is 0 while the budget is not over. Otherwise it is the use, in bytes, above which Over is
	// true again: a session that was disconnected gives its memory back at its last completion only.
	mark atomic.Int64
}

// The slack of a Budget is the limit divided by slackParts, and at most maxSlack bytes.
const (
	slackParts = 64
	maxSlack   = 256 << 10
)

// NewBudget makes a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, slack: min(limit/slackParts, maxSlack)}
}

// Used is the bytes handed out.
func (b *Budget) Used() int64 { return b.used.Load() }

// High is five eighths of the limit: above it the budget is over. The rest of the limit is for two
// things: what is handed out before the disconnected sessions give theirs back, and what the
// collector has not freed yet.
func (b *Budget) High() int64 { return b.limit / 8 * 5 }

// Low is half of the limit: a budget that was over should come down to it.
func (b *Budget) Low() int64 { return b.limit / 2 }

// Over reports whether too much is handed out. It is true for one caller only, who has to disconnect
// sessions; it is true again when that was not enough.
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

// costOf is the bytes that a block of a class counts.
func costOf(class int) int64 { return int64(classSize(class) + BlockCost) }

// count counts n bytes of a block: above 0 it is handed out, below 0 it comes back.
func (p *Pool) count(n int64) {
	if !p.lists {
		p.budget.used.Add(n)
		return
	}
	if p.uncounted += n; p.uncounted > p.budget.slack || p.uncounted < -p.budget.slack {
		p.budget.used.Add(p.uncounted)
		p.uncounted = 0
	}
}

// Uncounted is the bytes that a worker's pool has handed out, less those it took back, that are not
// in the budget yet.
func (p *Pool) Uncounted() int64 { return p.uncounted }
