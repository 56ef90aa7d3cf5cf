package sendq

import (
	"math/bits"
	"sync"
)

// Block is memory for bytes on their way: packets to be sent, or a frame still arriving.
type Block struct {
	// Data is what the block holds. Append to it within Room, or it moves off the pool.
	Data []byte
	next *Block // towards the older blocks on the stack, towards the newer ones once taken
	sent int    // bytes of Data that are sent already
}

// Room is how many bytes may still be appended to Data.
func (b *Block) Room() int { return cap(b.Data) - len(b.Data) }

func (b *Block) unsent() []byte { return b.Data[b.sent:] }

// Sizes of blocks: powers of two from minBlock, and at last one that holds the longest frame.
// A block is so at most twice as large as what it was asked for.
const (
	minBlock = 64
	classes  = 16
	maxBlock = 1<<20 + 64

	// keep is how many bytes of each size a Pool holds on to.
	keep = 256 << 10
)

func classSize(class int) int { return min(minBlock<<class, maxBlock) }

// classOf is the smallest class of at least size bytes.
func classOf(size int) int { return bits.Len(uint(max(size, 1)-1) / minBlock) }

// Pool hands out blocks. A worker's own takes from lists that need no lock and that nobody
// else sees; what they lack or have too much of is exchanged with the other workers through
// the process's sync.Pool. The pool for all other goroutines keeps no lists.
type Pool struct {
	free   [classes]*Block
	count  [classes]int
	lists  bool
	budget *Budget
	unsaid int64 // bytes handed out less those taken back that the budget was not told of
}

// common is where pools meet. An idle process gives its memory back at a collection.
var common [classes]sync.Pool

// NewPool makes the pool of one worker thread.
func NewPool(b *Budget) *Pool { return &Pool{lists: true, budget: b} }

// NewSharedPool makes a pool that any goroutine may use.
func NewSharedPool(b *Budget) *Pool { return &Pool{budget: b} }

// Get returns an empty block with room for size bytes, at most MaxBlock.
func (p *Pool) Get(size int) *Block {
	class := classOf(size)
	p.say(costOf(class))
	if p.lists && p.free[class] != nil {
		b := p.free[class]
		p.free[class], b.next = b.next, nil
		p.count[class]--
		return b
	}
	if b, ok := common[class].Get().(*Block); ok {
		return b
	}
	return &Block{Data: make([]byte, 0, classSize(class))}
}

// Put takes back a block that nobody uses any more.
func (p *Pool) Put(b *Block) {
	class := classOf(cap(b.Data))
	if cap(b.Data) != classSize(class) {
		panic("sendq: a block's data outgrew the block")
	}
	p.say(-costOf(class))
	b.Data, b.next, b.sent = b.Data[:0], nil, 0
	if !p.lists || p.count[class] > keep/classSize(class) {
		common[class].Put(b)
		return
	}
	p.free[class], b.next = b, p.free[class]
	p.count[class]++
}

// Fit moves what b holds to the smallest block that holds it, unless b is one of that size.
func (p *Pool) Fit(b *Block) *Block {
	if classOf(len(b.Data)) == classOf(cap(b.Data)) {
		return b
	}
	smaller := p.Get(len(b.Data))
	smaller.Data = append(smaller.Data, b.Data...)
	p.Put(b)
	return smaller
}

// Grow appends data to b, moving to a larger block when it lacks the room. A nil b stands for
// an empty one.
func (p *Pool) Grow(b *Block, data []byte) *Block {
	if b == nil {
		b = p.Get(len(data))
	}
	if b.Room() < len(data) {
		larger := p.Get(len(b.Data) + len(data))
		larger.Data = append(larger.Data, b.Data...)
		p.Put(b)
		b = larger
	}
	b.Data = append(b.Data, data...)
	return b
}
