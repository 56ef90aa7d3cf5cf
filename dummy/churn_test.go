package dummy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
)

// A dummy's connection lives for 200 ms here. A server that accepts later than that accepts only
// connections that are gone, and answers nobody.
func TestLedgerBalancesUnderChurn(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		for how := CloseFIN; how <= CloseMixed; how++ {
			seed := rand.Uint64()
			t.Run(fmt.Sprintf("%v/seed %d", how, seed), func(t *testing.T) {
				cfg := testConfig(startServer(t, echoAll))
				cfg.Backend, cfg.Seed, cfg.Churn, cfg.Close = backend, seed, 40, how
				f := startFleet(t, cfg)
				reach(t, f, monitor.Idle)
				give(t)(f.Start(0))
				until(t, f, "churn", func(s *monitor.View) bool {
					return s.Connections.ClosedByDummy > 30 && s.Ledger.Echoed > 100
				})
				give(t)(f.Stop())
				reach(t, f, monitor.Drained)
				must(t, f.Close())
				churned(t, snap(f), how)
			})
		}
	})
}

func churned(t *testing.T, s *monitor.View, how CloseKind) {
	t.Helper()
	if s.Bad() != 0 || s.Ledger.Wait != 0 || s.Ledger.Lost != 0 || len(s.Diagnoses) != 0 {
		t.Errorf("%+v, faults %v, %+v", s.Ledger, s.Faults, s.Diagnoses)
	}
	if how == CloseFIN && s.Ledger.Abandoned != 0 {
		t.Errorf("a right server answers before it closes: %+v", s.Ledger)
	}
	if how == CloseRST && s.Ledger.Abandoned == 0 {
		t.Errorf("a RST abandons echoes: %+v", s.Ledger)
	}
	c := s.Connections
	if c.Connected != c.ClosedByDummy+c.ClosedByServer || c.Now != 0 || c.Peak > 8 || c.Peak == 0 {
		t.Errorf("%+v", c)
	}
}

func TestDisconnectedDummiesComeBackAndTheLogTells(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echoAll))
		cfg.Backend = backend
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		for i, want := range []string{"3 of 8", "8 of 8"} {
			give(t)(f.Disconnect([]int{3, 0}[i], CloseKind(i)))
			until(t, f, want, func(s *monitor.View) bool {
				last := s.Events[len(s.Events)-1].Text
				return strings.HasPrefix(last,
					"reconnect storm: "+want+" sessions closed, all back in")
			})
		}
		if s := snap(f); s.Connections.ClosedByDummy != 11 || s.Connections.Now != 8 ||
			s.Bad() != 0 {
			t.Errorf("%+v %v", s.Connections, s.Faults)
		}
	})
}

func TestTuneWhileItRuns(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echoAll))
		cfg.Backend = backend
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		for _, n := range []int{700, 3, 1, 20} { // 700 is more than a slab for each worker
			overSend := 1 + n%20
			give(t)(f.Tune(Tuning{Clients: float64(n), OverSend: float64(overSend)}))
			s := until(t, f, fmt.Sprint(n, " dummies"), func(s *monitor.View) bool {
				return s.Connections.Now == uint64(n)
			})
			until(t, f, "echoes", echoedAtLeast(s.Ledger.Echoed+100))
		}
		const rate, churn = 500, 50
		give(t)(f.Tune(Tuning{Rate: rate, Churn: churn}))
		s := snap(f)
		until(t, f, "paced echoes and churn", func(now *monitor.View) bool {
			return now.Ledger.Echoed > s.Ledger.Echoed+50 &&
				now.Connections.ClosedByDummy > s.Connections.ClosedByDummy+5
		})
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
		if s := snap(f); s.Bad() != 0 || s.OverSend != 1 || s.Rate != 500 || s.Churn != 50 {
			t.Errorf("%+v %v", s.Ledger, s.Faults)
		}
		const more = 30
		give(t)(f.Tune(Tuning{Clients: more}))
		if p := f.Phase(); p != monitor.Connecting && p != monitor.Idle {
			t.Errorf("more dummies lead to %v", p)
		}
		reach(t, f, monitor.Idle)
	})
}

func TestResetCountsAnew(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, echoAll))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	before := until(t, f, "echoes", echoedAtLeast(5000))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	give(t)(f.Reset())
	s := snap(f)
	if s.Ledger != (monitor.Ledger{}) || s.RTT.Count != 0 || s.Bytes.Sent != 0 ||
		s.Connections.Connected != 0 || s.Connections.Now != 8 || s.EchoOn != 0 {
		t.Errorf("after %+v: %+v %+v", before.Ledger, s.Ledger, s.Connections)
	}
	give(t)(f.Start(0))
	until(t, f, "echoes", echoedAtLeast(100))
	give(t)(f.Reset()) // while echoes are outstanding
	until(t, f, "echoes", echoedAtLeast(100))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Ledger.Sent != s.Ledger.Echoed || s.Bad() != 0 {
		t.Errorf("%+v", s.Ledger)
	}
}

func TestOpenLoopCountsFromTheDueTime(t *testing.T) {
	const pause = 300 * time.Millisecond
	forBackends(t, func(t *testing.T, backend string) {
		server := startServer(t, eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
			if n == 20 {
				time.Sleep(pause)
			}
			return frame
		}))
		cfg := testConfig(server)
		cfg.Backend, cfg.Clients, cfg.Workers, cfg.OverSend, cfg.Rate = backend, 1, 1, 1, 200
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		// While the server pauses some 60 echoes fall due. With a window of one, all but the
		// first wait behind it: by the send time only one would be slow.
		s := until(t, f, "more than the backlog", echoedAtLeast(150))
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
		slow := slowerThan(s, 50*time.Millisecond)
		if s.RTT.Max < float64(pause/time.Microsecond) || slow < 40 {
			t.Errorf("%d slow ones among round trips %+v", slow, s.RTT)
		}
		if s.Generator.SendLag.Count == 0 {
			t.Error("no send lag was recorded")
		}
	})
}

// slowerThan counts the round trips that took so long, which is an edge of the histogram's buckets.
// Quick ones that follow do not lower it, as they lower a percentile.
func slowerThan(s *monitor.View, edge time.Duration) (n uint64) {
	for i, in := range s.RTTBuckets {
		if i > 0 && monitor.BucketEdge(i-1) >= edge {
			n += in
		}
	}
	return n
}

// TestPausesShowInTheP99 has a server that stands still for the first 200 ms of each second:
// a fifth of the echoes fall due while it does, and the slowest of these wait for nearly all of it.
func TestPausesShowInTheP99(t *testing.T) {
	const pause = 200 * time.Millisecond
	var once sync.Once
	var began time.Time
	cfg := testConfig(startServer(t, eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
		once.Do(func() { began = time.Now() })
		if in := time.Since(began) % time.Second; in < pause {
			time.Sleep(pause - in)
		}
		return frame
	})))
	cfg.OverSend, cfg.Rate = 1, 400
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "a second and more", echoedAtLeast(500))
	if s.RTT.P99 < 100_000 {
		t.Errorf("round trips %+v", s.RTT)
	}
}

func TestPacedFleetKeepsItsRate(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.Rate = 1000
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	sent := until(t, f, "echoes", echoedAtLeast(300)).Ledger.Sent
	on := snap(f).EchoOn // a snapshot reads the clock first: what it counts may be sent later
	// Never faster than the schedule; how much slower depends on the machine.
	if most := uint64(on.Seconds()*cfg.Rate) + 2; sent > most {
		t.Errorf("%d echoes in %v at %v per second", sent, on, cfg.Rate)
	}
}

func TestLoopDelayIsKept(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.LoopDelay, cfg.OverSend = 20*time.Millisecond, 1
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	sent := until(t, f, "echoes", echoedAtLeast(40)).Ledger.Sent
	on := snap(f).EchoOn // see TestPacedFleetKeepsItsRate
	if most := 8 * (1 + uint64(on/cfg.LoopDelay)); sent > most {
		t.Errorf("%d echoes of 8 dummies in %v", sent, on)
	}
}

func TestConnectRateIsKept(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.ConnectRate, cfg.Clients = 100, 20
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	if s := snap(f); s.Uptime < 180*time.Millisecond || s.Connections.Now != 20 {
		t.Errorf("%+v after %v", s.Connections, s.Uptime)
	}
}

func TestConnectTimeoutIsFoundByTheClock(t *testing.T) {
	// 192.0.2.1 is TEST-NET. Where the packets go nowhere only the clock ends the connect;
	// where there is no route it fails by itself.
	f := startFleet(t, Config{
		Target:  netip.MustParseAddrPort("192.0.2.1:9"),
		Clients: 2, ConnectTimeout: 50 * time.Millisecond,
	})
	reach(t, f, monitor.Idle)
	if s := snap(f); s.Faults[monitor.ConnectFailed] < 2 || s.Connections.Now != 0 {
		t.Errorf("%+v %v", s.Connections, s.Faults)
	}
}

func TestIPv6LoopbackIsNotSpread(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	must(t, l.Close())
	to := l.Addr().(*net.TCPAddr).AddrPort()
	if s := newSources(Config{Target: to}); s.ports != 0 || s.pick(1<<19, 5, 1<<20, 1e6).IsValid() {
		t.Errorf("%+v", s)
	}
}

// TestAServerThatDropsAnswersAtOurFINIsTold, as what it is: no fault. One that answers first is not.
func TestAServerThatDropsAnswersAtOurFINIsTold(t *testing.T) {
	t.Parallel()
	for _, drops := range []bool{true, false} {
		cfg := testConfig(startServer(t, func(c *net.TCPConn) {
			kept, ended := make(chan []byte, 1<<10), make(chan struct{})
			var sent sync.WaitGroup
			sent.Go(func() {
				for frame := range kept {
					if drops {
						select {
						case <-ended:
							return
						case <-time.After(20 * time.Millisecond):
						}
					}
					_, _ = c.Write(frame)
				}
			})
			eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
				kept <- bytes.Clone(frame)
				return []byte{}
			})(c)
			close(ended)
			close(kept)
			sent.Wait()
		}))
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		give(t)(f.Start(0))
		until(t, f, "echoes", echoedAtLeast(100))
		closed := uint64(0)
		until(t, f, "closes of many that are owed echoes", func(s *monitor.View) bool {
			if s.Connections.Now == 8 && s.Ledger.Wait > 8 {
				give(t)(f.Disconnect(0, CloseFIN))
				closed++
			}
			return closed > 20 && (!drops || s.Ledger.Abandoned > 20) // leastFINs
		})
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
		s := snap(f)
		if told := slices.Contains(names(s), monitor.HalfCloseUnanswered); told != drops {
			t.Errorf("drops %v: %+v, %+v", drops, s.Diagnoses, s.Ledger)
		}
		must(t, f.Close())
	}
}
