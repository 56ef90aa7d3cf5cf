package sim

import (
	"strings"
	"testing"
)

// within runs some coroutines under a chooser and returns what broke.
func within(t *testing.T, w *World, c Chooser, bodies ...func()) string {
	t.Helper()
	w.Begin(c)
	for i, body := range bodies {
		w.Go(string(rune('a'+i)), body)
	}
	return w.Run()
}

func newWorld(t *testing.T) *World {
	w := New()
	t.Cleanup(w.Close)
	return w
}

// orders explores two coroutines of three steps each.
func orders(t *testing.T, preemptions int) map[string]int {
	w, e, seen := newWorld(t), &Exhaust{Preemptions: preemptions}, map[string]int{}
	for more := true; more; more = e.Advance() {
		var order strings.Builder
		three := func(who string) func() {
			return func() {
				order.WriteString(who)
				Point("1")
				order.WriteString(who)
				Point("2")
				order.WriteString(who)
			}
		}
		e.Begin()
		if broken := within(t, w, e, three("a"), three("b")); broken != "" {
			t.Fatal(broken)
		}
		seen[order.String()]++
	}
	return seen
}

func TestExhaustMakesEveryOrderOnce(t *testing.T) {
	all := orders(t, 100)
	if len(all) != 20 { // 6 over 3
		t.Errorf("%d orders, want 20: %v", len(all), all)
	}
	for order, n := range all {
		if n != 1 {
			t.Errorf("%s %d times", order, n)
		}
	}
}

func TestExhaustKeepsToItsBound(t *testing.T) {
	want := map[int]int{0: 2, 1: 6, 2: 14}
	for bound, n := range want {
		got := orders(t, bound)
		if len(got) != n {
			t.Errorf("%d preemptions: %d orders, want %d: %v", bound, len(got), n, got)
		}
		for order := range got {
			if preemptions(order) > bound {
				t.Errorf("%s has more than %d preemptions", order, bound)
			}
		}
	}
}

// preemptions counts changes from one that had not ended.
func preemptions(order string) int {
	n, left := 0, map[byte]int{'a': 3, 'b': 3}
	for i := range len(order) {
		left[order[i]]--
		if i+1 < len(order) && order[i+1] != order[i] && left[order[i]] > 0 {
			n++
		}
	}
	return n
}

func TestExhaustTriesOneOfThoseAlike(t *testing.T) {
	w, e, runs := newWorld(t), &Exhaust{Preemptions: 2}, 0
	for more := true; more; more = e.Advance() {
		e.Begin()
		w.Begin(e)
		for range 3 {
			w.Go("same", func() {}).Alike = 1
		}
		w.Run()
		runs++
	}
	if runs != 1 {
		t.Errorf("%d runs of three that are alike, want 1", runs)
	}
}

// increment is the bug that every chooser has to find: a count read, then written.
func increment(count *int) func() {
	return func() {
		old := *count
		Point("between read and write")
		*count = old + 1
	}
}

func TestEveryChooserFindsALostUpdate(t *testing.T) {
	random, pct, all := &Random{}, NewPCT(3), &Exhaust{Preemptions: 1}
	next := map[string]func(seed uint64) Chooser{
		"random":  func(seed uint64) Chooser { random.Seed(seed); return random },
		"pct":     func(seed uint64) Chooser { pct.Seed(seed, 4); return pct },
		"exhaust": func(uint64) Chooser { all.Begin(); return all },
	}
	for name, choose := range next {
		w, lost, kept := newWorld(t), 0, 0
		for seed := range uint64(200) {
			count := 0
			within(t, w, choose(seed), increment(&count), increment(&count))
			if count == 2 {
				kept++
			} else {
				lost++
			}
			if name == "exhaust" && !all.Advance() {
				break
			}
		}
		if lost == 0 || kept == 0 {
			t.Errorf("%s: lost %d, kept %d", name, lost, kept)
		}
	}
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	w, r := newWorld(t), &Random{}
	hash := func(seed uint64) uint64 {
		count := 0
		r.Seed(seed)
		within(t, w, r, increment(&count), increment(&count), increment(&count))
		return w.Hash()
	}
	different := 0
	for seed := range uint64(100) {
		first := hash(seed)
		if again := hash(seed); again != first {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		if first != hash(seed+1) {
			different++
		}
	}
	if different < 50 {
		t.Errorf("only %d of 100 seeds differ from the next", different)
	}
}

func TestWhatBreaksARun(t *testing.T) {
	w := newWorld(t)
	w.Limit = 100
	cases := map[string]func(){
		Livelock: func() {
			for {
				Point("for ever")
			}
		},
		"livelock": func() {
			for {
				Spin()
			}
		},
		"boom":  func() { panic("boom") },
		"7 < 8": func() { w.Fail("%d < %d", 7, 8) },
	}
	for want, body := range cases {
		waits := func() { w.Block("for ever", never) } // is unwound
		if got := within(t, w, ordinary{}, waits, body, waits); !strings.Contains(got, want) {
			t.Errorf("broken by %q, want %q", got, want)
		}
	}
	if got := within(t, w, ordinary{}, func() { w.Block("for ever", never) }); got != "" {
		t.Errorf("a run at rest is broken by %q", got)
	}
}

func TestRestWakesTheLowRanksFirst(t *testing.T) {
	w, order := newWorld(t), ""
	sleeper := func(rank int, name string) func() {
		return func() {
			w.Sleep(rank)
			order += name
			Point("awake")
			order += name
		}
	}
	ready := false
	patient := func() {
		if !w.BlockOrRest("waits", 1, func() bool { return ready }) {
			order += "x"
		}
	}
	busy := func() { Point("busy"); ready = true; order += "b" }
	broken := within(t, w, ordinary{}, sleeper(3, "3"), sleeper(2, "2"), patient, busy)
	if broken != "" {
		t.Fatal(broken)
	}
	if order != "b2233" {
		t.Errorf("order %s, want b2233: what is waited for comes before rest", order)
	}
}

func TestAMutexExcludes(t *testing.T) {
	w, e := newWorld(t), &Exhaust{Preemptions: 2}
	for more := true; more; more = e.Advance() {
		var m Mutex
		count := 0
		body := func() {
			m.Lock()
			increment(&count)()
			m.Unlock()
		}
		e.Begin()
		if broken := within(t, w, e, body, body); broken != "" || count != 2 {
			t.Fatalf("count %d, broken %q", count, broken)
		}
	}
}

func TestQuietlyHasNoPoints(t *testing.T) {
	w, r := newWorld(t), &Random{}
	for seed := range uint64(50) {
		count := 0
		quiet := func() { w.Quietly(increment(&count)) }
		r.Seed(seed)
		within(t, w, r, quiet, quiet)
		if count != 2 {
			t.Fatal("held up inside Quietly")
		}
	}
}

func TestShowTellsWhoDidWhat(t *testing.T) {
	w, said := newWorld(t), ""
	w.Show(func(who, what string) { said += who + " " + what + ";" })
	within(t, w, ordinary{}, func() { Say("hello") }, func() { w.Fail("over") })
	w.Show(nil)
	within(t, w, ordinary{}, func() { Say("not heard") })
	if said != "a hello;b BROKEN: over;" || Shown() {
		t.Errorf("said %q", said)
	}
}
