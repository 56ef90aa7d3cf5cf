package main

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// quitter is a wrong handler: after some echoes it ends a session that did nothing wrong.
type quitter struct {
	server.Echo
	echoes map[server.SessionID]int // of the one worker
}

func (q *quitter) Received(s server.Sender, id server.SessionID, packet []byte) {
	if q.echoes[id]++; q.echoes[id] > 20 {
		_ = s.Disconnect(id, server.ByHandler)
		return
	}
	q.Echo.Received(s, id, packet)
}

// TestEvidenceIsJoinedWithTheServersTrace: for a session that the server ended by itself the
// evidence shows both ends in one line of time, up to the decrement that released it.
func TestEvidenceIsJoinedWithTheServersTrace(t *testing.T) {
	for _, backend := range iocp.Backends() {
		t.Run(backend, func(t *testing.T) { joinedOn(t, backend) })
	}
}

func joinedOn(t *testing.T, backend string) {
	srv, err := server.Start(server.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Backend: backend, Workers: 1,
		Frame: frame.Len16, Handler: &quitter{echoes: map[server.SessionID]int{}}})
	if err != nil {
		t.Skipf("not here: %v", err)
	}
	joiner := monitor.NewJoiner()
	fleet, err := dummy.New(dummy.Config{Target: srv.Addr(), Clients: 4, Frame: frame.Len16,
		Workers: 1, Backend: backend, Found: joiner.Found})
	if err != nil {
		t.Fatal(err)
	}
	joiner.Start(fleet.Trace(), inProcess{srv}.witness())
	sampler := monitor.NewSampler(monitor.SampleInterval,
		[]monitor.Source{fleet, inProcess{srv}, joiner})
	if err := fleet.Wait(t.Context(), monitor.Idle); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Start(); err != nil {
		t.Fatal(err)
	}
	var whole *monitor.Evidence
	for over := time.Now().Add(longest); whole == nil && time.Now().Before(over); {
		time.Sleep(time.Millisecond)
		whole = released(sampler.Sample())
	}
	if err := fleet.Close(); err != nil {
		t.Error(err)
	}
	srv.Stop(serveGrace)
	joiner.Close()
	if whole == nil {
		t.Fatal("no evidence has its session's release")
	}
	checkJoined(t, whole)
}

// released is evidence of a close by the server whose session's end was seen.
func released(s *monitor.Snapshot) *monitor.Evidence {
	for i, e := range s.Evidence {
		if e.Fault == monitor.ClosedByServer && has(e.Steps, "server", "Release ") {
			return &s.Evidence[i]
		}
	}
	return nil
}

func has(steps []monitor.Step, by, what string) bool {
	return slices.ContainsFunc(steps, func(s monitor.Step) bool {
		return strings.HasPrefix(s.By, by) && strings.HasPrefix(s.What, what)
	})
}

func checkJoined(t *testing.T, e *monitor.Evidence) {
	t.Helper()
	for _, want := range [][2]string{
		{"server", "RecvDone"}, {"server", "SendPost"}, {"server", "SendDone"},
		{"server", "Disconnect"}, {"server", "Cancel"}, {"server", "IODown io=0"},
		{"server", "Release io=0 reason=8 ("}, // server.ByHandler, and where
		{"dummy", "SendPost"}, {"dummy", "RecvDone"}, {"dummy", "Ended"},
		{"dummy", "Fault closed_by_server"},
	} {
		if !has(e.Steps, want[0], want[1]) {
			t.Errorf("no %s of the %s", want[1], want[0])
		}
	}
	if !slices.IsSortedFunc(e.Steps, func(a, b monitor.Step) int {
		return cmp.Compare(a.At, b.At)
	}) {
		t.Error("not by time")
	}
	of := map[string]bool{}
	for _, s := range e.Steps {
		of[s.Of] = true
	}
	if len(of) != 2 {
		t.Errorf("steps of %v, want one dummy's connection and one session", of)
	}
	if t.Failed() {
		t.Logf("%v, %s: %v", e.Local, e.StepsNote, e.Steps)
	}
}

// TestTraceFile: --trace leaves what a trace viewer opens, with both ends in it, and the summary
// says where.
func TestTraceFile(t *testing.T) {
	path := tempFile(t, "trace.json")
	for _, c := range []struct {
		args, processes string
		named           string
	}{
		{"", "dummies server", path},
		{"--server-process", "dummies", ""},
	} {
		args := append([]string{"--clients", "3", "--duration", "100ms", "--trace", path},
			strings.Fields(c.args)...)
		r, s := runJSON(t, args...)
		mustPass(t, r, s)
		var file struct {
			TraceEvents []struct {
				Name, Ph string
				Pid, Tid int
				Ts       float64
				Args     map[string]any
			}
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &file)
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Server == nil || s.Server.Trace != c.named {
			t.Errorf("%s: the summary's server is %+v, want its trace %q", c.args, s.Server, c.named)
		}
		var processes, ends []string
		last := 0.0
		for _, e := range file.TraceEvents {
			if e.Name == "process_name" {
				processes = append(processes, e.Args["name"].(string))
			}
			if e.Ph == "i" && (e.Name == "Release" || e.Name == "Dying") {
				ends = append(ends, e.Name)
			}
			if e.Ts < last || e.Pid < 1 || e.Pid > len(strings.Fields(c.processes)) {
				t.Errorf("%+v after %v µs", e, last)
			}
			last = e.Ts
		}
		slices.Sort(processes)
		if got := strings.Join(processes, " "); got != c.processes {
			t.Errorf("%s: processes %q, want %q", c.args, got, c.processes)
		}
		if want := 3 * len(processes); len(ends) != want {
			t.Errorf("%s: the lives end with %v, want %d", c.args, ends, want)
		}
	}
}
