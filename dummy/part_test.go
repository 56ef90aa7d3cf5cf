package dummy

import (
	"testing"

	"dummyload/monitor"
)

// TestAMarkEndsAPart: what ended is kept as it was, whole, and the next part counts from the mark.
func TestAMarkEndsAPart(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.Clients, cfg.Workers = 20, 2
	f := startFleet(t, cfg)
	var want []*monitor.View
	for _, name := range []string{"first", "second", "third"} {
		reach(t, f, monitor.Idle, monitor.Drained)
		_, err := f.Start(0)
		if err != nil {
			t.Fatal(err)
		}
		until(t, f, "echoes", func(s *monitor.View) bool { return s.Ledger.Echoed > 1000 })
		if _, err := f.Stop(); err != nil {
			t.Fatal(err)
		}
		reach(t, f, monitor.Drained)
		if name == "third" {
			break
		}
		if name == "first" { // the second is not looked at before the next mark: workers have all of it
			want = append(want, snap(f))
		}
		if _, err := f.Mark(name); err != nil {
			t.Fatal(err)
		}
	}
	s := snap(f)
	if len(s.Parts) != 2 || s.Parts[0].Name != "" || s.Parts[1].Name != "first" || s.Mark != "second" {
		t.Fatalf("%d parts, now %q", len(s.Parts), s.Mark)
	}
	for i := range s.Parts {
		p := &s.Parts[i]
		if p.Number != i || !p.Balanced() || p.Echoed < 1000 || p.Wait != 0 ||
			p.RoundTrips().Count != uint64(p.Echoed) {
			t.Errorf("%d: %+v, %d round trips", i, p.Difference, p.RoundTrips().Count)
		}
	}
	if p := &s.Parts[0]; p.Sent != int64(want[0].Ledger.Sent) || p.RoundTrips() != want[0].RTT ||
		p.Connected != int64(cfg.Clients) || s.Parts[1].Connected != 0 {
		t.Errorf("%+v, was %+v", p.Difference, want[0].Ledger)
	}
	if s.RTT.Count != s.Ledger.Echoed || s.Ledger.Echoed < 1000 {
		t.Errorf("the third: %d round trips, %+v", s.RTT.Count, s.Ledger)
	}
	if _, err := f.Reset(); err != nil {
		t.Fatal(err)
	}
	if s := snap(f); len(s.Parts) != 0 {
		t.Errorf("after a Reset %d parts", len(s.Parts))
	}
}
