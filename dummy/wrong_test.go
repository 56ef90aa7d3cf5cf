package dummy

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp/iocptest/deadport"
)

// forever answers nothing more and waits for the dummy to leave.
func forever(c *net.TCPConn) []byte { readAll(c); return nil }

// reset ends a connection with a RST.
func reset(c *net.TCPConn) []byte { _ = c.SetLinger(0); return nil }

// wrongServers each show one fault, over and over.
var wrongServers = []struct {
	name   string
	fault  monitor.Fault
	behave func(c *net.TCPConn, n int, frame []byte) []byte
}{
	{"corrupts", monitor.Corrupt, func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n == 5 {
			frame[len(frame)-1] ^= 1
		}
		return frame
	}},
	{"answers twice", monitor.Duplicate, func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n == 5 {
			return append(frame, frame...)
		}
		return frame
	}},
	{"drops every tenth", monitor.Missing, func(_ *net.TCPConn, n int, frame []byte) []byte {
		if n%10 == 0 {
			return []byte{}
		}
		return frame
	}},
	{"closes", monitor.ClosedByServer, func(c *net.TCPConn, n int, frame []byte) []byte {
		if n == 50 {
			_ = c.CloseWrite()
			return forever(c)
		}
		return frame
	}},
	{"resets", monitor.ResetByServer, func(c *net.TCPConn, n int, frame []byte) []byte {
		if n == 50 {
			return reset(c)
		}
		return frame
	}},
	{"ends within a frame", monitor.Truncated, func(c *net.TCPConn, n int, frame []byte) []byte {
		if n == 50 {
			_, _ = c.Write(frame[:5])
			_ = c.CloseWrite()
			return forever(c)
		}
		return frame
	}},
	// It is late again and again: once may be while the tester itself is held up, which excuses it.
	{"is late", monitor.Late, func(c *net.TCPConn, n int, frame []byte) []byte {
		if n%500 == 5 {
			time.Sleep(120 * time.Millisecond)
		}
		return frame
	}},
}

func TestEveryWrongServerIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range wrongServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			forBackends(t, func(t *testing.T, backend string) {
				cfg := testConfig(startServer(t, eachFrame(c.behave)))
				cfg.Backend, cfg.EchoTimeout = backend, 50*time.Millisecond
				cfg.DrainTimeout = 300 * time.Millisecond
				f := startFleet(t, cfg)
				reach(t, f, monitor.Idle)
				give(t)(f.Start(0))
				until(t, f, c.fault.String(), func(s *monitor.View) bool {
					return s.Faults[c.fault] >= 3 && s.Ledger.Echoed > 500
				})
				give(t)(f.Stop())
				reach(t, f, monitor.Drained, monitor.Undrained)
				must(t, f.Close())
				namedWithEvidence(t, snap(f), c.fault)
			})
		})
	}
}

// namedWithEvidence checks that a fault was counted with evidence, and that the ledger and the
// evidence make sense.
func namedWithEvidence(t *testing.T, s *monitor.View, fault monitor.Fault) {
	t.Helper()
	n := 0
	for _, ev := range s.Evidence {
		if ev.Fault != fault {
			continue
		}
		n++
		if ev.Client < 0 || ev.Client >= s.Clients || ev.Connection == 0 ||
			(ev.Local == "" && fault != monitor.ConnectFailed) || ev.At <= 0 {
			t.Errorf("evidence lacks something: %+v", ev)
		}
	}
	if n == 0 || n > monitor.MaxEvidence || uint64(n) > s.Faults[fault] {
		t.Errorf("%d pieces of evidence for %d × %v", n, s.Faults[fault], fault)
	}
	if !s.Ledger.Balanced() || int64(s.Ledger.Wait) != s.WaitUpDown {
		t.Errorf("ledger %+v, counted %d", s.Ledger, s.WaitUpDown)
	}
}

func TestMuteServerOwesEveryEchoAndAllAreNamed(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, readAll))
		cfg.Backend, cfg.EchoTimeout = backend, 50*time.Millisecond
		cfg.DrainTimeout = time.Second // long enough to be looked at
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "all late", func(s *monitor.View) bool {
			return s.Faults[monitor.Late] == 32
		})
		give(t)(f.Stop())
		draining := until(t, f, "owed while draining", func(s *monitor.View) bool {
			return len(s.Owed) == 8
		})
		if draining.Phase != monitor.Draining {
			t.Errorf("phase %v", draining.Phase)
		}
		reach(t, f, monitor.Undrained)
		got := snap(f)
		must(t, f.Close())
		for _, s := range []*monitor.View{got, snap(f)} {
			allOwed(t, s)
		}
	})
}

func allOwed(t *testing.T, s *monitor.View) {
	t.Helper()
	if s.Ledger.Wait != 32 || s.Faults[monitor.NotDrained] != 32 || s.Faults[monitor.Late] != 32 {
		t.Errorf("%v: %+v, %v", s.Phase, s.Ledger, s.Faults)
	}
	named := map[int]bool{}
	for _, o := range s.Owed {
		named[o.Client] = true
		if o.Connection != 1 || o.First != 1 || o.Last != 4 || o.Count != 4 || o.Local == "" ||
			o.Age < 50*time.Millisecond {
			t.Errorf("%v: %+v", s.Phase, o)
		}
	}
	if len(named) != 8 || len(s.Owed) != 8 {
		t.Errorf("%v: %d dummies in %d lines", s.Phase, len(named), len(s.Owed))
	}
	if s.Fairness.Silent != 8 {
		t.Errorf("%v: %d silent", s.Phase, s.Fairness.Silent)
	}
}

// More dummies after a drain that failed do not make what is owed look abandoned.
func TestMoreDummiesAfterAFailedDrainLeaveItNamed(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, readAll))
	cfg.DrainTimeout = 100 * time.Millisecond
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes out", func(s *monitor.View) bool { return s.Ledger.Wait == 32 })
	give(t)(f.Stop())
	reach(t, f, monitor.Undrained)
	const more = 10
	give(t)(f.Tune(Tuning{Clients: more}))
	until(t, f, "two more", func(s *monitor.View) bool { return s.Connections.Now == 10 })
	must(t, f.Close())
	if s := snap(f); s.Ledger.Wait != 32 || s.Ledger.Abandoned != 0 || len(s.Owed) != 8 {
		t.Errorf("%+v, %d lines", s.Ledger, len(s.Owed))
	}
}

// Nobody need look at the fleet between the end of the drain and the fleet's own.
func TestEveryOwedEchoIsNamedWithoutASnapshotInBetween(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, readAll))
	cfg.Clients, cfg.OverSend, cfg.DrainTimeout = 2*monitor.MaxOwed+1, 1, 100*time.Millisecond
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "all are owed one", func(s *monitor.View) bool {
		return s.Ledger.Wait == uint64(cfg.Clients)
	})
	give(t)(f.Stop())
	give(t)(f.Reset()) // what is owed stays owed
	reach(t, f, monitor.Undrained)
	must(t, f.Close())
	if s := snap(f); len(s.Owed) != cfg.Clients || s.Ledger.Wait != uint64(cfg.Clients) {
		t.Errorf("%v: %d lines for %+v", s.Phase, len(s.Owed), s.Ledger)
	}
}

func TestDrainGoesOnWhenTheAnswersComeAfterAll(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	cfg := testConfig(startServer(t, func(c *net.TCPConn) { <-release; echoAll(c) }))
	cfg.DrainTimeout = time.Second // the first drain fails, the second must not
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes out", func(s *monitor.View) bool { return s.Ledger.Wait == 32 })
	give(t)(f.Stop())
	reach(t, f, monitor.Undrained)
	give(t)(f.Start(0)) // on the same connections, sequences go on
	close(release)
	until(t, f, "echoes", echoedAtLeast(1000))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Faults[monitor.NotDrained] != 32 || s.Connections.Connected != 8 ||
		s.Ledger.Sent != s.Ledger.Echoed {
		t.Errorf("%+v %+v %v", s.Ledger, s.Connections, s.Faults)
	}
}

func TestRefusedConnectsAreCountedAndRetried(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		nobody, free := deadport.New(t)
		defer free()
		cfg := Config{Target: nobody, Clients: 3, Backend: backend}
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		s := until(t, f, "redials", func(s *monitor.View) bool {
			return s.Faults[monitor.ConnectFailed] > 3
		})
		if s.Connections.Failed != s.Faults[monitor.ConnectFailed] || s.Connections.Connected != 0 {
			t.Errorf("%+v, %v", s.Connections, s.Faults)
		}
		namedWithEvidence(t, s, monitor.ConnectFailed)
	})
}

func TestOwnLimitsAreNotBlamedOnTheServer(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echoAll))
		cfg.Backend = backend
		cfg.Sources = []netip.Addr{netip.MustParseAddr("192.0.2.1")} // TEST-NET: never ours
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		s := until(t, f, "the diagnosis", func(s *monitor.View) bool {
			return len(s.Diagnoses) > 0 && s.Diagnoses[0].Connections > 8
		})
		if s.Diagnoses[0].Name != "local_port_exhausted" || s.Bad() != 0 ||
			s.Connections.Failed != 0 {
			t.Errorf("%+v, faults %v, %+v", s.Diagnoses, s.Faults, s.Connections)
		}
	})
}

func TestServerThatIsGoneIsNamedOnce(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		server := startServer(t, echoAll)
		cfg := testConfig(server)
		cfg.Backend = backend
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "echoes", echoedAtLeast(100))
		server.stop()
		// Of connections that are closed one by one a first judgement may find most, the next the rest.
		s := until(t, f, "server_gone", func(s *monitor.View) bool {
			return len(s.Diagnoses) > 0 && s.Diagnoses[0].Connections >= 8
		})
		if d := s.Diagnoses[0]; d.Name != "server_gone" || d.Connections != 8 ||
			len(s.Diagnoses) != 1 {
			t.Errorf("%+v", s.Diagnoses)
		}
		if s.Faults[monitor.ClosedByServer]+s.Faults[monitor.ResetByServer] != 0 {
			t.Errorf("losses were counted one by one: %v", s.Faults)
		}
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
	})
}

func TestLoginPacketIsAwaited(t *testing.T) {
	t.Parallel()
	greet := func(times int) func(*net.TCPConn) {
		return func(c *net.TCPConn) {
			for range times {
				_, _ = c.Write(loginPacket)
			}
			echoAll(c)
		}
	}
	faults := []monitor.Fault{monitor.LoginMissing, monitor.NumFaults, monitor.LoginDuplicate}
	for times, fault := range faults {
		cfg := testConfig(startServer(t, greet(times)))
		cfg.Frame = loggedIn("len16")
		if fault == monitor.LoginMissing {
			cfg.ConnectTimeout = time.Second // as long as that it is waited for
		}
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "echoes", echoedAtLeast(500))
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
		for other, n := range snap(f).Faults {
			if want := monitor.Fault(other) == fault; want != (n == 8) || !want && n != 0 {
				t.Errorf("%d login packets: %d × %v", times, n, monitor.Fault(other))
			}
		}
	}
}

func TestServerThatReadsNothingIsNamed(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	cfg := testConfig(startServer(t, func(*net.TCPConn) { <-release }))
	cfg.Clients, cfg.SizeMin, cfg.OverSend = 2, 60_000, 400
	cfg.DrainTimeout, cfg.EchoTimeout = 150*time.Millisecond, time.Minute
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "not_reading", func(s *monitor.View) bool {
		return s.Faults[monitor.NotReading] == 2
	})
	namedWithEvidence(t, s, monitor.NotReading)
}

func TestEndlessDataEndsTheConnection(t *testing.T) {
	t.Parallel()
	junk := make([]byte, 1<<16)
	for i := range junk {
		junk[i] = byte(i) | 1
	}
	cfg := testConfig(startServer(t, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(junk); err != nil {
				return
			}
		}
	}))
	cfg.Clients = 2
	f := startFleet(t, cfg)
	s := until(t, f, "connections given up", func(s *monitor.View) bool {
		return s.Connections.ClosedByDummy >= 4
	})
	if s.Faults[monitor.Unsolicited] == 0 {
		t.Errorf("faults %v", s.Faults)
	}
	if perConn := s.Bytes.Received / s.Connections.ClosedByDummy; perConn > 4*junkMost {
		t.Errorf("%d bytes were taken per connection", perConn)
	}
}

func TestBytesAfterTheDrainAreUnsolicited(t *testing.T) {
	t.Parallel()
	stopped := make(chan struct{})
	cfg := testConfig(startServer(t, func(c *net.TCPConn) {
		go func() { <-stopped; _, _ = c.Write([]byte("\x0bhello there")) }()
		echoAll(c)
	}))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes", echoedAtLeast(500))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Bad() != 0 {
		t.Fatalf("faults %v", s.Faults)
	}
	close(stopped)
	until(t, f, "bytes of every connection", func(s *monitor.View) bool {
		return s.Bytes.Received-s.Bytes.Sent == 8*12
	})
	must(t, f.Close())
	if s := snap(f); s.Faults[monitor.Unsolicited] != 8 {
		t.Errorf("faults %v", s.Faults)
	}
}
