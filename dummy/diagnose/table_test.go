package diagnose

import (
	"slices"
	"testing"

	"dummyload/monitor"
)

// excludes reports whether a excludes b by the table, if nothing else is diagnosed.
func excludes(a, b string) bool {
	i := slices.IndexFunc(table, func(r row) bool { return r.name == a })
	return slices.Contains(table[i].not, b)
}

// TestExclusionsAreInOrder: each excludes only what stands below it, so there is no cycle; and it says
// why. Facts of their own (see table) neither exclude nor are excluded.
func TestExclusionsAreInOrder(t *testing.T) {
	facts := []string{monitor.ServerGone, monitor.AcceptStalled, monitor.SessionLeak, monitor.ReleasedTwice,
		monitor.WorkersStuck, monitor.AcceptsPending, monitor.ServerFailed, monitor.AuditMissing,
		monitor.LocalFDLimit, monitor.LocalPortExhausted, monitor.LocalCPUSaturated, monitor.SendLag}
	for i, r := range table {
		if (len(r.not) > 0) != (r.why != "") {
			t.Errorf("%s excludes %v: %q", r.name, r.not, r.why)
		}
		if slices.Contains(facts, r.name) && len(r.not) > 0 {
			t.Errorf("%s is a fact of its own, and excludes %v", r.name, r.not)
		}
		for _, name := range r.not {
			j := slices.IndexFunc(table, func(r row) bool { return r.name == name })
			if j <= i {
				t.Errorf("%s excludes %s, which stands at %d of the table, not below it", r.name, name, j)
			}
			if slices.Contains(facts, name) {
				t.Errorf("%s excludes %s, a fact of its own", r.name, name)
			}
		}
		if len(slices.Compact(slices.Sorted(slices.Values(r.not)))) != len(r.not) {
			t.Errorf("%s excludes one twice: %v", r.name, r.not)
		}
	}
}

// TestEveryPair: two causes come out as the table says, whichever was found first. If neither excludes
// the other, both are told.
func TestEveryPair(t *testing.T) {
	for _, a := range table {
		for _, b := range table {
			if a.name == b.name {
				continue
			}
			var want []string
			for _, c := range [...][2]string{{a.name, b.name}, {b.name, a.name}} {
				if !excludes(c[1], c[0]) {
					want = append(want, c[0])
				}
			}
			if a.unless == b.name || b.unless == a.name {
				want = []string{a.name, b.name}
			}
			both := []cause{{Diagnosis: monitor.Diagnosis{Name: a.name}},
				{Diagnosis: monitor.Diagnosis{Name: b.name}}}
			got := namesOf(exclude(slices.Clone(both)))
			slices.Reverse(both)
			turned := namesOf(exclude(both))
			slices.Reverse(turned)
			if len(got) == 0 || !slices.Equal(got, want) || !slices.Equal(got, turned) {
				t.Errorf("%s and %s: %v, the other way round %v, want %v", a.name, b.name, got, turned, want)
			}
			pending := []cause{{monitor.Diagnosis{Name: a.name}, true},
				{Diagnosis: monitor.Diagnosis{Name: b.name}}}
			if got := namesOf(exclude(pending)); len(got) != 1 && !excludes(a.name, b.name) ||
				slices.Contains(got, a.name) {
				t.Errorf("%s, pending, and %s: %v", a.name, b.name, got)
			}
		}
	}
}

// TestNoExclusionLetsARunPass: a diagnosis that fails a run is excluded only by one that fails it,
// too, or when no echo was verified.
func TestNoExclusionLetsARunPass(t *testing.T) {
	for _, r := range table {
		unproved := r.name == monitor.FrameMismatch || r.name == monitor.NeverServed
		for _, name := range r.not {
			fails := monitor.Diagnosis{Name: name}.Fails()
			if fails && !unproved && !(monitor.Diagnosis{Name: r.name}).Fails() {
				t.Errorf("%s excludes %s, which fails the run", r.name, name)
			}
		}
	}
}

// TestWhoIsExcludedExcludesNobody: close_ignored excludes idle_timeout, which would exclude
// closed_healthy.
func TestWhoIsExcludedExcludesNobody(t *testing.T) {
	var all []cause
	for _, name := range []string{monitor.ClosedHealthy, monitor.IdleTimeout, monitor.CloseIgnored} {
		all = append(all, cause{Diagnosis: monitor.Diagnosis{Name: name}})
	}
	got := namesOf(exclude(all))
	if !slices.Equal(got, []string{monitor.ClosedHealthy, monitor.CloseIgnored}) {
		t.Errorf("%v", got)
	}
}
