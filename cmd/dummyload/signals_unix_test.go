//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"

	"dummyload/monitor"
)

// dummiesAt starts a real server and a run of 1,000 dummies against it, and returns when echo is
// on. The run writes its summary to path.
func dummiesAt(t *testing.T, path string, args ...string) (server, run started) {
	t.Helper()
	server = start(t, "serve", "--listen", "127.0.0.1:0")
	run = start(t, append([]string{"run", "--target", server.address(t), "--clients", "1000",
		"--progress", "100ms", "--json", path}, args...)...)
	run.sees(t, " RUN ")
	return server, run
}

// TestKilledServer: with the server's process everything is gone at once. That is one diagnosis,
// and not a fault for each of the connections.
func TestKilledServer(t *testing.T) {
	path := tempFile(t, "summary.json")
	server, run := dummiesAt(t, path, "--duration", "3s")
	if err := server.process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	server.wait()
	killed := time.Now()
	run.sees(t, "connect_failed")
	t.Logf("the first refused redial was printed %v after the server's end", time.Since(killed))
	r := run.wait()
	s := summaryIn(t, path, r)
	if r.code != monitor.ExitFault {
		t.Errorf("exit %d: %v", r.code, s.Reasons)
	}
	mustDiagnose(t, s, monitor.ServerGone)
	mustOnlyBe(t, s, monitor.ConnectFailed, monitor.Late)
	if s.Diagnoses[0].Connections < 900 {
		t.Errorf("%+v", s.Diagnoses)
	}
}

// TestStoppedServer: all of it stands still for a while, and goes on. What was owed comes, so that
// the run drains and passes.
func TestStoppedServer(t *testing.T) {
	path := tempFile(t, "summary.json")
	server, run := dummiesAt(t, path, "--duration", "6s", "--drain-timeout", "30s")
	if err := server.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // how long it stands still, not a condition
	if err := server.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r := run.wait()
	s := summaryIn(t, path, r)
	mustPass(t, r, s)
	mustDiagnose(t, s, monitor.ServerStalled, monitor.Recovered)
	server.interrupt()
	if r := server.wait(); r.code != monitor.ExitPass {
		t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
	}
}

// TestQuitDumpsTheTrace: of both ends where the bundled server is one of them, wherever it runs; and
// the run goes on.
func TestQuitDumpsTheTrace(t *testing.T) {
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	for _, c := range []struct{ flags, want []string }{
		{nil, []string{" dummies w0 d", " server w"}},
		{[]string{"--server-process"}, []string{" dummies w0 d", " server w"}},
		{[]string{"--target", server.address(t)}, []string{" dummies w0 d"}},
	} {
		path := tempFile(t, "summary.json")
		run := start(t, append([]string{"run", "--clients", "10", "--rate", "100", "--duration", "0",
			"--progress", "100ms", "--json", path}, c.flags...)...)
		run.sees(t, " RUN ")
		if err := run.process.Signal(syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		run.sees(t, "trace of the last operations:")
		for _, want := range c.want {
			run.sees(t, want)
		}
		run.interrupt()
		r := run.wait()
		mustPass(t, r, summaryIn(t, path, r))
	}
	server.interrupt()
	server.wait()
}
