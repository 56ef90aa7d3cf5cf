package monitor

import "testing"

func TestPhaseNames(t *testing.T) {
	for p, want := range map[Phase]string{Connecting: "CONNECTING", Idle: "IDLE", Echoing: "RUN",
		Draining: "DRAINING", Drained: "DRAINED", Undrained: "NOT DRAINED", Ended: "ENDED"} {
		if p.String() != want {
			t.Errorf("phase %d is %q, want %q", p, p, want)
		}
	}
}

func TestFaultNames(t *testing.T) {
	for f := range NumFaults {
		if got, ok := ParseFault(f.String()); !ok || got != f {
			t.Errorf("%q is read as %v, %v", f, got, ok)
		}
		if f.Label() == "" || f.Help() == "" {
			t.Errorf("%s has no label or help", f)
		}
	}
	if _, ok := ParseFault("Corrupt"); ok {
		t.Error("a name that is not a fault's was read")
	}
}

func TestBadLeavesOutLate(t *testing.T) {
	s := &View{}
	for f := range NumFaults {
		s.Faults[f] = 1
	}
	if want := uint64(NumFaults) - 1; s.Bad() != want {
		t.Errorf("bad %d, want %d", s.Bad(), want)
	}
}
