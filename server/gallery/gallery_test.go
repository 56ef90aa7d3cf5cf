package gallery

import (
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dummyload/monitor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diagnoses are those an exhibit may ask for.
var diagnoses = []string{
	monitor.ServerGone, monitor.ServerStalled, monitor.Recovered, monitor.AcceptStalled,
	monitor.NeverServed, monitor.SendWakeupLost, monitor.SendFlagStuck, monitor.ReceiveNotRearmed,
	monitor.WorkersLost, monitor.ClosedHealthy, monitor.SessionReuse, monitor.CloseIgnored,
	monitor.SessionLeak, monitor.ReleasedTwice, monitor.MemoryGrowth, monitor.LimitIgnored,
}

// mostBesides is how many names an exhibit may allow besides those that it must earn.
const mostBesides = 3

func TestExhibitsAreWellFormed(t *testing.T) {
	all := All()
	for i, e := range all {
		if i > 0 && e.Name <= all[i-1].Name {
			t.Errorf("%s is out of order, or there twice", e.Name)
		}
		if e.Does == "" || e.Load.Duration <= 0 || e.Load.Clients < 1 {
			t.Errorf("%s lacks something: %+v", e.Name, e)
		}
		if e.Right() && len(e.Also) > 0 || len(e.Also) > mostBesides {
			t.Errorf("%s allows %v besides: it can hardly be misnamed", e.Name, e.Also)
		}
		names := slices.Concat(e.Want, e.WantSeen, e.WantLast, e.Also)
		if len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%s asks for a name twice: %v", e.Name, names)
		}
		for _, name := range names {
			if _, fault := monitor.ParseFault(name); !fault && !slices.Contains(diagnoses, name) {
				t.Errorf("%s asks for %q, which is neither fault nor diagnosis", e.Name, name)
			}
		}
	}
}

// TestEveryExhibitStartsAndStops: with a connection that is still there, and nothing is left.
func TestEveryExhibitStartsAndStops(t *testing.T) {
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			s, err := e.Start()
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte("\x08\x0012345678")); err != nil {
				t.Error(err)
			}
			if !e.Right() && e.Name != "killed" {
				_ = c.Close() // a right server is also stopped while a client is there
			}
			stopped := make(chan struct{})
			go func() {
				s.Stop()
				close(stopped)
			}()
			select {
			case <-stopped:
			case <-time.After(20 * time.Second):
				t.Fatal("Stop does not return")
			}
			snap := monitor.Collect(s)
			if e.Right() && (snap.Server == nil || snap.Server.Accepted != snap.Server.Released) {
				t.Errorf("the audit: %+v", snap.Server)
			}
		})
	}
}

// TestAcceptSurvivesAnError: a server that accepts no more after one connection's error would be
// named accept_stalled, and be no right one.
func TestAcceptSurvivesAnError(t *testing.T) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan bool)
	accept := func() {
		c, ok := acceptNext(l)
		if ok {
			c.Close()
		}
		accepted <- ok
	}
	if err := l.SetDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	go accept()
	time.Sleep(20 * time.Millisecond) // some accepts fail
	if err := l.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !<-accepted {
		t.Error("gave up after an error")
	}
	go accept()
	l.Close()
	if <-accepted {
		t.Error("accepted from a closed listener")
	}
}
