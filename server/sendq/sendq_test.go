package sendq

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

const unlimited = 1 << 30

func block(p *Pool, data string) *Block { return p.Grow(nil, []byte(data)) }

func TestAnIdleQueueIsTwoPointersAndACount(t *testing.T) {
	if size := unsafe.Sizeof(Queue{}); size != 2*unsafe.Sizeof(uintptr(0))+8 {
		t.Errorf("%d bytes", size)
	}
}

func TestSmallBlocksLeaveInOneSendInOrder(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	for _, s := range []string{"one ", "two ", "three"} {
		if !q.Push(block(p, s), unlimited) {
			t.Fatal("refused")
		}
	}
	if got := string(q.Peek(p)); got != "one two three" {
		t.Fatalf("%q", got)
	}
	q.Push(block(p, " four"), unlimited)
	q.Consume(4, p)
	if got := string(q.Peek(p)); got != "two three" {
		t.Fatalf("after a short send: %q", got)
	}
	q.Consume(9, p)
	if got := string(q.Peek(p)); got != " four" {
		t.Fatalf("what came meanwhile: %q", got)
	}
	q.Consume(5, p)
	if q.Any() || q.Size() != 0 || q.Peek(p) != nil {
		t.Errorf("not empty: size %d", q.Size())
	}
}

func TestOneSendCarriesAtMostMaxMerge(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	for range 5 {
		q.Push(p.Grow(nil, make([]byte, MaxMerge/2)), unlimited)
	}
	var sends []int
	for q.Any() {
		n := len(q.Peek(p))
		sends = append(sends, n)
		q.Consume(n, p)
	}
	if len(sends) != 3 || sends[0] != MaxMerge || sends[1] != MaxMerge || sends[2] != MaxMerge/2 {
		t.Errorf("%v", sends)
	}
}

func TestALargeBlockIsSentAsItIs(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	b := p.Grow(nil, make([]byte, MaxBlock))
	q.Push(b, unlimited)
	if got := q.Peek(p); &got[0] != &b.Data[0] || len(got) != MaxBlock {
		t.Error("copied or cut")
	}
}

func TestPushStopsAtTheLimit(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	limit := 10 * (1 + BlockCost)
	for i := range 11 {
		b := block(p, "x")
		if ok := q.Push(b, limit); ok != (i < 10) {
			t.Fatalf("push %d: %v", i, ok)
		}
	}
	if q.Size() != limit {
		t.Errorf("size %d, want %d", q.Size(), limit)
	}
	q.Peek(p)
	if want := 10 + BlockCost; q.Size() != want {
		t.Errorf("merged size %d, want %d", q.Size(), want)
	}
}

func TestConsumingMoreThanWasSentPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	q.Push(block(p, "abc"), unlimited)
	q.Peek(p)
	q.Consume(4, p)
}

func TestCloseGivesBackSentAndUnsent(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	big := make([]byte, MaxMerge)
	for range 3 {
		q.Push(p.Grow(nil, big), unlimited)
	}
	q.Peek(p)
	q.Consume(10, p)
	q.Push(p.Grow(nil, big), unlimited)
	q.Close(p)
	if q.Any() || q.Size() != 0 {
		t.Errorf("size %d", q.Size())
	}
	if class := classOf(MaxMerge); p.length[class] != 4 {
		t.Errorf("%d blocks came back, want 4", p.length[class])
	}
}

func TestPoolKeepsABoundedNumberOfEachSize(t *testing.T) {
	p := NewPool(NewBudget(1 << 30))
	for _, size := range []int{1, 64, 65, 4096, MaxMerge, 1 << 20, MaxBlock} {
		var blocks []*Block
		for range 3 * (keep/size + 1) {
			blocks = append(blocks, p.Get(size))
			if len(blocks) > 10_000 {
				break
			}
		}
		for _, b := range blocks {
			if b.Room() < size || b.Room() > max(minBlock, 2*size) {
				t.Fatalf("asked for %d, got room for %d", size, b.Room())
			}
			p.Put(b)
		}
		if class := classOf(size); p.length[class] > keep/classSize(class)+1 {
			t.Errorf("size %d: %d blocks kept", size, p.length[class])
		}
	}
}

func TestFitMovesToTheSmallestBlock(t *testing.T) {
	p := NewPool(NewBudget(1 << 30))
	for _, c := range []struct{ room, size int }{
		{64, 1}, {100, 65}, {100, 64}, {20_000, 5}, {MaxBlock, 600_000}, {MaxBlock, 500_000},
	} {
		b := p.Get(c.room)
		b.Data = append(b.Data, make([]byte, c.size)...)
		b.Data[c.size-1] = 7
		fit := p.Fit(b)
		if cap(fit.Data) != classSize(classOf(c.size)) {
			t.Errorf("%d bytes of %d lie in %d", c.size, c.room, cap(fit.Data))
		}
		if len(fit.Data) != c.size || fit.Data[c.size-1] != 7 {
			t.Errorf("%d bytes of %d became %d", c.size, c.room, len(fit.Data))
		}
		if same := classOf(c.size) == classOf(c.room); same != (fit == b) {
			t.Errorf("%d bytes of %d: moved %v", c.size, c.room, fit != b)
		}
	}
}

func TestGrowKeepsWhatIsThere(t *testing.T) {
	p := NewPool(NewBudget(1 << 30))
	var b *Block
	var want []byte
	for i := range 300 {
		part := bytes.Repeat([]byte{byte(i)}, i)
		b, want = p.Grow(b, part), append(want, part...)
	}
	if !bytes.Equal(b.Data, want) {
		t.Error("bytes differ")
	}
	if cap(b.Data) > 2*len(want) {
		t.Errorf("%d bytes of memory for %d", cap(b.Data), len(want))
	}
}

// The model is a plain slice of bytes.
func TestQueueBehavesLikeASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var model []byte
		pools := []*Pool{NewPool(NewBudget(1 << 30)), NewSharedPool(NewBudget(1 << 30))}
		pool := func() *Pool { return rapid.SampledFrom(pools).Draw(t, "pool") }
		blocks := func() int { return (q.Size() - len(model)) / BlockCost }
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				size := rapid.OneOf(rapid.IntRange(1, 200),
					rapid.IntRange(1, MaxMerge+10)).Draw(t, "size")
				data := bytes.Repeat([]byte{byte(len(model))}, size)
				if !q.Push(pool().Grow(nil, data), unlimited) {
					t.Fatal("refused")
				}
				model = append(model, data...)
			},
			"send": func(t *rapid.T) {
				p := pool()
				got := q.Peek(p)
				if (len(got) == 0) != (len(model) == 0) || !bytes.HasPrefix(model, got) {
					t.Fatalf("%d bytes are not the first of %d", len(got), len(model))
				}
				if len(got) > 0 {
					n := rapid.IntRange(1, len(got)).Draw(t, "transferred")
					q.Consume(n, p)
					model = model[n:]
				}
			},
			"close": func(t *rapid.T) {
				q.Close(pool())
				model = nil
			},
			"": func(t *rapid.T) {
				if q.Any() != (len(model) > 0) || (blocks() == 0) != (len(model) == 0) ||
					blocks() < 0 {
					t.Fatalf("any %v, size %d, model %d", q.Any(), q.Size(), len(model))
				}
			},
		})
	})
}

func TestManyProducersOneConsumer(t *testing.T) {
	const producers, each = 4, 2000
	var q Queue
	var wg sync.WaitGroup
	for id := range producers {
		wg.Go(func() {
			p := NewSharedPool(NewBudget(1 << 30))
			for seq := range each {
				b := p.Get(8)
				b.Data = binary.LittleEndian.AppendUint32(b.Data, uint32(id))
				b.Data = binary.LittleEndian.AppendUint32(b.Data, uint32(seq))
				if !q.Push(b, unlimited) {
					t.Error("refused")
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	p := NewPool(NewBudget(1 << 30))
	var stream []byte
	for ended := false; ; {
		if got := q.Peek(p); got != nil {
			n := (len(got) + 1) / 2
			stream = append(stream, got[:n]...)
			q.Consume(n, p)
			continue
		}
		if ended {
			break
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	var next [producers]uint32
	for ; len(stream) >= 8; stream = stream[8:] {
		id, seq := binary.LittleEndian.Uint32(stream), binary.LittleEndian.Uint32(stream[4:])
		if seq != next[id] {
			t.Fatalf("producer %d: %d came, want %d", id, seq, next[id])
		}
		next[id]++
	}
	for id, n := range next {
		if n != each {
			t.Errorf("producer %d: %d of %d arrived", id, n, each)
		}
	}
	if q.Size() != 0 {
		t.Errorf("size %d at the end", q.Size())
	}
}

func TestNoAllocationAtRest(t *testing.T) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	data := make([]byte, 34)
	cycle := func() {
		q.Push(p.Grow(nil, data), unlimited)
		q.Consume(len(q.Peek(p)), p)
	}
	cycle()
	if n := testing.AllocsPerRun(100, cycle); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPushPeekConsume(b *testing.B) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	data := make([]byte, 34)
	for b.Loop() {
		q.Push(p.Grow(nil, data), unlimited)
		q.Consume(len(q.Peek(p)), p)
	}
}

func BenchmarkMerge16(b *testing.B) {
	var q Queue
	p := NewPool(NewBudget(1 << 30))
	data := make([]byte, 34)
	for b.Loop() {
		for range 16 {
			q.Push(p.Grow(nil, data), unlimited)
		}
		q.Consume(len(q.Peek(p)), p)
	}
}
