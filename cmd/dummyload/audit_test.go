package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp/sim"
	"dummyload/server/seeded"
)

// seededBug is the variable that says which bug a binary with seeded bugs has.
const seededBug = "RUN_WITH_SEEDED_BUG"

func init() { _, _ = fmt.Sscan(os.Getenv(seededBug), &sim.Variant) }

// Bad ends of a bundled server, beside the bugs of package seeded.
const (
	listenerStays  = 101 // its listener is not cancelled: accepts stay pending
	panicsUnasked  = 102 // its process panics instead of making the audit
	panicsAfter    = 103 // or after it
	oneOrderToStop = 22  // of package seeded
)

var badEnds = []seeded.Edit{
	seeded.Before("stop", seeded.Calls("cancelIO"), `if sim.Variant == 101 {
			return false
		}`),
	seeded.After("serveParent", seeded.Calls("childStop"), `if sim.Variant == 102 {
			panic("seeded")
		}`),
	seeded.After("serveParent", seeded.Calls("say"), `if sim.Variant == 103 {
			panic("seeded")
		}`),
}

// TestWhatServeNamesFailsARun: what makes `serve` exit 3 also makes a run exit 3, with such a server
// in its process or in one of its own. The name and the words are the same. All echoes are right.
func TestWhatServeNamesFailsARun(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program again, and waits for what never ends")
	}
	bug := slices.IndexFunc(seeded.Bugs, func(b seeded.Bug) bool { return b.Number == oneOrderToStop })
	binary := seeded.Build(t, seeded.Bugs[bug].Edits, badEnds)
	for _, c := range []struct {
		bug           int
		serverProcess bool
		name, says    string
	}{
		{oneOrderToStop, false, monitor.WorkersStuck, "1 did not end: w"},
		{oneOrderToStop, true, monitor.WorkersStuck, "1 did not end: w"},
		{listenerStays, false, monitor.AcceptsPending, "accepts did not complete"},
		{listenerStays, true, monitor.AcceptsPending, "accepts did not complete"},
		{panicsUnasked, true, monitor.AuditMissing, "exit status 2): panic: seeded"},
		{panicsAfter, true, monitor.ServerFailed, "exit status 2): panic: seeded"},
	} {
		t.Run(fmt.Sprintf("%d process %v", c.bug, c.serverProcess), func(t *testing.T) {
			t.Parallel()
			args := slices.Concat([]string{"run", "--json", "-", "--clients", "20", "--duration", "200ms",
				"--server-workers", "2", fmt.Sprint("--server-process=", c.serverProcess)}, patient)
			r, s := readSummary(t, finish(t, withBug(t, binary, c.bug, args...)))
			want := fmt.Sprintf("%s: the bundled server ", c.name)
			if r.code != monitor.ExitFault || len(s.Reasons) != 1 ||
				!strings.HasPrefix(s.Reasons[0], want) || !strings.Contains(s.Reasons[0], c.says) {
				t.Errorf("exit %d, reasons %q, want one with %q", r.code, s.Reasons, want)
			}
			if !strings.Contains(r.stderr, "- "+want) || s.Ledger.Echoed == 0 || !s.Drained {
				t.Errorf("drained %v, %+v\n%s", s.Drained, s.Ledger, r.stderr)
			}
			if stuck := c.name == monitor.WorkersStuck; (len(s.Server.Stuck) == 1) != stuck {
				t.Errorf("stuck: %+v", s.Server.Stuck)
			}
		})
	}
	t.Run("serve", func(t *testing.T) {
		t.Parallel()
		p := launch(t, withBug(t, binary, oneOrderToStop,
			"serve", "--listen", "127.0.0.1:0", "--workers", "2"))
		p.interrupt()
		if r := p.wait(); r.code != monitor.ExitFault || !strings.Contains(r.stdout,
			"workers_stuck: the bundled server ordered all of its 2 workers to stop, 1 did not end") {
			t.Errorf("exit %d\n%s", r.code, r.stdout)
		}
	})
}

// withBug is a command that runs a build of dummyload with a bug in it.
func withBug(t *testing.T, binary string, bug int, args ...string) *exec.Cmd {
	cmd := command(t, binary, args...)
	cmd.Env = append(cmd.Env, asProgram+"=1", fmt.Sprint(seededBug, "=", bug))
	return cmd
}
