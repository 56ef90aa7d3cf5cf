package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
	return openPaneWith(t, "LANG=C.UTF-8", args...)
}

// openPaneWith is openPane with a variable of the environment set.
func openPaneWith(t *testing.T, variable string, args ...string) *pane {
	t.Helper()
	return openPaneIn(t, ".", variable, args...)
}

// openPaneIn is openPaneWith in a directory.
func openPaneIn(t *testing.T, dir, variable string, args ...string) *pane {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return openPaneOf(t, self, dir, variable, args...)
}

// openPaneOf is openPaneIn with another build of the program.
func openPaneOf(t *testing.T, self, dir, variable string, args ...string) *pane {
	t.Helper()
	p := &pane{t, tool(t, "tmux"), fmt.Sprintf("dummyload-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))}
	command := asProgram + "=1 " + variable + " " + self + " " + strings.Join(args, " ") +
		"; echo exit code $?; sleep 60"
	p.do("-f", "/dev/null", "new-session", "-d", "-c", dir, "-x", "80", "-y", "24", command)
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
	for deadline := time.Now().Add(longest); ; time.Sleep(100 * time.Millisecond) {
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
	t.Parallel()
	p := openPane(t, append([]string{"--clients", "200", "--oversend", "4", "--seed", "42"},
		patient...)...)
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

// TestTerminalIsGivenBack: two signals, or Ctrl-C twice, in a drain that does not end, give the
// terminal back.
func TestTerminalIsGivenBack(t *testing.T) {
	t.Parallel()
	mute := wrongServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for name, interrupt := range map[string]func(*pane){
		"signals": func(p *pane) { p.signal("TERM") },
		"keys":    func(p *pane) { p.press("C-c") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPane(t, "--target", mute, "--clients", "3", "--start", "--drain-timeout", "1h")
			p.shows(`Echo sent\s+3`)
			interrupt(p)
			p.shows(`quits when the drain is over`)
			interrupt(p)
			p.shows(`exit code 130`)
			if on := p.do("display-message", "-p", "#{alternate_on} #{cursor_flag}"); on != "0 1\n" {
				t.Errorf("alternate screen and cursor: %q", on)
			}
		})
	}
}

// TestTerminalDumpsTheTrace: SIGQUIT writes the trace to a file, and the screen stays.
func TestTerminalDumpsTheTrace(t *testing.T) {
	t.Parallel()
	tool(t, "tmux") // before the directory: some systems without it cannot remove one
	dir := t.TempDir()
	p := openPaneIn(t, dir, "LANG=C.UTF-8", append([]string{"--clients", "3", "--start"}, patient...)...)
	p.shows(`Echo recv\s+[1-9]`)
	p.signal("QUIT")
	var path string
	for deadline := time.Now().Add(longest); path == ""; time.Sleep(10 * time.Millisecond) {
		if paths, _ := filepath.Glob(dir + "/dummyload-*-trace.txt"); len(paths) == 1 {
			path = paths[0]
		} else if time.Now().After(deadline) {
			t.Fatalf("no trace was written:\n%s", p.screen())
		}
	}
	p.shows(`RUN`)
	p.press("q", "y")
	p.shows(`trace of the last operations: ` + filepath.Base(path) + `\s+exit code 0`)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), " dummies w0 d") || !strings.Contains(string(text), " server w") {
		t.Errorf("%s: %v\n%.500s", path, err, text)
	}
}

// signal sends a signal to the program in the pane, which is the child of the pane's shell.
func (p *pane) signal(name string) {
	p.t.Helper()
	shell := strings.TrimSpace(p.do("display-message", "-p", "#{pane_pid}"))
	out, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		p.t.Skipf("this system does not list a process's children: %v", err)
	}
	kill := exec.Command("kill", append([]string{"-" + name}, strings.Fields(string(out))...)...)
	if out, err := kill.CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
}

// TestTerminalOfAnotherCharacterSet is drawn in ASCII.
func TestTerminalOfAnotherCharacterSet(t *testing.T) {
	t.Parallel()
	p := openPaneWith(t, "LC_ALL=ko_KR.EUC-KR", "--clients", "3")
	p.shows(`IDLE(?s).*\+- Counters `)
	p.press("q")
	p.shows(`exit code 5`)
}
