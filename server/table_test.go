package server

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestTableAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 300).Draw(t, "limit")
		var tab table
		tab.init(limit)
		var live, freed []*session
		seen := map[SessionID]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				s := tab.take()
				if (s == nil) != (len(live) == limit) {
					t.Fatalf("got %v with %d of %d taken", s, len(live), limit)
				}
				if s == nil {
					return
				}
				id := s.id.load()
				if seen[id] || id.index() >= uint64(limit) || tab.at(id.index()) != s {
					t.Fatalf("id %v is not a new one of that slot", id)
				}
				if last := len(freed) - 1; last >= 0 {
					if s != freed[last] {
						t.Fatal("not the slot that was freed last")
					}
					freed = freed[:last]
				}
				seen[id] = true
				live = append(live, s)
			},
			"put": func(t *rapid.T) {
				if len(live) == 0 {
					return
				}
				i := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				tab.put(live[i])
				freed = append(freed, live[i])
				live = append(live[:i], live[i+1:]...)
			},
		})
	})
}

func TestSlotsAreNeverSharedByTwoThreads(t *testing.T) {
	const limit, threads, rounds = 200, 4, 20_000
	var tab table
	tab.init(limit)
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			var mine []*session
			for i := range rounds {
				if i%3 < 2 && len(mine) < limit/threads {
					s := tab.take()
					if s == nil {
						t.Error("full with slots to spare")
						return
					}
					if !s.flag.trySet() {
						t.Error("the slot is another thread's")
					}
					mine = append(mine, s)
				} else if last := len(mine) - 1; last >= 0 {
					mine[last].flag.clear()
					tab.put(mine[last])
					mine = mine[:last]
				}
			}
		})
	}
	wg.Wait()
}

func TestAtKnowsNoSlotBeyondTheTable(t *testing.T) {
	var tab table
	tab.init(DefaultMaxSessions)
	for _, index := range []uint64{0, 1, DefaultMaxSessions - 1, DefaultMaxSessions, 1 << 40} {
		if tab.at(index) != nil {
			t.Errorf("a session at %d of an empty table", index)
		}
	}
	if s := tab.take(); s.id.load() != 1<<indexBits || tab.used() != 1 {
		t.Errorf("first id %v, used %d", s.id.load(), tab.used())
	}
}
