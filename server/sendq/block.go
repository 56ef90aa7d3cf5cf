package sendq

import (
	"math/bits"
	"sync"
)

// Block is memory for bytes on their way: packets to be sent, or a frame still arriving.
type Block struct {
	// Data is what the block holds. Append no more than Room: Go would move it to other memory.
	Data []byte
	next *Block // the next older block on the stack; in the consumer's list the next newer one
	sent int    // bytes of Data that are sent already
}

// Room is how many bytes may still be appended to Data.
func (b *Block) Room() int { return cap(b.Data) - len(b.Data) }

func (b *Block) unsent() []byte { return b.Data[b.sent:] }

// MaxBlock is the most bytes of one block: it holds the longest frame.
const MaxBlock = 1<<20 + 1024

// The sizes of blocks are powers of two from minBlock on; the last one is MaxBlock. So a block is
// at most twice as large as what it was asked for.
const (
	minBlock = 64
	classes  = 16

	// keep is how many bytes of each size a Pool keeps for the next Get.
	keep = 256 << 10
)

func classSize(class int) int { return min(minBlock<<class, MaxBlock) }

// classOf is the smallest class of at least size bytes.
func classOf(size int) int { return bits.Len(uint(max(size, 1)-1) / minBlock) }

// Pool hands out blocks. A worker's own pool has lists that need no lock: nobody else uses them.
// What the lists lack, or have too much of, goes through a sync.Pool that all workers share. The
// pool for all other goroutines keeps no lists.
type Pool struct {
	free      [classes]*Block
	length    [classes]int // of the lists
	lists     bool
	budget    *Budget
	uncounted int64 // bytes handed out less those taken back, not yet counted in budget
}

// common is shared by all pools. In an idle process a collection frees what it holds.
var common [classes]sync.Pool

// NewPool makes the pool of one worker thread.
func NewPool(b *Budget) *Pool { return &Pool{lists: true, budget: b} }

// NewSharedPool makes a pool that any goroutine may use.
func NewSharedPool(b *Budget) *Pool { return &Pool{budget: b} }

// Get returns an empty block with room for size bytes, at most MaxBlock.
func (p *Pool) Get(size int) *Block {
	class := classOf(size)
	p.count(costOf(class))
	if p.lists && p.free[class] != nil {
		b := p.free[class]
		p.free[class], b.next = b.next, nil
		p.length[class]--
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
	p.count(-costOf(class))
	b.Data, b.next, b.sent = b.Data[:0], nil, 0
	if !p.lists || p.length[class] > keep/classSize(class) {
		common[class].Put(b)
		return
	}
	p.free[class], b.next = b, p.free[class]
	p.length[class]++
}

// Fit returns the smallest block that holds what b holds: b itself, or a new one, and b goes back.
func (p *Pool) Fit(b *Block) *Block {
	if classOf(len(b.Data)) == classOf(cap(b.Data)) {
		return b
	}
	smaller := p.Get(len(b.Data))
	smaller.Data = append(smaller.Data, b.Data...)
	p.Put(b)
	return smaller
}

// Grow appends data to b and returns the block that holds it all: b, or a larger one where b lacks
// the room. A nil b is an empty one.
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
