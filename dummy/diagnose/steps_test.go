package diagnose

import (
	"testing"
	"time"

	"dummyload/monitor"
)

func TestStepsDownToStandstill(t *testing.T) {
	for name, c := range map[string]struct {
		rates []float64
		is    bool
	}{
		"four workers lost":       {[]float64{4000, 3100, 2000, 900, 0, 0}, true},
		"with noise":              {[]float64{4000, 4100, 3000, 3100, 1500, 0}, true},
		"a slow beginning":        {[]float64{750, 1075, 1020, 540, 280, 14, 0, 0}, true},
		"stops at once":           {[]float64{4000, 4000, 1700, 0, 0}, false},
		"goes down and stays":     {[]float64{4000, 3000, 2000, 1000}, false},
		"a busy interval":         {[]float64{4000, 3100, 1400, 2000, 900, 0}, true},
		"a busy interval at last": {[]float64{4000, 3100, 2000, 400, 900, 0}, true},
		"two of them":             {[]float64{4000, 2000, 3100, 1400, 2000, 900, 0}, false},
		"goes up again":           {[]float64{4000, 2000, 2000, 3000, 1000, 0}, false},
		"further up":              {[]float64{3000, 2000, 900, 3000, 1000, 0}, false},
		"was closed twice":        {[]float64{0}, false},
		"never did anything":      {[]float64{0, 0, 0}, false},
		"nothing was ever closed": {nil, false},
	} {
		var st Steps
		f := Facts{Phase: monitor.Echoing, Uptime: time.Second}
		st.Follow(&f)
		for _, r := range c.rates {
			f.Uptime += time.Second
			f.Echoed += uint64(r)
			f.ClosedByDummy++
			st.Follow(&f)
			f.Uptime += time.Millisecond
			st.Follow(&f) // no close in between
		}
		if f.Steps != nil {
			t.Errorf("%s: workers_lost of a server that does not stand still", name)
		}
		f.Outages = []monitor.Diagnosis{{Name: monitor.ServerStalled, Connections: 3}}
		st.Follow(&f)
		got := Causes(&f)
		want := monitor.ServerStalled
		if c.is {
			want = monitor.WorkersLost
		}
		if len(got) != 1 || got[0].Name != want || got[0].Connections != 3 {
			t.Errorf("%s: %v: %+v", name, st.rates, got)
		}
	}
}

func TestStandstillUnderChurn(t *testing.T) {
	st := Steps{rates: []float64{4000, 3100, 2000, 900, 0, 0, 0}}
	var f Facts
	if st.Follow(&f); f.Steps != nil {
		t.Errorf("nothing is owed, but %+v", f.Steps)
	}
	f.Owed, f.Now = 40, 20
	f.Uptime = stillLeast - 1
	if st.Follow(&f); f.Steps != nil {
		t.Errorf("after %v only, but %+v", f.Uptime, f.Steps)
	}
	f.Uptime = stillLeast
	st.Follow(&f)
	f = Facts{Phase: monitor.Ended} // nothing is owed any more
	if st.Follow(&f); f.Steps == nil || f.Steps.Name != monitor.WorkersLost || f.Steps.Connections != 20 {
		t.Errorf("%+v", f.Steps)
	}
	st.Turn()
	f = Facts{Phase: monitor.Ended}
	if st.Follow(&f); f.Steps == nil {
		t.Error("forgotten when echoes are counted anew")
	}
	f = Facts{Echoed: 1}
	if st.Follow(&f); f.Steps != nil {
		t.Errorf("it went on, but %+v", f.Steps)
	}
}

func TestStepsAreBounded(t *testing.T) {
	var st Steps
	f := Facts{Phase: monitor.Echoing, Uptime: time.Second}
	for range 3 * maxRates {
		f.ClosedByDummy++
		f.Uptime += time.Second
		st.Follow(&f)
	}
	if len(st.rates) != maxRates {
		t.Errorf("%d rates", len(st.rates))
	}
}
