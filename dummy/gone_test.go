package dummy

import (
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"dummyload/monitor"
)

// TestServerThatDiesInTheMiddleOfAFrame: the half of an echo that still came is no fault of its own.
func TestServerThatDiesInTheMiddleOfAFrame(t *testing.T) {
	var ending atomic.Bool
	die := make(chan struct{})
	server := startServer(t, eachFrame(func(c *net.TCPConn, _ int, frame []byte) []byte {
		if !ending.Load() {
			return frame
		}
		_, _ = c.Write(frame[:len(frame)-1])
		<-die
		return nil
	}))
	f := startFleet(t, testConfig(server))
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes", echoedAtLeast(100))
	ending.Store(true)
	until(t, f, "all wait", func(s *monitor.View) bool { return s.Faults[monitor.Late] >= 8 })
	server.l.Close()
	close(die)
	s := until(t, f, "a diagnosis", func(s *monitor.View) bool {
		return slices.Contains(names(s), monitor.ServerGone) ||
			slices.Contains(names(s), monitor.ClosedHealthy)
	})
	if slices.Contains(names(s), monitor.ClosedHealthy) || s.Faults[monitor.Truncated] != 0 {
		t.Errorf("losses were counted one by one: %v, %+v", s.Faults, s.Diagnoses)
	}
}
