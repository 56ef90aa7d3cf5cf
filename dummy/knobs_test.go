package dummy

import (
	"math"
	"strings"
	"testing"

	"dummyload/monitor"
)

// TestEveryKnobKeepsItsLimits: as text, in a configuration, and in a tuning.
func TestEveryKnobKeepsItsLimits(t *testing.T) {
	base, err := Config{Target: someTarget}.WithDefaults()
	must(t, err)
	for _, k := range Knobs() {
		for _, v := range []float64{k.Default, k.Min, k.Max} {
			if got, err := k.Parse(k.Format(v)); err != nil || got != v {
				t.Errorf("%s: %s is read as %v, %v", k.Name, k.Format(v), got, err)
			}
			c := base
			if k.Set(&c, v); k.Get(&c) != v || c.check() != nil {
				t.Errorf("%s: set to %v, is %v, %v", k.Name, v, k.Get(&c), c.check())
			}
			if err := (Tuning{k.Name: v}).apply(&c); (err == nil) != k.Tunable() {
				t.Errorf("%s tuned to %v: %v", k.Name, v, err)
			}
		}
		for _, v := range []float64{k.Min - 1, k.Max * 2} {
			c := base
			k.Set(&c, v)
			if _, err := k.Parse(k.Format(v)); err == nil || !strings.HasPrefix(err.Error(), "want ") {
				t.Errorf("%s: %s as text: %v", k.Name, k.Format(v), err)
			}
			for _, err := range []error{c.check(), Tuning{k.Name: v}.apply(&c)} {
				if err == nil || !strings.HasPrefix(err.Error(), k.Name+": ") {
					t.Errorf("%s: %v: %v", k.Name, v, err)
				}
			}
		}
		if k.Help == "" || k.Tunable() != (k.Title != "") {
			t.Errorf("%+v", k)
		}
	}
}

// TestTuningIsWholeOrNot: what makes no sense is named, and nothing of it is taken.
func TestTuningIsWholeOrNot(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	before := InForce(snap(f))
	for name, bad := range map[string]Tuning{
		"speed":    {Clients: 3, "speed": 1},
		"quiet":    {Clients: 3, "quiet": 1},
		"oversend": {Clients: 3, OverSend: 1.5},
		"rate":     {Clients: 3, Rate: math.NaN()},
	} {
		if _, err := f.Tune(bad); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	give(t)(f.Tune(Tuning{Rate: 7.5, Churn: 2}))
	want := Tuning{Clients: 8, OverSend: 4, Rate: 7.5, Churn: 2}
	got := InForce(snap(f))
	for name, v := range want {
		if got[name] != v || len(got) != len(want) {
			t.Errorf("%v in force, want %v; before %v", got, want, before)
		}
	}
}

// TestSnapshotsShowEveryTunableKnob: what is tuned is seen.
func TestSnapshotsShowEveryTunableKnob(t *testing.T) {
	s := &monitor.View{Run: monitor.Run{Clients: 1, OverSend: 2, Rate: 3, Churn: 4}}
	for i, name := range tunableNames() {
		if got := InForce(s)[name]; got != float64(i+1) {
			t.Errorf("%s: %v in %+v", name, got, InForce(s))
		}
	}
}
