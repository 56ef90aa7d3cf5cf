package dummy

import (
	"context"
	"net"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

const soon = time.Minute // a deadline that only a hang meets

// testConfig is a small fleet against s. A drain that is not meant to fail has all the time there is.
func testConfig(s *testServer) Config {
	return Config{
		Target: s.addr, Clients: 8, OverSend: 4, Frame: frame.Builtin("len16"), Workers: 2,
		Seed: 42, Quiet: time.Millisecond, DrainTimeout: soon, Backend: "net",
	}
}

// forBackends runs a test on each backend of this platform that runs here.
func forBackends(t *testing.T, test func(t *testing.T, backend string)) {
	for _, name := range iocp.Backends() {
		t.Run(name, func(t *testing.T) {
			p, err := iocp.New(iocp.Config{Backend: name})
			if err != nil {
				t.Skipf("not on this system: %v", err)
			}
			if err := p.CloseHandle(); err != nil {
				t.Fatal(err)
			}
			test(t, name)
		})
	}
}

func startFleet(t testing.TB, cfg Config) *Fleet {
	t.Helper()
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func snap(f *Fleet) *monitor.View {
	return monitor.Collect(f)
}

// reach waits until the fleet is in one of the phases.
func reach(t testing.TB, f *Fleet, phases ...monitor.Phase) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := f.Wait(ctx, phases...); err != nil {
		t.Fatalf("waiting for %v in %v: %v; %+v", phases, f.Phase(), err, snap(f).Ledger)
	}
}

// until collects until ok is content.
func until(t testing.TB, f *Fleet, what string, ok func(*monitor.View) bool) *monitor.View {
	t.Helper()
	for end := time.Now().Add(soon); ; time.Sleep(5 * time.Millisecond) {
		s := snap(f)
		if ok(s) {
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("not seen: %s; %v, %+v, faults %v, %+v", what, s.Phase, s.Ledger, s.Faults,
				s.Connections)
		}
	}
}

func echoedAtLeast(n uint64) func(*monitor.View) bool {
	return func(s *monitor.View) bool { return s.Ledger.Echoed >= n }
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRightServerIsAccusedOfNothing(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		s := startServer(t, echoAll)
		cfg := testConfig(s)
		cfg.Backend = backend
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "echoes", echoedAtLeast(10_000))
		give(t)(f.Stop())
		reach(t, f, monitor.Drained, monitor.Undrained)
		got := snap(f)
		if got.Phase != monitor.Drained || got.Ledger.Wait != 0 || got.Bad() != 0 {
			t.Fatalf("%v, %+v, faults %v", got.Phase, got.Ledger, got.Faults)
		}
		must(t, f.Close())
		end := snap(f)
		if end.Phase != monitor.Ended || end.Ledger != got.Ledger || end.Bad() != 0 {
			t.Errorf("after Close: %v, %+v, faults %v", end.Phase, end.Ledger, end.Faults)
		}
		c := end.Connections
		if c.Now != 0 || c.Connected != 8 || c.ClosedByDummy != 8 || c.ClosedByServer != 0 {
			t.Errorf("connections %+v", c)
		}
		if end.RTT.Count != end.Ledger.Echoed || end.ConnectTime.Count != 8 {
			t.Errorf("%d round trips and %d connects measured", end.RTT.Count,
				end.ConnectTime.Count)
		}
		if end.Bytes.Sent != end.Bytes.Received || end.Fairness.Min == 0 ||
			end.Fairness.Silent != 0 {
			t.Errorf("%+v %+v", end.Bytes, end.Fairness)
		}
	})
}

func TestStartStopTenTimesOnTheSameConnections(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echoAll))
		cfg.Backend = backend
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		var before uint64
		for i := range 10 {
			give(t)(f.Start(0))
			until(t, f, "more echoes", echoedAtLeast(before+500))
			give(t)(f.Stop())
			reach(t, f, monitor.Drained)
			got := snap(f)
			if got.Ledger.Wait != 0 || got.Ledger.Sent != got.Ledger.Echoed || got.Bad() != 0 {
				t.Fatalf("round %d: %+v %v", i, got.Ledger, got.Faults)
			}
			before = got.Ledger.Echoed
		}
		if c := snap(f).Connections; c.Connected != 8 || c.Now != 8 {
			t.Errorf("connections %+v", c)
		}
	})
}

func TestVerbsAreRefusedWhereTheyMakeNoSense(t *testing.T) {
	block := make(chan struct{})
	s := startServer(t, func(c *net.TCPConn) {
		<-block
		_, _ = c.Write(loginPacket)
		echoAll(c)
	})
	cfg := testConfig(s)
	cfg.Frame = loggedIn("len16") // connecting lasts until the greeting has come
	f := startFleet(t, cfg)
	if _, err := f.Stop(); err != ErrNotEchoing {
		t.Errorf("STOP while connecting: %v", err)
	}
	give(t)(f.Start(0))
	give(t)(f.Start(0)) // harmless
	give(t)(f.Stop())   // takes it back
	if _, err := f.Stop(); err != ErrNotEchoing {
		t.Errorf("second STOP while connecting: %v", err)
	}
	if p := f.Phase(); p != monitor.Connecting {
		t.Fatalf("phase %v", p)
	}
	close(block)
	give(t)(f.Start(0))
	reach(t, f, monitor.Echoing)
	if _, err := f.Start(0); err != ErrEchoing {
		t.Errorf("second START: %v", err)
	}
	const bad = -1
	for i, verb := range []func() (monitor.Ticket, error){
		func() (monitor.Ticket, error) { return f.Tune(Tuning{Clients: bad}) },
		func() (monitor.Ticket, error) { return f.Disconnect(-1, CloseFIN) },
		func() (monitor.Ticket, error) { return f.Disconnect(1, CloseMixed+1) },
	} {
		if ticket, err := verb(); err == nil || ticket != 0 {
			t.Errorf("verb %d makes no sense and was taken: ticket %d", i, ticket)
		}
	}
	must(t, f.Close())
	for i, verb := range verbsOf(f) {
		if ticket, err := verb(); err != ErrEnded || ticket != 0 {
			t.Errorf("verb %d after Close: ticket %d, %v", i, ticket, err)
		}
	}
}

// wholeRun is what dummy/script makes of a fleet: START for a time, STOP, the drain, the quiet
// period, close.
func wholeRun(t testing.TB, f *Fleet, on time.Duration) {
	t.Helper()
	reach(t, f, monitor.Idle)
	give(t)(f.Start(on))
	time.Sleep(on)
	give(t)(f.Stop())
	reach(t, f, monitor.Drained, monitor.Undrained)
	time.Sleep(f.cfg.Quiet)
	must(t, f.Close())
}

func TestAWholeRun(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echoAll))
		cfg.Backend = backend
		f := startFleet(t, cfg)
		const on = 500 * time.Millisecond // a worker that is kept waiting must get to an echo
		wholeRun(t, f, on)
		end := snap(f)
		if end.Phase != monitor.Ended || end.Ledger.Echoed == 0 || end.Ledger.Wait != 0 ||
			end.Bad() != 0 {
			t.Errorf("%v %+v %v", end.Phase, end.Ledger, end.Faults)
		}
		if end.EchoOn < on {
			t.Errorf("echo was on for %v", end.EchoOn)
		}
	})
}

// TestRateIsOfTheTimeThatEchoWasOn: what only the drain brings is verified, and no part of the rate.
func TestRateIsOfTheTimeThatEchoWasOn(t *testing.T) {
	stopped := make(chan struct{})
	cfg := testConfig(startServer(t, eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n > 10 {
			<-stopped
		}
		return frame
	})))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	const on, owed = 10 * 8, 4 * 8
	until(t, f, "ten of each", func(s *monitor.View) bool {
		return s.Ledger.Echoed == on && s.Ledger.Wait == owed
	})
	give(t)(f.Stop())
	until(t, f, "STOP taken", func(s *monitor.View) bool { return s.Drain.AtStop == owed })
	close(stopped)
	reach(t, f, monitor.Drained)
	for range 2 { // a snapshot must not count twice
		if s := snap(f); s.Ledger.Echoed != on+owed || s.EchoedOff != owed ||
			s.Averages().Echoes != on/s.EchoOn.Seconds() {
			t.Errorf("%+v, %d of them in the drain: %v/s in %v", s.Ledger, s.EchoedOff,
				s.Averages().Echoes, s.EchoOn)
		}
	}
	give(t)(f.Start(0))
	until(t, f, "more", echoedAtLeast(1000))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	must(t, f.Close())
	if s := snap(f); s.EchoedOff < owed || s.EchoedOff > 2*owed {
		t.Errorf("%+v, %d of them in two drains", s.Ledger, s.EchoedOff)
	}
}

// loginPacket is the lecture's, as it travels in len16.
var loginPacket = []byte{8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}

// loggedIn is a built-in format with the login packet.
func loggedIn(name string) *frame.Format {
	f, err := frame.Builtin(name).WithLogin()
	if err != nil {
		panic(err)
	}
	return f
}
