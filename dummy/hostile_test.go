package dummy

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"dummyload/dummy/hostile"
	"dummyload/monitor"
	"dummyload/server/frame"
)

// echo32 is a right server for len32: it refuses an illegal header, and reads on only when its
// answer is taken.
func echo32(c *net.TCPConn) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := io.ReadFull(c, buf[:4]); err != nil {
			return
		}
		n := binary.LittleEndian.Uint32(buf)
		if n == 0 || n > uint32(len(buf)-4) {
			return
		}
		if _, err := io.ReadFull(c, buf[4:4+n]); err != nil {
			return
		}
		if _, err := c.Write(buf[:4+n]); err != nil {
			return
		}
	}
}

// everybody is one hostile dummy of each kind.
func everybody(t *testing.T) (all []hostile.Group) {
	t.Helper()
	for _, name := range hostile.Kinds() {
		some, err := hostile.Parse(name + ":1%")
		must(t, err)
		all = append(all, some...)
	}
	return all
}

// TestWhoMisbehavesIsNotInTheBooks: the run of those who behave is as if they were alone.
func TestWhoMisbehavesIsNotInTheBooks(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echo32))
		cfg.Backend, cfg.Frame, cfg.Hostile = backend, frame.Builtin("len32"), everybody(t)
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		if h := snap(f).Hostile; h == nil || h.Connected != 0 || h.Dummies != uint64(len(cfg.Hostile)) {
			t.Errorf("before START: %+v", h)
		}
		give(t)(f.Start(0))
		until(t, f, "all are at work", func(s *monitor.View) bool {
			return s.Hostile.Connected > 20 && s.Hostile.ClosedByServer >= 4 &&
				s.Hostile.BytesReceived > 64<<10 && s.Ledger.Echoed > 500
		})
		give(t)(f.Stop())
		reach(t, f, monitor.Drained, monitor.Undrained)
		give(t)(f.Reset())
		if h := snap(f).Hostile; h.Dummies != uint64(len(cfg.Hostile)) {
			t.Errorf("after Reset: %+v", h)
		}
		must(t, f.Close())
		s := snap(f)
		if s.Bad() != 0 || s.Phase != monitor.Ended || s.Ledger.Wait != 0 || len(s.Diagnoses) != 0 {
			t.Errorf("%v %+v %v %+v", s.Phase, s.Ledger, s.Faults, s.Diagnoses)
		}
		if s.Connections.Peak != 8 || s.Connections.ClosedByServer != 0 {
			t.Errorf("%+v", s.Connections)
		}
	})
}

func TestResetBeginsToCountTheHostileAnew(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, echoAll))
	cfg.Hostile = []hostile.Group{{Kind: hostile.Silent, Share: 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "all connected", func(s *monitor.View) bool { return s.Hostile.Connected == 8 })
	give(t)(f.Reset())
	if h := snap(f).Hostile; h.Connected != 0 {
		t.Errorf("%+v", h)
	}
}

// TestHostileDummiesGoWhileTheServerIsGone: dialing in vain ends with the fleet, too.
func TestHostileDummiesGoWhileTheServerIsGone(t *testing.T) {
	server := startServer(t, echoAll)
	cfg := testConfig(server)
	cfg.Hostile = []hostile.Group{{Kind: hostile.RSTStorm, Share: 1}, {Kind: hostile.Mute, Share: 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "some storm", func(s *monitor.View) bool { return s.Hostile.Connected > 50 })
	server.stop()
	until(t, f, "server_gone", func(s *monitor.View) bool { return len(s.Diagnoses) > 0 })
	must(t, f.Close())
	if s := snap(f); s.Diagnoses[0].Name != monitor.ServerGone || s.Phase != monitor.Ended {
		t.Errorf("%v %+v", s.Phase, s.Diagnoses)
	}
}

// TestNobodyIsConvictedWhoNeverAnswered: that server may speak other frames altogether.
func TestNobodyIsConvictedWhoNeverAnswered(t *testing.T) {
	cfg := testConfig(startServer(t, readAll))
	cfg.Clients, cfg.Frame = 2, frame.Builtin("len32")
	cfg.Hostile = []hostile.Group{{Kind: hostile.Oversize, Share: 0.1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "a conviction", func(*monitor.View) bool { return f.crowd.Convictions().Oversize > 0 })
	must(t, f.Close())
	if s := snap(f); s.Ledger.Sent == 0 || hasLimit(s) {
		t.Errorf("%+v %+v", s.Ledger, s.Diagnoses)
	}
}

// TestConvictionsAreTold: by the fleet, whose right dummies have got their answers.
func TestConvictionsAreTold(t *testing.T) {
	// It echoes whatever comes: frames of length 0, and those behind them.
	cfg := testConfig(startServer(t, echoAll))
	cfg.Clients, cfg.Frame = 2, frame.Builtin("len32")
	cfg.Hostile = []hostile.Group{{Kind: hostile.ZeroLength, Share: 0.1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "limit_ignored", hasLimit)
	must(t, f.Close())
	for _, d := range s.Diagnoses {
		if d.Name == monitor.LimitIgnored &&
			(d.Connections < 1 || !strings.Contains(d.Why, "length 0") || !d.Fails()) {
			t.Errorf("%+v", d)
		}
	}
	if s.Bad() != 0 {
		t.Errorf("faults %v", s.Faults)
	}
}

func hasLimit(s *monitor.View) bool {
	return slices.ContainsFunc(s.Diagnoses, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.LimitIgnored
	})
}

func TestHostileDummiesCountForTheLimits(t *testing.T) {
	half := []hostile.Group{{Kind: hostile.Mute, Share: 1}, {Kind: hostile.Slow, Share: 1}}
	c := Config{Target: someTarget, Clients: MaxClients, Hostile: half}
	if _, err := c.WithDefaults(); err == nil || !strings.HasPrefix(err.Error(), "misbehave:") {
		t.Errorf("more than there may be: %v", err)
	}
	cfg, err := Config{Target: someTarget, Clients: 1000, Workers: 1, Hostile: half[:1]}.WithDefaults()
	must(t, err)
	if enoughDescriptors(cfg, false, 2067) == nil || enoughDescriptors(cfg, false, 2068) != nil {
		t.Error("the preflight does not count them")
	}
}
