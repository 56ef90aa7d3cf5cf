package monitor

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// merge adds src to dst, field by field, so that a new counter needs no line of its own. Numbers add
// up, unless their field's tag says otherwise:
//
//	merge:"max"    a gauge of which the highest counts; fractions must be such, as they do not
//	               add up exactly
//	merge:"and"    a bool that is true of all; others are true when one is
//	merge:"first"  of evidence the first of each fault alone
//	merge:"-"      left alone: it is computed, or somebody else's
//
// Of two texts, and of two points in time, the greater stays. Lists and maps are made anew, so that
// whoever has the old ones may go on reading them.
func merge[T any](dst, src *T) {
	mergeValue(reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem(), "")
}

func mergeValue(dst, src reflect.Value, rule string) {
	switch d := dst.Addr().Interface().(type) {
	case **Histogram:
		mergeHistogram(d, src.Interface().(*Histogram))
		return
	case *[]Evidence:
		*d = mergeEvidence(*d, src.Interface().([]Evidence), rule)
		return
	case *[]Part:
		*d = mergeParts(*d, src.Interface().([]Part))
		return
	case *[]Owed:
		*d = mergeLists(*d, src.Interface().([]Owed), compareOwed)
		return
	case *[]Unreleased:
		*d = mergeLists(*d, src.Interface().([]Unreleased), compareUnreleased)
		*d = (*d)[:min(len(*d), MaxUnreleased)]
		return
	case *[]Stuck:
		*d = mergeLists(*d, src.Interface().([]Stuck), compareStuck)
		return
	case *[]string:
		*d = mergeLists(*d, src.Interface().([]string), strings.Compare)
		return
	case *time.Time:
		if s := src.Interface().(time.Time); s.After(*d) {
			*d = s
		}
		return
	}
	mergeKind(dst, src, rule)
}

func mergeKind(dst, src reflect.Value, rule string) {
	switch dst.Kind() {
	case reflect.Struct:
		for i := range dst.NumField() {
			if tag := dst.Type().Field(i).Tag.Get("merge"); tag != "-" {
				mergeValue(dst.Field(i), src.Field(i), tag)
			}
		}
	case reflect.Array:
		for i := range dst.Len() {
			mergeValue(dst.Index(i), src.Index(i), rule)
		}
	case reflect.Pointer:
		mergePointer(dst, src)
	case reflect.Map:
		mergeMap(dst, src)
	case reflect.String:
		dst.SetString(max(dst.String(), src.String()))
	case reflect.Bool:
		if rule == "and" {
			dst.SetBool(dst.Bool() && src.Bool())
		} else {
			dst.SetBool(dst.Bool() || src.Bool())
		}
	default:
		mergeNumber(dst, src, rule)
	}
}

func mergeNumber(dst, src reflect.Value, rule string) {
	switch {
	case dst.CanUint() && rule == "max":
		dst.SetUint(max(dst.Uint(), src.Uint()))
	case dst.CanUint():
		dst.SetUint(dst.Uint() + src.Uint())
	case dst.CanInt() && rule == "max":
		dst.SetInt(max(dst.Int(), src.Int()))
	case dst.CanInt():
		dst.SetInt(dst.Int() + src.Int())
	case dst.CanFloat() && rule == "max":
		dst.SetFloat(max(dst.Float(), src.Float()))
	default:
		panic(fmt.Sprintf("monitor: nothing says how to merge a %v", dst.Type()))
	}
}

// mergePointer makes one where there was none.
func mergePointer(dst, src reflect.Value) {
	switch {
	case src.IsNil():
	case dst.IsNil():
		own := reflect.New(dst.Type().Elem())
		own.Elem().Set(src.Elem())
		dst.Set(own)
	default:
		mergeValue(dst.Elem(), src.Elem(), "")
	}
}

func mergeMap(dst, src reflect.Value) {
	if src.Len() == 0 {
		return
	}
	sum := reflect.MakeMap(dst.Type())
	for _, m := range []reflect.Value{dst, src} {
		for it := m.MapRange(); it.Next(); {
			n := reflect.New(dst.Type().Elem()).Elem()
			if known := sum.MapIndex(it.Key()); known.IsValid() {
				n.Set(known)
			}
			mergeNumber(n, it.Value(), "")
			sum.SetMapIndex(it.Key(), n)
		}
	}
	dst.Set(sum)
}

func mergeHistogram(dst **Histogram, src *Histogram) {
	if src.Count() == 0 {
		return
	}
	if *dst == nil {
		*dst = NewHistogram()
	}
	(*dst).Merge(src)
}

// mergeLists makes one list of two, in order. Where there is but one, and it is in order, it is
// shared.
func mergeLists[T any](a, b []T, compare func(a, b T) int) []T {
	if len(b) == 0 {
		a, b = b, a
	}
	if len(a) == 0 && slices.IsSortedFunc(b, compare) {
		return slices.Clip(b)
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, compare)
	return all
}

// mergeEvidence keeps of each fault the first MaxEvidence, or the first one.
func mergeEvidence(a, b []Evidence, rule string) []Evidence {
	most := MaxEvidence
	if rule == "first" {
		most = 1
	}
	all := mergeLists(a, b, compareEvidence)
	var kept [NumFaults]int
	tooMany := false
	for _, e := range all {
		kept[e.Fault]++
		tooMany = tooMany || kept[e.Fault] > most
	}
	if !tooMany {
		return all
	}
	var some []Evidence
	kept = [NumFaults]int{}
	for _, e := range all {
		if kept[e.Fault]++; kept[e.Fault] <= most {
			some = append(some, e)
		}
	}
	return some
}

// compareEvidence orders by time and client. The rest of it makes the order one of whole values, so
// that which of them are the first does not depend on how they came together.
func compareEvidence(a, b Evidence) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Client, b.Client),
		cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Fault, b.Fault),
		cmp.Compare(a.Count, b.Count), cmp.Compare(a.Offset, b.Offset), slices.Compare(a.Got, b.Got),
		slices.Compare(a.Want, b.Want), cmp.Compare(a.Age, b.Age), strings.Compare(a.Local, b.Local),
		strings.Compare(a.Note, b.Note), cmp.Compare(a.OwnerClient, b.OwnerClient),
		cmp.Compare(a.OwnerConnection, b.OwnerConnection), cmp.Compare(a.OwnerSeq, b.OwnerSeq))
}

// compareOwed puts the oldest first.
func compareOwed(a, b Owed) int {
	return cmp.Or(cmp.Compare(b.Age, a.Age), cmp.Compare(a.Client, b.Client),
		cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.First, b.First),
		cmp.Compare(a.Last, b.Last), cmp.Compare(a.Count, b.Count), strings.Compare(a.Local, b.Local))
}

func compareUnreleased(a, b Unreleased) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.IOCount, b.IOCount),
		cmp.Compare(a.SendQ, b.SendQ), strings.Compare(a.Reason, b.Reason),
		slices.Compare(a.Trace, b.Trace))
}

func compareStuck(a, b Stuck) int {
	return cmp.Or(strings.Compare(a.Worker, b.Worker), slices.Compare(a.Trace, b.Trace))
}
