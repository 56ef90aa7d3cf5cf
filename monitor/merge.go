package monitor

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// merge adds src to dst, field by field, so that a new counter needs no code here. Numbers add up, and
// a bool is true when one of the two is. A field's tag may say otherwise:
//
//	merge:"max"    a gauge: the higher one counts. A fraction must have this rule, since fractions
//	               do not add up exactly
//	merge:"and"    a bool that is true when both are
//	merge:"first"  of evidence, only the first of each fault is kept
//	merge:"-"      not merged: it is computed, or another source fills it in
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

// mergePointer copies what src points to where dst has nothing.
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

// mergeLists makes one sorted list of two. When one of them is empty and the other is sorted, it returns
// the other itself.
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

// mergeEvidence keeps the first MaxEvidence of each fault, or with merge:"first" only the first.
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

// compareEvidence orders by time and client. It also compares all other fields, so that the first ones
// are the same in whatever order tallies are merged.
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
		slices.Compare(a.Footprints, b.Footprints))
}

func compareStuck(a, b Stuck) int {
	return cmp.Or(strings.Compare(a.Worker, b.Worker), slices.Compare(a.Footprints, b.Footprints))
}
