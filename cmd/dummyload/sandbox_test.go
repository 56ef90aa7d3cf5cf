package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp/iocptest/sandbox"
)

// withoutCall is the variable with a system call that the test binary, run as dummyload, forbids to
// itself.
const withoutCall = "RUN_WITHOUT_CALL"

// enterSandbox is called before the program itself begins.
func enterSandbox() {
	call := os.Getenv(withoutCall)
	if call == "" {
		return
	}
	if err := sandbox.Forbid(call); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}

// boxed is the program in a sandbox that forbids a call.
func boxed(t *testing.T, call string, args ...string) *exec.Cmd {
	t.Helper()
	if !sandbox.Can(call) {
		t.Skip(call + " cannot be forbidden here")
	}
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, withoutCall+"="+call)
	return cmd
}

// TestASandboxWithoutAUsableRing: auto takes the next backend and says why. A backend asked for by name
// is refused before anything starts.
func TestASandboxWithoutAUsableRing(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"io_uring_setup", "io_uring_enter"} {
		r := finish(t, boxed(t, call, "run", "--clients", "10", "--duration", "300ms"))
		if r.code != monitor.ExitPass ||
			strings.Count(r.stderr, "auto goes without uring: io_uring is forbidden here") != 2 {
			t.Errorf("%s, auto: exit %d\n%s%s", call, r.code, r.stdout, r.stderr)
		}
		for _, args := range [][]string{
			{"run", "--clients", "10", "--dummy-backend", "uring", "--server-backend", "epoll"},
			{"run", "--clients", "10", "--dummy-backend", "epoll", "--server-backend", "uring"},
			{"serve", "--listen", "127.0.0.1:0", "--backend", "uring"},
		} {
			mustRefuse(t, finish(t, boxed(t, call, args...)),
				"backend uring cannot run here: io_uring is forbidden here", call+": ")
		}
	}
}

// TestASandboxOfBefore: a sandbox that is older than epoll_pwait2 answers EPERM to it.
func TestASandboxOfBeforeEpollPwait2(t *testing.T) {
	t.Parallel()
	r := finish(t, boxed(t, "epoll_pwait2", "run", "--clients", "10", "--duration", "300ms",
		"--dummy-backend", "epoll", "--server-backend", "epoll"))
	if r.code != monitor.ExitPass {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestASandboxWithoutASocketCall: the error before the run names the call. Otherwise its failures would
// look like the server's: connects that fail, ends that nobody sees.
func TestASandboxWithoutASocketCall(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"setsockopt", "getsockopt", "getsockname", "getpeername", "shutdown",
	} {
		for _, args := range [][]string{
			{"run", "--clients", "10", "--duration", "300ms"},
			{"serve", "--listen", "127.0.0.1:0"},
		} {
			mustRefuse(t, finish(t, boxed(t, call, args...)), call+" is forbidden here")
		}
	}
}

// mustRefuse asserts that the program said why it does not start, in one line.
func mustRefuse(t *testing.T, r ran, words ...string) {
	t.Helper()
	if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.stderr, w) {
			t.Errorf("%q is not in %q", w, r.stderr)
		}
	}
}
