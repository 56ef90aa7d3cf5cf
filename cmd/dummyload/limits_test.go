package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// after makes a shell run cmd after some preparation, which cmd inherits.
func after(t *testing.T, preparation string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	sh := tool(t, "sh")
	cmd.Args = append([]string{"sh", "-ec", preparation + "\nexec \"$0\" \"$@\"", cmd.Path},
		cmd.Args[1:]...)
	cmd.Path = sh
	return cmd
}

// fewDescriptors leaves a process 64 of them, and no way to ask for more.
const fewDescriptors = "ulimit -n 64"

// TestTooFewDescriptorsForTheDummies: an error before the run has the number needed.
func TestTooFewDescriptorsForTheDummies(t *testing.T) {
	t.Parallel()
	r := finish(t, after(t, fewDescriptors, program(t, "run", "--clients", "100")))
	if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, "descriptors: the limit is 64, 100 dummies need ") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// TestTooFewDescriptorsToServeAtAll: an error before anything listens.
func TestTooFewDescriptorsToServeAtAll(t *testing.T) {
	t.Parallel()
	for limit, workers := range map[int]int{10: 1, 23: 1, 40: 8} {
		r := finish(t, after(t, fmt.Sprint("ulimit -n ", limit), program(t, "serve",
			"--listen", "127.0.0.1:0", "--workers", fmt.Sprint(workers))))
		says := fmt.Sprintf("descriptors: the limit is %d, --workers %d needs ", limit, workers)
		if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
			!strings.Contains(r.stderr, says) {
			t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
		}
	}
	for _, backend := range iocp.Backends() { // as many as it says do
		p := launch(t, after(t, "ulimit -n 28", program(t, "serve", "--listen", "127.0.0.1:0",
			"--workers", "2", "--backend", backend)))
		p.address(t)
		p.interrupt()
		if r := p.wait(); r.code != monitor.ExitPass {
			t.Errorf("%s: exit %d\n%s", backend, r.code, r.stdout)
		}
	}
}

// TestTooFewDescriptorsForTheServer: a right server that cannot accept everybody. The run names that
// and nothing else, and the server releases every session it accepted.
func TestTooFewDescriptorsForTheServer(t *testing.T) {
	t.Parallel()
	for _, backend := range iocp.Backends() {
		t.Run(backend, func(t *testing.T) {
			t.Parallel() // most of it is the drain, whose end is waited for
			p := launch(t, after(t, fewDescriptors,
				program(t, "serve", "--listen", "127.0.0.1:0", "--backend", backend)))
			r, s := runJSON(t, "--target", p.address(t), "--clients", "150", "--duration", "500ms",
				"--churn", "50", "--close", "mixed", "--drain-timeout", "5s")
			if r.code != monitor.ExitFault || s.Drained || s.Ledger.Echoed == 0 {
				t.Errorf("exit %d, drained %v: %+v", r.code, s.Drained, s.Ledger)
			}
			mustOnlyBe(t, s, monitor.Late, monitor.NotDrained)
			mustDiagnose(t, s, monitor.AcceptStalled)
			p.interrupt()
			if r := p.wait(); r.code != monitor.ExitPass {
				t.Errorf("serve: exit %d\n%s", r.code, r.stdout)
			}
		})
	}
}

// mustOnlyBe asserts that no other faults than these were counted.
func mustOnlyBe(t *testing.T, s summary, faults ...monitor.Fault) {
	t.Helper()
	for name, n := range s.Faults {
		f, _ := monitor.ParseFault(name)
		if n != 0 && !slices.Contains(faults, f) {
			t.Errorf("%d × %s: %v", n, name, s.Reasons)
		}
	}
}

// mustDiagnose asserts that these diagnoses were made, and no others.
func mustDiagnose(t *testing.T, s summary, names ...string) {
	t.Helper()
	var made []string
	for _, d := range s.Diagnoses {
		made = append(made, d.Name)
	}
	slices.Sort(made)
	slices.Sort(names)
	if !slices.Equal(made, names) {
		t.Errorf("diagnosed %v, want %v", s.Diagnoses, names)
	}
}

// TestServerProcessWithoutProc: where the system does not say which file the program is, it is found
// by its name, or an error says that it is not.
func TestServerProcessWithoutProc(t *testing.T) {
	t.Parallel()
	const noProc = "ip link set lo up\nmount -t tmpfs none /proc\n"
	run := []string{"run", "--server-process", "--json", "-", "--progress", "none", "--clients", "5",
		"--duration", "300ms"}
	r, s := readSummary(t, finish(t, unshared(t, "-mn", after(t, noProc, program(t, run...)))))
	mustPass(t, r, s)
	lost := program(t, run...)
	lost.Args = slices.Concat([]string{"bash", "-ec", noProc + `exec -a nowhere "$0" "$@"`, lost.Path},
		lost.Args[1:])
	lost.Path = tool(t, "bash")
	r = finish(t, unshared(t, "-mn", lost))
	ours := slices.DeleteFunc(slices.Collect(strings.Lines(r.stderr)), func(line string) bool {
		return strings.HasPrefix(line, "==") // the race detector's: it misses /proc, too
	})
	if r.code != exitUsage || r.stdout != "" || len(ours) != 1 ||
		!strings.Contains(ours[0], "--server-process: this program cannot find its own file") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}
