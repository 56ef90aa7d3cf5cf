package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pane is the program in a real terminal of 80×24.
type pane struct {
	t            *testing.T
	tmux, socket string
}

// openPane starts the terminal UI with args inside tmux.
func openPane(t *testing.T, args ...string) *pane {
	t.Helper()
	p := &pane{t, tool(t, "tmux"), fmt.Sprintf("dummyload-%d-%s", os.Getpid(), t.Name())}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := asProgram + "=1 LANG=C.UTF-8 " + self + " " + strings.Join(args, " ") +
		"; echo exit code $?; sleep 60"
	p.do("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)
	t.Cleanup(func() { _ = exec.Command(p.tmux, "-L", p.socket, "kill-server").Run() })
	return p
}

func (p *pane) do(args ...string) string {
	p.t.Helper()
	out, err := exec.Command(p.tmux, append([]string{"-L", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p *pane) screen() string { p.t.Helper(); return p.do("capture-pane", "-p") }

func (p *pane) press(keys ...string) {
	p.t.Helper()
	p.do(append([]string{"send-keys"}, keys...)...)
}

// shows waits until the screen matches and returns it.
func (p *pane) shows(what string) string {
	p.t.Helper()
	pattern := regexp.MustCompile(what)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		screen := p.screen()
		if pattern.MatchString(screen) {
			return screen
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the screen never showed %q:\n%s", what, screen)
		}
	}
}

// TestTerminal is a user's first minute: START, live numbers, STOP, the drain's verdict, START
// again, quit, and the report with its exit code.
func TestTerminal(t *testing.T) {
	p := openPane(t, "--clients", "200", "--oversend", "4", "--seed", "42")
	p.shows(`IDLE`)
	p.press("s")
	p.shows(`RUN`)
	p.shows(`Echo recv\s+[1-9][0-9,]{3,}`)
	p.press("s")
	t.Logf("after STOP:\n%s", p.shows(`DRAINED in [0-9.]+`))
	p.press("s")
	t.Logf("running again:\n%s", p.shows(`RUN`))
	p.press("s")
	p.shows(`DRAINED in [0-9.]+`)
	p.press("q")
	p.shows(`exit code 0`)
	p.shows(`PASS`)
}
