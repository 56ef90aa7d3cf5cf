package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestTerminalCountsAnew: the key r while connections come and go. A report written then says that
// the run goes on. Once the churn has ended, the row of totals holds (a sample reads one end after
// the other). The last report says since when it counts.
func TestTerminalCountsAnew(t *testing.T) {
	t.Parallel()
	tool(t, "tmux") // before the directory: some systems without it cannot remove one
	dir := t.TempDir()
	p := openPaneIn(t, dir, "LANG=C.UTF-8", append([]string{"--clients", "50", "--start",
		"--churn", "50", "--misbehave", "idle:20%"}, patient...)...)
	p.shows(`\+10 hostile(?s).*Connect.*Accept Total +[1-9][0-9]{2}`)
	p.press("r", "y")
	p.shows(`since \d\d:\d\d:\d\d(?s).*Connect.*Accept Total +[1-9]`)
	p.press("w")
	s := writtenReport(t, p, dir)
	if s.Verdict != "running" || s.ExitCode != monitor.NoCode || !s.Running || s.Drained ||
		s.Reset == nil || s.Reset.Resets != 1 || s.Reset.Ledger.Echoed == 0 ||
		s.Reset.HostileConnected != 10 {
		t.Errorf("%s, exit code %d, running %v, drained %v, reset %+v", s.Verdict, s.ExitCode,
			s.Running, s.Drained, s.Reset)
	}
	p.press("c")
	p.shows(`since \d\d:\d\d:\d\d(?s).*Connect Total = Accept Total +[1-9]`)
	p.press("s")
	t.Logf("after STOP:\n%s", p.shows(`DRAINED in [0-9.]+`))
	p.press("q")
	p.shows(`exit code 0`)
	p.do("resize-window", "-y", "60")
	p.shows(`reset at \d\d:\d\d:\d\d \(1 time\): counted since; before it [0-9,]+ echoes, 0 faults`)
}

// writtenReport is what the key w wrote.
func writtenReport(t *testing.T, p *pane, dir string) (s monitor.Summary) {
	t.Helper()
	for deadline := time.Now().Add(longest); ; time.Sleep(10 * time.Millisecond) {
		paths, _ := filepath.Glob(dir + "/dummyload-*.json")
		if len(paths) == 1 {
			text, err := os.ReadFile(paths[0])
			if err == nil && strings.HasSuffix(string(text), "}\n") {
				if err := json.Unmarshal(text, &s); err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no report was written:\n%s", p.screen())
		}
	}
}
