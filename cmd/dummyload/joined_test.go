package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/cluster"
	"dummyload/dummy/rig"
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

// TestEvidenceIsJoinedWithTheServersTrace: the server ends a session by itself. The evidence shows
// both ends on one line of time, up to the decrement that released the session. It is the same
// through the link to a server process.
func TestEvidenceIsJoinedWithTheServersTrace(t *testing.T) {
	t.Parallel()
	for _, backend := range iocp.Backends() {
		for how, bundle := range map[string]func(*testing.T, *server.Server) bundled{
			"": embed, " linked": linkTo,
		} {
			t.Run(backend+how, func(t *testing.T) {
				t.Parallel()
				joinedOn(t, backend, bundle)
			})
		}
	}
}

// embed is the server in this process.
func embed(_ *testing.T, srv *server.Server) bundled { return inProcess{srv} }

// threadless is a server process that is only a goroutine, and ends well.
type threadless struct{ cluster.Process }

func (threadless) Wait() (int, error) { return monitor.ExitPass, nil }
func (threadless) Stderr() []byte     { return nil }

// linkTo makes the server answer through pipes.
func linkTo(t *testing.T, srv *server.Server) bundled {
	orders, in := io.Pipe()
	out, words := io.Pipe()
	go func() {
		fmt.Fprintln(words, cluster.Listening{Addr: srv.Addr(), Backend: srv.Backend(), Workers: 1})
		cluster.Serve(context.Background(), srv, serveGrace, orders, words)
		words.Close()
	}()
	c, err := cluster.Attach(in, out, threadless{}, serveGrace)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func joinedOn(t *testing.T, backend string, bundle func(*testing.T, *server.Server) bundled) {
	srv, err := server.Start(server.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"),
		Backend: backend, Workers: 1, Frame: frame.Builtin("len16"),
		Handler: &quitter{echoes: map[server.SessionID]int{}}})
	if err != nil {
		t.Skipf("not here: %v", err)
	}
	b := bundle(t, srv)
	defer b.Close()
	r, err := rig.Open(t.Context(), rig.Parts{Config: dummy.Config{Clients: 4, Frame: frame.Builtin("len16"),
		Workers: 1, Backend: backend}, Server: b, Every: monitor.SampleInterval})
	if err != nil {
		b.Stop()
		t.Fatal(err)
	}
	defer r.Stop()
	defer r.Fleet.Close()
	if err := r.Fleet.Wait(t.Context(), monitor.Idle); err != nil {
		t.Fatal(err)
	}
	if err := echoStart(r.Fleet); err != nil {
		t.Fatal(err)
	}
	var whole *monitor.Evidence
	for over := time.Now().Add(longest); whole == nil && time.Now().Before(over); {
		time.Sleep(time.Millisecond)
		whole = released(r.Sampler.Sample())
	}
	if whole == nil {
		t.Fatal("no evidence has its session's release")
	}
	checkJoined(t, whole)
}

// released is evidence of a close by the server with the release of its session.
func released(s *monitor.View) *monitor.Evidence {
	for i, e := range s.Evidence {
		if e.Fault == monitor.ClosedByServer && has(e.Timeline, "server", "Release ") {
			return &s.Evidence[i]
		}
	}
	return nil
}

func has(footprints []monitor.Footprint, by, what string) bool {
	return slices.ContainsFunc(footprints, func(s monitor.Footprint) bool {
		return strings.HasPrefix(s.By, by) && strings.HasPrefix(s.What, what)
	})
}

func checkJoined(t *testing.T, e *monitor.Evidence) {
	t.Helper()
	for _, want := range [][2]string{
		{"server", "RecvDone"}, {"server", "SendPost"}, {"server", "SendDone"},
		{"server", "Disconnect"}, {"server", "Cancel"}, {"server", "IODown io=0"},
		{"server", fmt.Sprintf("Release io=0 reason=%d (", server.ByHandler)}, // and where
		{"dummy", "SendPost"}, {"dummy", "RecvDone"}, {"dummy", "Ended"},
		{"dummy", "Fault closed_by_server"},
	} {
		if !has(e.Timeline, want[0], want[1]) {
			t.Errorf("no %s of the %s", want[1], want[0])
		}
	}
	if !slices.IsSortedFunc(e.Timeline, func(a, b monitor.Footprint) int {
		return cmp.Compare(a.At, b.At)
	}) {
		t.Error("not by time")
	}
	of := map[string]bool{}
	for _, s := range e.Timeline {
		of[s.Of] = true
	}
	if len(of) != 2 {
		t.Errorf("footprints of %v, want one dummy's connection and one session", of)
	}
	if t.Failed() {
		t.Logf("%v, %s: %v", e.Local, e.TimelineNote, e.Timeline)
	}
}

// TestTraceFile: --trace writes a file for a trace viewer, with both ends in it, and the summary names
// the file.
func TestTraceFile(t *testing.T) {
	t.Parallel()
	path := tempFile(t, "trace.json")
	for _, more := range []string{"", "--server-process"} {
		args := append([]string{"--clients", "3", "--duration", "500ms", "--trace", path},
			strings.Fields(more)...)
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
		if s.Server == nil || s.Server.Trace != path {
			t.Errorf("%s: the summary's server is %+v, want its trace %q", more, s.Server, path)
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
			if e.Ts < last || e.Pid < 1 || e.Pid > 2 {
				t.Errorf("%+v after %v µs", e, last)
			}
			last = e.Ts
		}
		slices.Sort(processes)
		if got := strings.Join(processes, " "); got != "dummies server" {
			t.Errorf("%s: processes %q", more, got)
		}
		if len(ends) != 2*3 {
			t.Errorf("%s: the lives end with %v, want both of each", more, ends)
		}
	}
}

// TestTimelineOfAServerProcess: the server's half comes from its process. Some echo is late for
// certain: 64 MiB are under way at a time, and each echo has a millisecond.
func TestTimelineOfAServerProcess(t *testing.T) {
	_, s := runJSON(t, "--server-process", "--clients", "1", "--frame", "len32", "--size", "262144",
		"--oversend", "256", "--echo-timeout", "1ms", "--duration", "300ms",
		"--drain-timeout", longest.String())
	joined, notes := 0, map[string]int{}
	for _, e := range s.Evidence {
		notes[e.TimelineNote]++
		by := func(by, what string) bool {
			return slices.ContainsFunc(e.Timeline, func(s monitor.Footprint) bool {
				return strings.HasPrefix(s.By, by) && strings.HasPrefix(s.What, what)
			})
		}
		if by("dummy", "Fault late") && by("server", "RecvDone") {
			joined++
		}
	}
	if joined == 0 {
		t.Errorf("of %d × late none has both halves: %v", s.Faults[monitor.Late.String()], notes)
	}
}
