package iocp

import (
	"sync"
	"testing"
)

func TestSlabsKeepTheirPlace(t *testing.T) {
	var table slabs[int]
	if table.at(5) != nil {
		t.Fatal("an element exists before it was made")
	}
	first := table.make(5)
	*first = 42
	for s := Socket(0); s < 10*slabSize; s += slabSize / 2 {
		table.make(s)
	}
	if table.at(5) != first || *table.at(5) != 42 {
		t.Fatal("growing moved or cleared an element")
	}
	const beyond = Socket(slabSize * maxSlabs)
	if table.make(beyond) != nil || table.at(beyond) != nil || table.at(InvalidSocket) != nil {
		t.Fatal("a handle beyond the limit has an element")
	}
}

func TestSlabsMadeByManyAreOne(t *testing.T) {
	var table slabs[int]
	var wg sync.WaitGroup
	got := make([]*int, 16)
	for i := range got {
		wg.Go(func() { got[i] = table.make(7) })
	}
	wg.Wait()
	for i, p := range got {
		if p != got[0] {
			t.Fatalf("goroutine %d got another element than goroutine 0", i)
		}
	}
}
