//go:build unix

package main

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/script"
	"dummyload/monitor"
)

// TestKilledServer: when the server's process is killed, all connections are lost at once. That is one
// diagnosis, and not a fault for each connection.
func TestKilledServer(t *testing.T) {
	path := tempFile(t, "summary.json")
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	run := start(t, "run", "--target", server.address(t), "--clients", "1000", "--duration", "0",
		"--progress", "100ms", "--json", path)
	run.seesEchoes(t)
	if err := server.process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	server.wait()
	killed := time.Now()
	run.sees(t, "connect_failed")
	t.Logf("the first refused redial was printed %v after the server's end", time.Since(killed))
	run.sees(t, " wait 0 ") // the others are lost, too
	run.interrupt()
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

// TestStoppedServer: the server's process is stopped until the run says so, and then goes on. The owed
// echoes come, the dummies drain and the server passes. The test sets no limit for an echo: on a slow
// machine the owed echoes may differ much in age, and then they are not of one silence.
func TestStoppedServer(t *testing.T) {
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	fleet, err := dummy.New(dummy.Config{Target: netip.MustParseAddrPort(server.address(t)),
		Clients: 1000, ConnectTimeout: longest, EchoTimeout: longest, DrainTimeout: longest})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	if err := errors.Join(fleet.Wait(t.Context(), monitor.Idle), echoStart(fleet)); err != nil {
		t.Fatal(err)
	}
	var last *monitor.View
	until := func(holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(longest); ; time.Sleep(10 * time.Millisecond) {
			if last = monitor.Collect(fleet); holds() {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("it never came to it: %v, %+v", last.Diagnoses, last.Ledger)
			}
		}
	}
	diagnosed := func(name string) bool {
		return slices.ContainsFunc(last.Diagnoses, func(d monitor.Diagnosis) bool {
			return d.Name == name
		})
	}
	until(func() bool { return last.Ledger.Echoed > 0 })
	if err := server.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(func() bool { return diagnosed(monitor.ServerStalled) && !diagnosed(monitor.Recovered) })
	if err := server.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	until(func() bool { return diagnosed(monitor.Recovered) })
	if err := script.Finish(fleet, 0); err != nil {
		t.Error(err)
	}
	last = monitor.Collect(fleet)
	mustServe(t, last)
	mustDiagnose(t, summary{Diagnoses: last.Diagnoses}, monitor.ServerStalled, monitor.Recovered)
	server.interrupt()
	if r := server.wait(); r.code != monitor.ExitPass {
		t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
	}
}

// TestIgnoredSignalsStayIgnored: a run under nohup outlives its terminal, and a run in a script's
// background outlives the script's Ctrl-C. The other signals are STOP.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	t.Parallel()
	run := append([]string{"run", "--duration", "0", "--clients", "10", "--loop-delay", "20ms",
		"--progress", "100ms"}, patient...)
	serve := []string{"serve", "--listen", "127.0.0.1:0"}
	nohup, background := []syscall.Signal{syscall.SIGHUP}, []syscall.Signal{syscall.SIGHUP,
		syscall.SIGINT}
	for name, c := range map[string]struct {
		args    []string
		trap    string
		ignored []syscall.Signal
	}{
		"run, nohup":        {run, "HUP", nohup},
		"run, background":   {run, "HUP INT", background},
		"serve, background": {serve, "HUP INT", background},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, after(t, "trap '' "+c.trap, program(t, c.args...)))
			if c.args[0] == "run" {
				p.seesEchoes(t)
			}
			for range 2 { // two would end it at once
				for _, s := range c.ignored {
					if err := p.process.Signal(s); err != nil {
						t.Fatal(err)
					}
				}
			}
			if c.args[0] == "run" {
				p.sees(t, " RUN ")
				p.sees(t, " RUN ")
			}
			if err := p.process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if r := p.wait(); r.code != monitor.ExitPass {
				t.Errorf("exit %d\n%s", r.code, r.stdout)
			}
		})
	}
}

// TestServerStoppedInEveryPhase: each stop is shorter than a stall. Nobody is accused.
func TestServerStoppedInEveryPhase(t *testing.T) {
	t.Parallel()
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	target := netip.MustParseAddrPort(server.address(t))
	fleet, err := dummy.New(dummy.Config{Target: target, Clients: 200, DrainTimeout: longest})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	pause := func() {
		t.Helper()
		if err := server.process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
		if err := server.process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	pause() // connecting
	for _, next := range []func() error{
		func() error { return fleet.Wait(t.Context(), monitor.Idle) },
		func() error { return echoStart(fleet) },
		func() error { return echoStop(fleet) }, // draining
		func() error { return fleet.Wait(t.Context(), monitor.Drained) },
	} {
		if err := next(); err != nil {
			t.Fatal(err)
		}
		pause()
	}
	closed := make(chan error, 1)
	go func() { closed <- fleet.Close() }()
	pause() // leaving
	if err := <-closed; err != nil {
		t.Error(err)
	}
	last := monitor.Collect(fleet)
	mustServe(t, last)
	for _, d := range last.Diagnoses {
		if d.Name != monitor.ServerStalled && d.Name != monitor.Recovered {
			t.Errorf("%+v", d)
		}
	}
	server.interrupt()
	if r := server.wait(); r.code != monitor.ExitPass {
		t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
	}
}

// TestServerThatRestarts: the run says that the server is gone, and that it came back. What was owed
// then is lost.
func TestServerThatRestarts(t *testing.T) {
	port := freePort(t)
	listen := "127.0.0.1:" + port
	server := start(t, "serve", "--listen", listen)
	fleet, err := dummy.New(dummy.Config{Target: netip.MustParseAddrPort(server.address(t)),
		Clients: 200, DrainTimeout: longest})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	if err := errors.Join(fleet.Wait(t.Context(), monitor.Idle), echoStart(fleet)); err != nil {
		t.Fatal(err)
	}
	last := new(monitor.View)
	until := func(name string) {
		t.Helper()
		for deadline := time.Now().Add(longest); ; time.Sleep(10 * time.Millisecond) {
			last = monitor.Collect(fleet)
			if slices.ContainsFunc(last.Diagnoses, func(d monitor.Diagnosis) bool {
				return d.Name == name
			}) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no %s: %+v, %+v", name, last.Diagnoses, last.Connections)
			}
		}
	}
	if err := server.process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	server.wait()
	until(monitor.ServerGone)
	again := start(t, "serve", "--listen", listen)
	again.address(t)
	until(monitor.Recovered)
	if err := script.Finish(fleet, 0); err != nil {
		t.Error(err)
	}
	last = monitor.Collect(fleet)
	if last.Ledger.Wait != 0 || last.Faults[monitor.ClosedByServer] != 0 ||
		last.Faults[monitor.ResetByServer] != 0 || last.Faults[monitor.NotDrained] != 0 {
		t.Errorf("%+v %v", last.Ledger, last.Faults)
	}
	again.interrupt()
	again.wait()
}

// TestQuitDumpsTheTrace: SIGQUIT writes the trace of the dummies, and of the bundled server in any
// process. The run goes on.
func TestQuitDumpsTheTrace(t *testing.T) {
	t.Parallel()
	server := start(t, "serve", "--listen", "127.0.0.1:0")
	for _, c := range []struct{ flags, want []string }{
		{nil, []string{" dummies w0 d", " server w"}},
		{[]string{"--server-process"}, []string{" dummies w0 d", " server w"}},
		{[]string{"--target", server.address(t)}, []string{" dummies w0 d"}},
	} {
		path := tempFile(t, "summary.json")
		run := start(t, slices.Concat([]string{"run", "--clients", "10", "--rate", "100", "--duration",
			"0", "--progress", "100ms", "--json", path}, patient, c.flags)...)
		run.seesEchoes(t)
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
