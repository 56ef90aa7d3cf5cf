package dummy

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
		var st steps
		s := monitor.Snapshot{Phase: monitor.Echoing, Uptime: time.Second}
		st.follow(&s)
		for _, r := range c.rates {
			s.Uptime += time.Second
			s.Ledger.Echoed += uint64(r)
			s.Connections.ClosedByDummy++
			st.follow(&s)
			s.Uptime += time.Millisecond
			st.follow(&s) // no close in between
		}
		s.Diagnoses = []monitor.Diagnosis{{Name: monitor.ServerStalled, Connections: 3}}
		st.explain(&s)
		if got := s.Diagnoses; (len(got) == 2) != c.is || c.is && got[1].Name != monitor.WorkersLost {
			t.Errorf("%s: %v: %+v", name, st.rates, got)
		}
		s.Diagnoses, st.found = nil, nil
		if st.explain(&s); len(s.Diagnoses) > 0 {
			t.Errorf("%s: workers_lost of a server that does not stand still", name)
		}
	}
}

func TestStandstillUnderChurn(t *testing.T) {
	st := steps{rates: []float64{4000, 3100, 2000, 900, 0, 0, 0}}
	s := monitor.Snapshot{}
	if st.explain(&s); len(s.Diagnoses) > 0 {
		t.Errorf("nothing is owed, but %+v", s.Diagnoses)
	}
	s.Ledger.Wait, s.Connections.Now = 40, 20
	s.Uptime = stillLeast - 1
	if st.explain(&s); len(s.Diagnoses) > 0 {
		t.Errorf("after %v only, but %+v", s.Uptime, s.Diagnoses)
	}
	s.Uptime = stillLeast
	st.explain(&s)
	s = monitor.Snapshot{Phase: monitor.Ended} // nothing is owed any more
	if st.explain(&s); len(s.Diagnoses) != 1 || s.Diagnoses[0].Name != monitor.WorkersLost ||
		s.Diagnoses[0].Connections != 20 {
		t.Errorf("%+v", s.Diagnoses)
	}
	s = monitor.Snapshot{Ledger: monitor.Ledger{Echoed: 1}}
	if st.explain(&s); len(s.Diagnoses) > 0 {
		t.Errorf("it went on, but %+v", s.Diagnoses)
	}
}

func TestStepsAreBounded(t *testing.T) {
	var st steps
	s := monitor.Snapshot{Phase: monitor.Echoing, Uptime: time.Second}
	for range 3 * maxSteps {
		s.Connections.ClosedByDummy++
		s.Uptime += time.Second
		st.follow(&s)
	}
	if len(st.rates) != maxSteps {
		t.Errorf("%d rates", len(st.rates))
	}
}
