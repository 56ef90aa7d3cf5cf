package dummy

import (
	"net"
	"strings"
	"sync"
	"testing"

	"dummyload/monitor"
)

func TestServerThatStallsIsNamedAndItsRecoveryToo(t *testing.T) {
	t.Parallel()
	var gate sync.RWMutex // held for writing: nobody is answered
	cfg := testConfig(startServer(t, eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
		gate.RLock()
		defer gate.RUnlock()
		return frame
	})))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	before := until(t, f, "echoes", echoedAtLeast(1000))
	if len(before.Diagnoses) != 0 {
		t.Fatalf("%+v", before.Diagnoses)
	}
	gate.Lock()
	s := until(t, f, "the stall", func(s *monitor.View) bool { return len(s.Diagnoses) > 0 })
	gate.Unlock()
	if d := s.Diagnoses[0]; d.Name != "server_stalled" || d.Connections != 8 {
		t.Errorf("%+v", s.Diagnoses)
	}
	until(t, f, "the recovery", func(s *monitor.View) bool {
		return strings.Contains(s.Diagnoses[0].Why, "recovered after")
	})
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Bad() != 0 || len(s.Diagnoses) != 2 ||
		s.Diagnoses[1].Name != monitor.Recovered {
		t.Errorf("%v %+v", s.Faults, s.Diagnoses)
	}
}
