package main

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/hostile"
	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
)

// harass runs a fleet with hostile dummies against the bundled server until the condition holds. Then
// it drains the fleet and returns the last view, which has the server's audit.
func harass(t *testing.T, c server.Config, misbehave string,
	holds func(*monitor.View) bool) *monitor.View {
	t.Helper()
	groups, err := hostile.Parse(misbehave)
	if err != nil {
		t.Fatal(err)
	}
	c.Listen, c.Frame = netip.MustParseAddrPort("127.0.0.1:0"), frame.Builtin("len32")
	srv, err := server.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := dummy.New(dummy.Config{Target: srv.Addr(), Clients: 8, OverSend: 4,
		Frame: frame.Builtin("len32"), SizeMin: 8, SizeMax: 64, Hostile: groups, ConnectTimeout: longest,
		DrainTimeout: longest})
	if err != nil {
		t.Fatal(err)
	}
	collect := func() *monitor.View {
		return monitor.Collect(fleet, inProcess{srv})
	}
	if err := fleet.Wait(t.Context(), monitor.Idle); err != nil {
		t.Fatal(err)
	}
	if err := echoStart(fleet); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(longest)
	for s := collect(); !holds(s) || s.Ledger.Echoed < 100; s = collect() {
		if time.Now().After(deadline) {
			t.Errorf("it never came to it: %+v, server %+v", s.Hostile, s.Server)
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := script.Finish(fleet, 0); err != nil {
		t.Error(err)
	}
	srv.Stop(serveGrace)
	return collect()
}

// mustServe asserts that the right dummies were served as if they were alone.
func mustServe(t *testing.T, s *monitor.View) {
	t.Helper()
	if v := monitor.Judge(s, monitor.Rules{}); v.ExitCode != monitor.ExitPass {
		t.Errorf("%v: %v", v.Name, v.Reasons)
	}
	if s.Ledger.Wait != 0 || s.Bad() != 0 || s.Connections.ClosedByServer != 0 {
		t.Errorf("%+v %v %+v", s.Ledger, s.Faults, s.Connections)
	}
}

// TestEveryKindIsRefusedForItsReason: the bundled server's memory stays within its limits, and its
// audit says why it closed.
func TestEveryKindIsRefusedForItsReason(t *testing.T) {
	t.Parallel()
	const sendQ = 1 << 20
	refused := func(s *monitor.View) bool { return s.Hostile.ClosedByServer >= 3 }
	for _, c := range []struct {
		kind    string
		holds   func(*monitor.View) bool
		reasons []server.Reason // any of them
	}{
		{"oversize", refused, []server.Reason{server.FrameOversize}},
		{"zero", refused, []server.Reason{server.FrameZeroLength}},
		{"mute", refused, []server.Reason{server.SendQFull}},
		{"half-header", func(s *monitor.View) bool { return s.Hostile.BytesSent >= 8*2 },
			[]server.Reason{server.PeerClosed}},
		{"idle", func(s *monitor.View) bool { return s.Hostile.Connected == 8 },
			[]server.Reason{server.PeerClosed}},
		{"slow", func(s *monitor.View) bool { return s.Hostile.BytesSent >= 8*2 },
			[]server.Reason{server.PeerClosed}},
		{"rst-storm", func(s *monitor.View) bool { return s.Hostile.Connected > 100 },
			[]server.Reason{server.PeerReset, server.PostFailed}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			most := uint64(0)
			s := harass(t, server.Config{SendQLimit: sendQ}, c.kind+":100%",
				func(s *monitor.View) bool {
					most = max(most, s.Server.SendQBytes)
					return c.holds(s)
				})
			mustServe(t, s)
			if !slices.ContainsFunc(c.reasons, func(r server.Reason) bool {
				return s.Server.Reasons[r.String()] > 0
			}) {
				t.Errorf("no %v: %v, %+v", c.reasons, s.Server.Reasons, s.Hostile)
			}
			if most > 16*sendQ {
				t.Errorf("%d bytes in SendQ of 16 sessions", most)
			}
			if s.Hostile.Dummies != 8 {
				t.Errorf("%+v", s.Hostile)
			}
		})
	}
}

// TestFloodIsServedOrRefused: a client that reads its answers is served, unless it sends faster than
// it reads.
func TestFloodIsServedOrRefused(t *testing.T) {
	t.Parallel()
	s := harass(t, server.Config{}, "flood:25%", func(s *monitor.View) bool {
		return s.Hostile.BytesReceived > 8<<20
	})
	mustServe(t, s)
	full := s.Server.Reasons[server.SendQFull.String()]
	if s.Hostile.ClosedByServer != full {
		t.Errorf("%+v, %v", s.Hostile, s.Server.Reasons)
	}
}

// TestSessionLimitIsForThoseWhoComeLate: silent clients fill the table.
func TestSessionLimitIsForThoseWhoComeLate(t *testing.T) {
	t.Parallel()
	s := harass(t, server.Config{MaxSessions: 12}, "idle:100%", func(s *monitor.View) bool {
		return s.Server.Refused > 4 && s.Server.Live == 12
	})
	mustServe(t, s)
}

// TestMisbehave runs the program, with the server in its process and in one of its own.
func TestMisbehave(t *testing.T) {
	t.Parallel()
	all := "oversize,zero,half-header,flood:1%,idle,mute,slow,rst-storm:1%"
	for _, extra := range []string{"--server-process=false", "--server-process"} {
		r, s := runJSON(t, "--clients", "40", "--frame", "len32", "--duration", "1s",
			"--drain-timeout", fmt.Sprint(longest), "--misbehave", all, extra)
		mustPass(t, r, s)
		if s.Hostile == nil || s.Hostile.Dummies != 6*4+2 {
			t.Errorf("%s: %+v", extra, s.Hostile)
		}
	}
	if r, s := runJSON(t, "--clients", "5", "--duration", "100ms"); s.Hostile != nil {
		t.Errorf("nobody misbehaved: %+v, exit %d", s.Hostile, r.code)
	}
}
