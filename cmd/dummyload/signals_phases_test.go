//go:build unix

package main

import (
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dummyload/monitor"
)

// phase is a run, what the test waits for in it, and what a Ctrl-C does then.
type phase struct {
	args  string // what `run` is told; mute and stopped are servers
	sees  string
	again string // and then, for another Ctrl-C
	code  int
}

var phases = map[string]phase{
	"waiting for the target": {"--target nobody --wait 1h", "waiting up to 1h", "",
		monitor.ExitInterrupted},
	"login packets": {"--target mute --login", "CONNECTING 0 of 10, 10 without login",
		"", monitor.ExitInterrupted},
	"connecting": {"--target mute --connect-rate 0.001", "CONNECTING 1 of 10", "",
		monitor.ExitInterrupted},
	"echoing": {"--duration 1h", " RUN ", "", monitor.ExitPass},
	"quiet":   {"--duration 100ms --quiet 1h", " DRAINED ", "", monitor.ExitPass},
	"closing": {"--duration 100ms --target open", "closing 10 connections", "", monitor.ExitPass},
	"draining": {"--duration 1h --target mute", " RUN  wait 10 ", " DRAINING ",
		monitor.ExitInterrupted},
	"closing, twice": {"--duration 1h --target open", " RUN ", "closing 10 connections",
		monitor.ExitInterrupted},
	"a dead server": {"--duration 1h --target stopped --drain-timeout 300ms", " RUN ", "",
		monitor.ExitFault},
}

// TestEveryPhaseCanBeLeft: one Ctrl-C ends a phase that would take an hour here, with the code that the
// run has earned. A second one ends the run with 130.
func TestEveryPhaseCanBeLeft(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	patience := []string{"--loop-delay", "20ms", "--connect-timeout", "1h", "--drain-timeout", "1h"}
	open := wrongServer(t, func(c net.Conn) { // answers no FIN
		_, _ = io.Copy(c, c)
		<-t.Context().Done()
	})
	for name, c := range phases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := tempFile(t, "summary.json")
			args := slices.Concat([]string{"run", "--clients", "10", "--progress", "100ms", "--json",
				path}, patience, strings.Fields(c.args))
			var server started
			for i, arg := range args {
				switch arg {
				case "nobody":
					args[i] = nobody
				case "mute":
					args[i] = mute(t)
				case "open":
					args[i] = open
				case "stopped":
					server = start(t, "serve", "--listen", "127.0.0.1:0")
					defer server.process.Kill()
					args[i] = server.address(t)
				}
			}
			p := start(t, args...)
			if !strings.Contains(p.line, c.sees) {
				p.sees(t, c.sees)
			}
			if server.process != nil {
				if err := server.process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			p.interrupt()
			if c.again != "" {
				p.sees(t, c.again)
				p.interrupt()
			}
			r := p.wait()
			if took := time.Since(began); r.code != c.code || took > longest/2 {
				t.Errorf("exit %d after %v, want %d\n%s", r.code, took, c.code, r.stdout)
			}
			if name == "waiting for the target" {
				return // nothing was started
			}
			s := summaryIn(t, path, r)
			if s.ExitCode != c.code || s.Ledger.Sent == 0 && len(s.Diagnoses) > 0 {
				t.Errorf("exit code %d, %v", s.ExitCode, s.Diagnoses)
			}
		})
	}
}
