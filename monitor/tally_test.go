package monitor

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// draw fills in everything that a tally may have, by its type, so that a field that is added is
// tried as well.
func draw(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case **Histogram:
		*p = drawHistogram(t)
		return
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(0, 5).Draw(t, "time"), 0)
		return
	case *[]Evidence:
		*p = drawEvidence(t)
		return
	case *[]Part:
		*p = drawParts(t)
		return
	case *map[string]uint64:
		if rapid.Bool().Draw(t, "reasons") {
			*p = map[string]uint64{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "reason"): 3}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("merge") != "-" {
				draw(t, v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			draw(t, v.Index(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 2).Draw(t, "lines") {
			line := reflect.New(v.Type().Elem()).Elem()
			draw(t, line)
			v.Set(reflect.Append(v, line))
		}
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "epoll", "uring"}).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Float64:
		v.SetFloat(float64(rapid.IntRange(0, 9).Draw(t, "share")) / 10)
	default:
		n := rapid.IntRange(0, 9).Draw(t, "number")
		if v.CanInt() {
			v.SetInt(int64(n))
		} else {
			v.SetUint(uint64(n))
		}
	}
}

func drawHistogram(t *rapid.T) *Histogram {
	if rapid.Bool().Draw(t, "nothing recorded") {
		return nil
	}
	h := NewHistogram()
	for range rapid.IntRange(1, 3).Draw(t, "records") {
		h.Record(time.Duration(rapid.Int64Range(0, int64(2*MaxRecorded)).Draw(t, "duration")))
	}
	return h
}

// drawEvidence is a few lines of a few faults, or more than are kept.
func drawEvidence(t *rapid.T) []Evidence {
	n := rapid.SampledFrom([]int{0, 1, 2, MaxEvidence + 1}).Draw(t, "lines")
	from := rapid.IntRange(0, 50).Draw(t, "from")
	var list []Evidence
	for i := range n {
		list = append(list, Evidence{Fault: Fault(i % 2), At: Millis((from + i/2) / 3), Client: from % 7,
			Seq: uint64(i % 5), Offset: n})
	}
	return list
}

func drawParts(t *rapid.T) []Part {
	var parts []Part
	for number := range rapid.SampledFrom([]int{0, 0, 1, 3, MaxParts + 1}).Draw(t, "parts") {
		p := Part{Number: number, Name: fmt.Sprint(number)}
		p.Sent, p.Lost, p.Wait = int64(rapid.IntRange(0, 9).Draw(t, "sent")), -1, 2
		if number == 1 {
			p.RTT = drawHistogram(t)
		}
		parts = append(parts, p)
	}
	return parts
}

// plain is a tally without pointers to histograms, to compare.
func plain(t *Tally) (Tally, map[string]any) {
	hists := map[string]any{}
	c := *t
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if h, ok := v.Field(i).Interface().(*Histogram); ok {
			if h.Count() > 0 {
				hists[v.Type().Field(i).Name] = *h
			}
			v.Field(i).SetZero()
		}
	}
	return c, hists
}

func sameTally(a, b *Tally) bool {
	ca, ha := plain(a)
	cb, hb := plain(b)
	sameHistograms := func(a, b Part) bool { return reflect.DeepEqual(a.RoundTrips(), b.RoundTrips()) }
	if !slices.EqualFunc(ca.Parts, cb.Parts, sameHistograms) {
		return false
	}
	bare := func(parts []Part) (out []Part) {
		for _, p := range parts {
			p.RTT = nil
			out = append(out, p)
		}
		return out
	}
	ca.Parts, cb.Parts = bare(ca.Parts), bare(cb.Parts)
	return reflect.DeepEqual(ca, cb) && reflect.DeepEqual(ha, hb)
}

// TestAnySplitMergesToTheSame: whatever a run counts, spread over tallies in any way, and these merged
// in any order and grouping, it is what one tally would have counted, and so is all that is computed
// from it.
func TestAnySplitMergesToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := make([]Tally, rapid.IntRange(1, 6).Draw(t, "events"))
		parts := make([]*Tally, rapid.IntRange(1, 4).Draw(t, "tallies"))
		for i := range parts {
			parts[i] = new(Tally)
		}
		var whole Tally
		for i := range events {
			draw(t, reflect.ValueOf(&events[i]).Elem())
			whole.Merge(&events[i])
			parts[rapid.IntRange(0, len(parts)-1).Draw(t, "whose")].Merge(&events[i])
		}
		for len(parts) > 1 { // any two, either way round
			i := rapid.IntRange(1, len(parts)-1).Draw(t, "which")
			if rapid.Bool().Draw(t, "the other way round") {
				parts[0], parts[i] = parts[i], parts[0]
			}
			parts[0].Merge(parts[i])
			parts = slices.Delete(parts, i, i+1)
		}
		if !sameTally(parts[0], &whole) {
			t.Fatalf("merged\n%s\nnot\n%s", text(parts[0]), text(&whole))
		}
		run := Run{Phase: Undrained}
		a, b := NewView(&run, parts[0]), NewView(&run, &whole)
		a.Parts, b.Parts = nil, nil // compared above
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seen\n%+v\nnot\n%+v", a, b)
		}
	})
}

func text(t *Tally) string {
	c, h := plain(t)
	return fmt.Sprintf("%+v %+v %+v %+v %d histograms", c, c.Server, c.Hostile, c.Before, len(h))
}

// TestMergeLeavesTheOther: what a tally was merged from does not change with it.
func TestMergeLeavesTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b, sum Tally
		draw(t, reflect.ValueOf(&a).Elem())
		draw(t, reflect.ValueOf(&b).Elem())
		sum.Merge(&a)
		before, n := text(&a), a.RTT.Count()
		sum.Merge(&b)
		sum.Merge(&b)
		if got := text(&a); got != before || a.RTT.Count() != n {
			t.Fatalf("%s, it was\n%s", got, before)
		}
		sum.Reset()
		if !sameTally(&sum, new(Tally)) {
			t.Fatalf("after Reset %s", text(&sum))
		}
	})
}

// TestEveryFieldSaysHowItMerges: a fraction that adds up would not do so exactly.
func TestEveryFieldSaysHowItMerges(t *testing.T) {
	var walk func(v reflect.Type, path, rule string)
	seen := map[reflect.Type]bool{}
	walk = func(v reflect.Type, path, rule string) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			if v == reflect.TypeFor[*Histogram]() {
				return
			}
			walk(v.Elem(), path, rule)
		case reflect.Struct:
			if seen[v] || v == reflect.TypeFor[time.Time]() || v == reflect.TypeFor[Evidence]() {
				return
			}
			seen[v] = true
			for i := range v.NumField() {
				f := v.Field(i)
				tag := f.Tag.Get("merge")
				if tag == "-" {
					continue
				}
				if !slices.Contains([]string{"", "max", "and", "first"}, tag) {
					t.Errorf("%s.%s: no rule is called %q", path, f.Name, tag)
				}
				walk(f.Type, path+"."+f.Name, tag)
			}
		case reflect.Float32, reflect.Float64:
			if rule != "max" {
				t.Errorf("%s is a fraction, and adds up", path)
			}
		}
	}
	walk(reflect.TypeFor[Tally](), "Tally", "")
}

// TestSmallNumbersOfEchoesAreExact: min, median and max of the clients' echoes are those of the list.
func TestSmallNumbersOfEchoesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		echoes := rapid.SliceOfN(rapid.IntRange(0, 2000), 1, 50).Draw(t, "echoes")
		var tally Tally
		tally.PerClient = NewHistogram()
		for _, n := range echoes {
			tally.PerClient.Record(time.Duration(n))
		}
		slices.Sort(echoes)
		want := Fairness{Min: uint64(echoes[0]), Median: uint64(echoes[len(echoes)/2]),
			Max: uint64(echoes[len(echoes)-1])}
		if got := NewView(&Run{}, &tally).Fairness; got != want {
			t.Fatalf("%+v of %v, want %+v", got, echoes, want)
		}
	})
}

// TestViewOfHeldRoundTrips: those in which the tester was held up are measured with that time, and
// freed of it.
func TestViewOfHeldRoundTrips(t *testing.T) {
	of := func(d ...time.Duration) *Histogram {
		h := NewHistogram()
		for _, d := range d {
			h.Record(d)
		}
		return h
	}
	tally := Tally{RTT: of(time.Millisecond), Held: of(time.Second), Freed: of(2 * time.Millisecond),
		Recent: of(3 * time.Millisecond)}
	v := NewView(&Run{}, &tally)
	if v.RTT.Count != 2 || v.RTT.Max != 1e6 || v.RTTFreed.Count != 2 || v.RTTFreed.Max != 2000 ||
		v.RTTRecent.Max != 3000 || tally.RTT.Count() != 1 {
		t.Errorf("%+v, freed %+v", v.RTT, v.RTTFreed)
	}
	tally.Held, tally.Freed = nil, nil
	if v := NewView(&Run{}, &tally); v.RTT != v.RTTFreed || v.RTT.Max != 1000 {
		t.Errorf("%+v, freed %+v", v.RTT, v.RTTFreed)
	}
}

func TestMergeOfWhatCannotMerge(t *testing.T) {
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "float64") {
			t.Errorf("%q", got)
		}
	}()
	merge(&struct{ F float64 }{1}, &struct{ F float64 }{2})
}

// TestPartsAddUp: wherever a run is cut, each part's ledger balances with what it took over, and all
// parts together are the run.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c, mark Counts
		var sum Difference
		end := func() {
			c.Ledger.Wait = c.Ledger.Sent - c.Ledger.Echoed - c.Ledger.Abandoned - c.Ledger.Lost
			d := c.Minus(&mark)
			if !d.Balanced() {
				t.Fatalf("%+v does not balance", d)
			}
			if d.Carried != mark.Ledger.Wait || d.Wait != c.Ledger.Wait {
				t.Fatalf("%+v between %+v and %+v", d, mark.Ledger, c.Ledger)
			}
			d.Carried, d.Wait = 0, 0
			merge(&sum, &d)
			mark = c
		}
		for _, what := range rapid.SliceOf(rapid.IntRange(0, 6)).Draw(t, "events") {
			l := &c.Ledger
			owed := l.Sent - l.Echoed - l.Abandoned - l.Lost
			switch {
			case what == 0:
				l.Sent++
				c.Bytes.Sent += 40
			case what == 1 && owed > 0:
				l.Echoed++
			case what == 2 && owed > 0:
				l.Lost++
				c.Faults[Missing]++
			case what == 3 && l.Lost > 0: // it comes after all
				l.Lost--
				l.Echoed++
			case what == 4 && owed > 0:
				l.Abandoned++
				c.Connections.ClosedByDummy++
			case what == 5:
				end()
			}
		}
		end()
		var none Counts
		if all := c.Minus(&none); all.Wait != c.Ledger.Wait || func() bool { all.Wait = 0; return all != sum }() {
			t.Fatalf("all %+v, the parts' %+v", all, sum)
		}
	})
}
