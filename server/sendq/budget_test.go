package sendq

import "testing"

// What a worker's pool hands out is counted a little later, what the shared one does at once. Blocks
// move between pools, and nothing is counted twice or lost.
func TestABudgetCountsWhatIsHandedOut(t *testing.T) {
	b := NewBudget(64 << 20)
	one, other, shared := NewPool(b), NewPool(b), NewSharedPool(b)
	var blocks []*Block
	for range 1000 {
		blocks = append(blocks, one.Get(1000))
	}
	const each = 1<<10 + BlockCost
	if all := b.Used() + one.Uncounted(); all != 1000*each || b.Used() < 1000*each-maxSlack {
		t.Errorf("%d counted, %d not yet; want %d", b.Used(), one.Uncounted(), 1000*each)
	}
	for i, block := range blocks {
		[]*Pool{one, other, shared}[i%3].Put(block)
	}
	if left := b.Used() + one.Uncounted() + other.Uncounted(); left != 0 {
		t.Errorf("%d bytes are handed out to nobody", left)
	}
}

// Over tells one caller, and again only when there is more, until it is below.
func TestABudgetIsOverForOneCallerAtATime(t *testing.T) {
	b := NewBudget(32 << 20)
	p := NewSharedPool(b)
	var blocks []*Block
	times := 0
	for range 31 {
		blocks = append(blocks, p.Get(MaxBlock))
		if over := b.Over(); over && b.Used() <= b.High() {
			t.Errorf("over with %d bytes of %d", b.Used(), b.High())
		} else if over {
			times++
		}
		if b.Over() {
			t.Error("over for two callers")
		}
	}
	if times < 4 || times > 12 { // one more for each block; 12 blocks are above
		t.Errorf("over %d times", times)
	}
	for _, block := range blocks {
		p.Put(block)
		if b.Over() {
			t.Errorf("over on the way back, with %d bytes", b.Used())
		}
	}
	for range 21 {
		p.Get(MaxBlock)
	}
	if !b.Over() {
		t.Error("not over a second time")
	}
}

// Drop leaves what the consumer has taken, which may be in flight.
func TestDropLeavesWhatIsInFlight(t *testing.T) {
	b := NewBudget(1 << 20)
	p := NewPool(b)
	var q Queue
	push := func(text string) {
		block := p.Get(len(text))
		block.Data = append(block.Data, text...)
		if !q.Push(block, 1<<20) {
			t.Fatal("full")
		}
	}
	push("in flight")
	flying := q.Peek(p)
	push("dropped")
	push("dropped")
	if q.Drop(p); string(flying) != "in flight" || q.Size() != len(flying)+BlockCost {
		t.Errorf("%q, %d bytes", flying, q.Size())
	}
	q.Consume(len(flying), p)
	if q.Any() || q.Size() != 0 || b.Used()+p.Uncounted() != 0 {
		t.Errorf("%d bytes left, %d held", q.Size(), b.Used()+p.Uncounted())
	}
	q.Drop(p)
	q.Close(p)
}
