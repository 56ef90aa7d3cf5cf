package dummy

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
)

// chaos is a server that does anything, by its seed: answers, twice, not at all, out of order,
// to somebody else, damaged, late, and closes or resets when it likes.
func chaos(seed uint64) func(*net.TCPConn) {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 1))
	var others [][]byte // frames of any connection
	return eachFrame(func(c *net.TCPConn, _ int, frame []byte) []byte {
		mu.Lock()
		what, other := rng.IntN(400), rng.IntN(64)
		if len(others) < 64 {
			others = append(others, append([]byte(nil), frame...))
		}
		stranger := append([]byte(nil), others[other%len(others)]...)
		mu.Unlock()
		switch what {
		case 0:
			return nil
		case 1:
			_ = c.SetLinger(0)
			return nil
		case 2:
			return []byte{}
		case 3:
			return append(frame, frame...)
		case 4:
			return stranger
		case 5:
			frame[2+other%(len(frame)-2)] ^= 0x10
		case 6:
			time.Sleep(time.Duration(other) * 100 * time.Microsecond)
		case 7:
			frame[0] ^= 3
		case 8:
			return append(stranger, frame...)
		}
		return frame
	})
}

// TestLedgerBalancesWhateverTheServerDoes also balances what Collect and the workers assert
// themselves at each snapshot, at each close and in each scan.
func TestLedgerBalancesWhateverTheServerDoes(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		t.Parallel()
		for range 3 {
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 2))
			cfg := testConfig(startServer(t, chaos(seed)))
			cfg.Backend, cfg.Seed = backend, seed
			cfg.Clients, cfg.OverSend = 1+rng.IntN(30), 1+rng.IntN(20)
			cfg.Close, cfg.Churn = CloseMixed, float64(rng.IntN(100))
			cfg.DrainTimeout, cfg.EchoTimeout = 100*time.Millisecond, 20*time.Millisecond
			t.Logf("seed %d: %d clients, Over Send %d", seed, cfg.Clients, cfg.OverSend)
			f := startFleet(t, cfg)
			reach(t, f, monitor.Idle)
			for range 3 {
				give(t)(f.Start(0))
				for range 10 {
					time.Sleep(10 * time.Millisecond)
					stir(t, f, rng)
				}
				give(t)(f.Stop())
				reach(t, f, monitor.Drained, monitor.Undrained)
				balanced(t, snap(f))
			}
			must(t, f.Close())
			balanced(t, snap(f))
		}
	})
}

// stir gives a random order.
func stir(t *testing.T, f *Fleet, rng *rand.Rand) {
	n, overSend, rate := 1+rng.IntN(40), 1+rng.IntN(30), float64(rng.IntN(2))*5000
	switch rng.IntN(6) {
	case 0:
		give(t)(f.Tune(Tuning{Clients: float64(n)}))
	case 1:
		give(t)(f.Tune(Tuning{OverSend: float64(overSend)}))
	case 2:
		give(t)(f.Tune(Tuning{Rate: rate}))
	case 3:
		give(t)(f.Disconnect(rng.IntN(5), CloseMixed))
	case 4:
		give(t)(f.Reset())
	}
	balanced(t, snap(f))
}

func balanced(t *testing.T, s *monitor.View) {
	t.Helper()
	l := s.Ledger
	if !l.Balanced() || s.WaitUpDown != int64(l.Wait) || l.Wait > l.Sent || l.Lost > l.Sent {
		t.Errorf("%v: %+v, counted %d", s.Phase, l, s.WaitUpDown)
	}
	if s.Phase == monitor.Drained && l.Wait != 0 {
		t.Errorf("drained with Wait Echo Count %d", l.Wait)
	}
	if s.Phase == monitor.Undrained {
		var owed uint64
		for _, o := range s.Owed {
			owed += o.Last - o.First + 1
		}
		if owed != l.Wait {
			t.Errorf("Wait Echo Count is %d, and %d echoes are named", l.Wait, owed)
		}
	}
}

// TestOwnersAreFoundAcrossWorkers has two dummies of different workers get each other's echo.
func TestOwnersAreFoundAcrossWorkers(t *testing.T) {
	t.Parallel()
	swapped := make(chan []byte, 1)
	var once sync.Once
	var mu sync.Mutex
	conns := 0
	server := func(c *net.TCPConn) {
		mu.Lock()
		first := conns == 0
		conns++
		mu.Unlock()
		eachFrame(func(_ *net.TCPConn, n int, frame []byte) []byte {
			switch {
			case n != 3:
			case first:
				swapped <- append([]byte(nil), frame...)
			default:
				var other []byte
				once.Do(func() { other = <-swapped })
				if other != nil {
					return other
				}
			}
			return frame
		})(c)
	}
	cfg := testConfig(startServer(t, server))
	cfg.Clients, cfg.OverSend, cfg.DrainTimeout = 2, 1, 50*time.Millisecond
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "crossed", func(s *monitor.View) bool {
		return s.Faults[monitor.Crossed] == 1
	})
	for _, ev := range s.Evidence {
		if ev.Fault == monitor.Crossed &&
			(ev.Client+ev.OwnerClient != 1 || ev.OwnerConnection != 1 ||
				ev.OwnerSeq != 3 || ev.Seq != 3) {
			t.Errorf("%+v", ev)
		}
	}
}
