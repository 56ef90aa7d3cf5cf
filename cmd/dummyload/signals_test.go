package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// started is a program that was left running.
type started struct {
	process   *os.Process
	interrupt func()
	wait      func() ran
	line      string // the first line it printed
	lines     *bufio.Reader
}

// start runs the program and waits for the first line it prints on stdout or stderr.
func start(t *testing.T, args ...string) started {
	t.Helper()
	return launch(t, program(t, args...))
}

// launch is start for a command that the caller has made.
func launch(t *testing.T, cmd *exec.Cmd) started {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	timer := time.AfterFunc(longest, func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(read)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%v said nothing: %v", cmd.Args, err)
	}
	return started{
		process: cmd.Process,
		line:    first,
		lines:   lines,
		interrupt: func() {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				_ = cmd.Process.Kill()
				t.Skipf("this system cannot send an interrupt: %v", err)
			}
		},
		wait: func() ran {
			defer read.Close()
			defer timer.Stop()
			var rest strings.Builder
			_, _ = lines.WriteTo(&rest)
			_ = cmd.Wait()
			return ran{cmd.ProcessState.ExitCode(), first + rest.String(), ""}
		},
	}
}

// sees reads on until a line has the text in it, and returns that.
func (p started) sees(t *testing.T, text string) string {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%q was not printed: %v", text, err)
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

// seesEchoes reads on until a run's progress says that echoes came back: the phase alone only says
// that START was given.
func (p started) seesEchoes(t *testing.T) {
	t.Helper()
	for strings.Contains(p.sees(t, " RUN "), "p99 n/a") {
	}
}

// address is where a `serve` that was started listens.
func (p started) address(t *testing.T) string {
	t.Helper()
	var addr, backend string
	var workers int
	if _, err := fmt.Sscanf(p.line, "listening on %s backend=%s workers=%d",
		&addr, &backend, &workers); err != nil {
		t.Fatalf("first line %q: %v", p.line, err)
	}
	return addr
}

// summaryIn reads the summary that a run has written to a file.
func summaryIn(t *testing.T, path string, r ran) summary {
	t.Helper()
	data, err := os.ReadFile(path)
	var s summary
	if err := errors.Join(err, json.Unmarshal(data, &s)); err != nil {
		t.Fatalf("exit %d: %v\n%s", r.code, err, r.stdout)
	}
	return s
}

// TestInterruptMeansStop: after a signal a run drains, reports and earns its code. The report and the
// summary say that there was a signal, and how long Echo should have been on.
func TestInterruptMeansStop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ duration, of string }{{"0", ""}, {"1h", " of 3600s"}} {
		path := tempFile(t, "summary.json")
		p := start(t, append([]string{"run", "--clients", "50", "--duration", c.duration, "--json",
			path, "--progress", "200ms"}, patient...)...)
		p.seesEchoes(t)
		p.interrupt()
		r := p.wait()
		s := summaryIn(t, path, r)
		mustPass(t, r, s)
		said := regexp.MustCompile(`(?m)^ended by a signal after \S+` + c.of + `$`)
		if !s.Interrupted || s.Running || !said.MatchString(r.stdout) {
			t.Errorf("--duration %s: interrupted %v, running %v in\n%s", c.duration, s.Interrupted,
				s.Running, r.stdout)
		}
	}
}

// TestServe: the line scripts wait for, echo, and the audit after the signal.
func TestServe(t *testing.T) {
	t.Parallel()
	path := tempFile(t, "audit.json")
	p := start(t, "serve", "--listen", "127.0.0.1:0", "--json", path)
	addr := p.address(t)
	r, s := runJSON(t, "--target", addr, "--clients", "50", "--duration", "300ms", "--churn", "100")
	mustPass(t, r, s)
	if s.Server != nil || s.Bundled {
		t.Error("a server given by --target is not the bundled one")
	}
	p.interrupt()
	if r := p.wait(); r.code != monitor.ExitPass {
		t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
	}
	var audit monitor.Server
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &audit); err != nil || !audit.OK() || audit.Accepted < 50 {
		t.Errorf("audit %+v: %v", audit, err)
	}
}
