package iocp

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestSlotRemembersAnEdge(t *testing.T) {
	var slot atomic.Pointer[Overlapped]
	ov := &Overlapped{Op: OpRecv}
	for range 2 { // the second finds the first remembered
		if edge(&slot) != nil {
			t.Fatal("an edge at an empty slot gave an operation")
		}
	}
	if park(&slot, ov) {
		t.Fatal("parked although there had been an edge")
	}
	if !park(&slot, ov) {
		t.Fatal("two edges without a try between them count twice")
	}
	if edge(&slot) != ov || slot.Load() != nil {
		t.Fatal("an edge did not give the parked operation out, once")
	}
	edge(&slot)
	if !useEdge(&slot) || useEdge(&slot) {
		t.Fatal("an edge is to be used once")
	}
}

func TestSlotChainsAcceptsAlone(t *testing.T) {
	var slot atomic.Pointer[Overlapped]
	for range 3 {
		park(&slot, &Overlapped{Op: OpAccept})
	}
	n := 0
	for ov := edge(&slot); ov != nil; ov = ov.sys.next {
		n++
	}
	if n != 3 {
		t.Errorf("%d accepts of 3 came out", n)
	}
	park(&slot, &Overlapped{Op: OpRecv})
	mustPanic(t, "a second receive", func() { park(&slot, &Overlapped{Op: OpRecv}) })
}

func TestResetKnowsWhatIsInFlight(t *testing.T) {
	var st epollState
	edge(&st.in)
	st.home.Store(3)
	st.end(st.life(), epollEnded)
	life := st.life()
	st.reset()
	if st.in.Load() != nil || st.home.Load() != 0 || st.ended() != 0 ||
		st.life() == life {
		t.Error("something of the closed socket is left")
	}
	if st.end(life, epollEnded) || st.ended() != 0 {
		t.Error("the closed socket's end is its successor's")
	}
	park(&st.out, &Overlapped{Op: OpSend})
	mustPanic(t, "closing with a send in flight", st.reset)
	st.word.Store((ownEvent - 1) << 32)
	st.reset()
	if st.life()&ownEvent != 0 {
		t.Error("a socket's life looks like the port's own descriptors'")
	}
}

// TestNoEdgeIsLost has one goroutine make data and edges, as the kernel does, and another
// try and park, as a worker does: whenever the producer rests, nothing is left to consume.
func TestNoEdgeIsLost(t *testing.T) {
	const items = 200_000
	var slot atomic.Pointer[Overlapped]
	var data atomic.Int64 // what a read would return
	wake := make(chan *Overlapped, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range items {
			data.Add(1)
			if ov := edge(&slot); ov != nil {
				wake <- ov
			}
		}
	})
	ov := &Overlapped{Op: OpRecv}
	over := time.After(patience)
	for got := int64(0); got < items; {
		if n := data.Swap(0); n > 0 {
			got += n
			continue
		}
		if !park(&slot, ov) {
			continue
		}
		select {
		case ov = <-wake:
		case <-over:
			t.Fatalf("asleep with %d of %d consumed and %d to consume",
				got, items, data.Load())
		}
	}
	wg.Wait()
}
