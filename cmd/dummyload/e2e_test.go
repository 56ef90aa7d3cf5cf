package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/cluster"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// asProgram makes the test binary behave as dummyload. So the end-to-end tests run what was compiled:
// with the race detector, for another system, under another loader.
const asProgram = "RUN_AS_DUMMYLOAD"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		enterSandbox()
		os.Exit(execute(os.Args[1:]))
	}
	waitTogether()
	os.Exit(m.Run())
}

// waitTogether runs more parallel tests at a time, because they wait more than they work. -parallel
// goes before it.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "8")
	}
}

// longest is how long one run of the program may take, also on a busy machine.
const longest = 90 * time.Second

// ran is what one run of the program left behind.
type ran struct {
	code           int
	stdout, stderr string
}

// program is a command that runs dummyload with args.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, self, args...)
	cmd.Env = append(cmd.Env, asProgram+"=1")
	return cmd
}

// command is a command that runs a build of dummyload with args.
func command(t *testing.T, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = withoutOurFlags(os.Environ())
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// dummyload runs the program to its end.
func dummyload(t *testing.T, args ...string) ran {
	t.Helper()
	return finish(t, program(t, args...))
}

// finish runs cmd to its end.
func finish(t *testing.T, cmd *exec.Cmd) ran {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(longest, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s%s", cmd.Args, err, out.String(), errs.String())
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// summary is the part of the JSON summary that the tests look at.
type summary struct {
	Schema    int
	Seed      string
	Target    string
	Verdict   string
	ExitCode  int `json:"exit_code"`
	Reasons   []string
	Bundled   bool
	Drained   bool
	Wait      uint64 `json:"wait_echo_count"`
	Ledger    monitor.Ledger
	Faults    map[string]uint64
	Diagnoses []monitor.Diagnosis
	Conns     monitor.Connections `json:"connections"`
	Generator struct {
		Backend string `json:"dummy_backend"`
	}
	Server *struct {
		Backend                                 string
		Accepted, Released, Live, ReleasedTwice uint64
		Trace                                   string
		Stuck                                   []monitor.Stuck
	}
	Hostile  *monitor.Hostile
	Evidence []struct {
		Fault              string
		Client, Connection int
		Seq, Count         uint64
		Timeline           []monitor.Footprint
		TimelineNote       string `json:"timeline_note"`
	}

	Running, Interrupted bool
}

// patient are flags that make a run wait for the server as long as a machine may stand still, so that
// a right server is not accused. A test's own flags come later, and win.
var patient = []string{"--connect-timeout", "60s", "--drain-timeout", "60s"}

// runJSON runs `dummyload run --json -` and reads its summary.
func runJSON(t *testing.T, args ...string) (ran, summary) {
	t.Helper()
	args = slices.Concat([]string{"run", "--json", "-", "--progress", "none"}, patient, args)
	return readSummary(t, dummyload(t, args...))
}

// readSummary reads the summary that a run has left on stdout.
func readSummary(t *testing.T, r ran) (ran, summary) {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatalf("exit %d, no summary: %v\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	if s.Schema != 2 || s.ExitCode != r.code {
		t.Errorf("schema %d, exit_code %d, but exit %d", s.Schema, s.ExitCode, r.code)
	}
	if !s.Ledger.Balanced() {
		t.Errorf("the ledger does not balance: %+v", s.Ledger)
	}
	return r, s
}

// starved reports whether the machine was too busy for the tester to make the rate that it asked for.
// Such a run proves nothing of the rate, but all the rest.
func (s summary) starved() bool {
	return s.ExitCode == monitor.ExitInconclusive && len(s.Reasons) == 1 &&
		(strings.HasPrefix(s.Reasons[0], monitor.LocalCPUSaturated) ||
			strings.HasPrefix(s.Reasons[0], monitor.SendLag))
}

// mustPass asserts a clean run: everything echoed came back, nothing is owed or wrong.
func mustPass(t *testing.T, r ran, s summary) {
	t.Helper()
	if s.starved() {
		r.code, s.Verdict = monitor.ExitPass, "pass"
	}
	if r.code != monitor.ExitPass || s.Verdict != "pass" || !s.Drained || s.Wait != 0 {
		t.Errorf("exit %d, verdict %s, drained %v, wait %d: %v\n%s",
			r.code, s.Verdict, s.Drained, s.Wait, s.Reasons, r.stderr)
	}
	if s.Ledger.Sent == 0 || s.Ledger.Lost != 0 {
		t.Errorf("ledger %+v", s.Ledger)
	}
	for name, n := range s.Faults {
		if n != 0 && name != monitor.Late.String() { // a slow machine is late, not wrong
			t.Errorf("%d × %s against a right server", n, name)
		}
	}
	if s.Bundled {
		mustAudit(t, s)
	}
}

// mustAudit asserts that the bundled server released exactly what it accepted.
func mustAudit(t *testing.T, s summary) {
	t.Helper()
	if s.Server == nil {
		t.Fatal("bundled, but no server in the summary")
	}
	if v := s.Server; v.Accepted == 0 || v.Accepted != v.Released || v.Live != 0 ||
		v.ReleasedTwice != 0 {
		t.Errorf("release audit: %+v", *v)
	}
}

// TestRunAgainstTheBundledServer is the main job in its variants.
func TestRunAgainstTheBundledServer(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"plain":          "--clients 500",
		"churn mixed":    "--clients 200 --churn 200 --close mixed",
		"churn rst":      "--clients 100 --churn 100 --close rst --oversend 8",
		"oversend 200":   "--clients 100 --oversend 200 --size 8",
		"raw":            "--frame raw --oversend 4",
		"len32":          "--frame len32 --size 8-20000 --oversend 4 --clients 50",
		"line":           "--frame line --oversend 4",
		"login":          "--login --churn 50 --clients 100",
		"login line":     "--login --frame line --clients 50",
		"rate":           "--rate 5000",
		"loop delay":     "--loop-delay 20ms --clients 100",
		"server process": "--server-process --clients 300 --oversend 4",
		"wide window":    "--server-process --frame len32 --size 262144 --oversend 4096 --rate 50",
		"many workers":   "--server-workers 4 --dummy-workers 3 --churn 50",
		"connect rate":   "--clients 50 --connect-rate 200",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := runJSON(t, append(strings.Fields(args), "--duration", "700ms")...)
			mustPass(t, r, s)
		})
	}
}

// TestServerProcessThatCannotStart: the error has its own line, and no process is left.
func TestServerProcessThatCannotStart(t *testing.T) {
	t.Setenv(asProgram, "1")
	o := &loadOptions{serverProcess: true, serverBackend: "kqueue", serverWorkers: 1}
	srv, err := startBundled(o, dummy.Config{Frame: frame.Builtin("len16")})
	if srv != nil || !errors.As(err, new(usageError)) || !strings.Contains(err.Error(), "kqueue") {
		t.Errorf("%v, %v", srv, err)
	}
}

// scratch is t.TempDir, but its files are removed one by one at the end: under Wine os.RemoveAll
// cannot remove what is in a directory.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dummyload")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, path := range append(left, dir) {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}
	})
	return dir
}

// TestServerProcessThatIsKilled: there is no audit, and the run says so. Its sessions are no leak.
func TestServerProcessThatIsKilled(t *testing.T) {
	t.Setenv(asProgram, "1")
	killed := "signal: killed"
	if slices.Contains(iocp.Backends(), "iocp") {
		killed = "exit status 1" // TerminateProcess has the killer choose it
	}
	for _, kill := range []bool{false, true} {
		o := &loadOptions{serverProcess: true, serverBackend: "net", serverWorkers: 1}
		srv, err := startBundled(o, dummy.Config{Frame: frame.Builtin("len16")})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", srv.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		collect := func() *monitor.Server {
			return monitor.Collect(srv).Server
		}
		for deadline := time.Now().Add(longest); collect() == nil || collect().Accepted == 0; {
			if time.Now().After(deadline) {
				t.Fatal("the server's figures never came")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if kill {
			srv.(*cluster.Child).Kill()
		}
		conn.Close()
		srv.Stop()
		srv.Close()
		s := collect()
		v := monitor.Judge(&monitor.View{Run: monitor.Run{Bundled: true}, Server: s}, monitor.Rules{})
		switch {
		case kill && (s.OK() || v.ExitCode != monitor.ExitFault || len(v.Diagnoses) != 1 ||
			v.Diagnoses[0].Name != monitor.AuditMissing ||
			!strings.Contains(v.Diagnoses[0].Why, killed)):
			t.Errorf("killed, and its audit is %+v: %+v", *s, v)
		case !kill && (s.Accepted != 1 || s.Released != 1 || !s.OK()):
			t.Errorf("stopped, and its audit is %+v", s)
		}
	}
}

// TestEveryPairOfBackends runs dummies and server on each combination this system has.
func TestEveryPairOfBackends(t *testing.T) {
	t.Parallel()
	for _, server := range iocp.Backends() {
		for _, dummy := range iocp.Backends() {
			t.Run(server+"-"+dummy, func(t *testing.T) {
				t.Parallel()
				r, s := runJSON(t, "--server-backend", server, "--dummy-backend", dummy,
					"--clients", "100", "--oversend", "4", "--churn", "50", "--duration", "500ms")
				mustPass(t, r, s)
				if s.Server.Backend != server || s.Generator.Backend != dummy {
					t.Errorf("ran on %s and %s", s.Server.Backend, s.Generator.Backend)
				}
			})
		}
	}
}

// TestBadInput: one line that names the flag, the value and what is accepted; exit 2.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says string }{
		{"run --clients x", "--clients"},
		{"run --clients 0", "from 1 to"},
		{"run --size 7", "from 8 to"},
		{"run --size 64-8", "MIN-MAX"},
		{"run --frame len64", "len16"},
		{"run --frame len16 --size 70000", "65535"},
		{"run --duration soon", "--duration"},
		{"run --close later", "mixed"},
		{"run --rate -1", "--rate"},
		{"run --max-rate 0", "above 0"},
		{"run --max-rate 5", "--max-rate"},
		{"run --max-rate 5ms --rate 100", "--max-rate 5ms with --rate 100"},
		{"run --max-rate 5ms --duration 0", "--duration 0"},
		{"run --seed -1", "--seed"},
		{"run --source 1.2.3", "--source"},
		{"run --source 203.0.113.1", "addresses of this machine"},
		{"run --login=maybe", "true or false"},
		{"run --target nowhere", "HOST:PORT"},
		{"run --target 127.0.0.1:0", "--target"},
		{"run --target 127.0.0.1:1", "target 127.0.0.1:1 cannot be reached: "},
		{"run --target 127.0.0.1:1", "nothing listens there: --wait 10s waits"},
		{"run --wait soon --target 127.0.0.1:1", "--wait"},
		{"run --wait 10s", "--wait 10s: want a --target"},
		{"run --server-backend kqueue", "kqueue"},
		{"run --threshold rtt_p98<5ms", "rtt_p98"},
		{"run --threshold rtt_p99<5parsecs", "5parsecs"},
		{"run --allow everything", "corrupt"},
		{"run --progress 1ns", "--progress"},
		{"run --json /nonexistent/dir/file", "--json"},
		{"run --trace /nonexistent/dir/file", "--trace"},
		{"run --trace -", "--trace"},
		{"run --misbehave loudly", "rst-storm"},
		{"run --misbehave mute:10", "0%"},
		{"run --misbehave mute,mute", "twice"},
		{"run --misbehave oversize", "half-header"},
		{"run --misbehave zero --frame raw", "--misbehave"},
		{"run --no-such-flag", "--no-such-flag"},
		{"run more words", "more"},
		{"start", "start"},
		{"help start", "start"},
		{"completion", "bash"},
		{"completion tcsh", "bash"},
		{"completion bash more", "more"},
		{"serve --listen 6000", "--listen"},
		{"serve --listen 203.0.113.1:6000", "203.0.113.1:6000"},
		{"serve --listen :6000", "HOST:PORT"},
		{"serve --listen *:6000", "--listen"},
		{"serve --sendq 1", "--sendq"},
		{"serve --memory 1000", "from 1MiB"},
		{"serve --memory 256MB", "8MiB"},
		{"serve --memory 9223372036854775807KiB", "--memory"},
		{"serve --idle-timeout 5", "--idle-timeout"},
		{"serve --frame-timeout -1s", "from 0s"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			r := dummyload(t, strings.Fields(c.args)...)
			line := strings.TrimSuffix(r.stderr, "\n")
			if r.code != exitUsage || r.stdout != "" || strings.Contains(line, "\n") ||
				!strings.Contains(line, c.says) {
				t.Errorf("exit %d, stdout %q, stderr %q; want exit 2 and one line with %q",
					r.code, r.stdout, r.stderr, c.says)
			}
		})
	}
}

// TestEnvironmentSetsDefaults: the variable counts, the flag wins, nonsense is named.
func TestEnvironmentSetsDefaults(t *testing.T) {
	t.Parallel()
	run := func(env string, args ...string) ran {
		cmd := program(t, append([]string{"run", "--duration", "200ms", "--progress", "none"},
			args...)...)
		cmd.Env = append(cmd.Env, env)
		return finish(t, cmd)
	}
	if r := run("DUMMYLOAD_CLIENTS=7"); !strings.Contains(r.stderr, "7 dummies") {
		t.Errorf("the variable did not count: %s", r.stderr)
	}
	if r := run("DUMMYLOAD_CLIENTS=7", "--clients", "9"); !strings.Contains(r.stderr, "9 dummies") {
		t.Errorf("the flag did not win: %s", r.stderr)
	}
	r := run("DUMMYLOAD_DRAIN_TIMEOUT=never")
	if r.code != exitUsage || !strings.Contains(r.stderr, "DUMMYLOAD_DRAIN_TIMEOUT") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}

// TestThresholds: a missed one is exit 4, a met one passes, and both are reported.
func TestThresholds(t *testing.T) {
	load := []string{"--clients", "10", "--duration", "300ms"}
	r, _ := runJSON(t, append(load, "--threshold", "echoes_per_s>1e12")...)
	if r.code != monitor.ExitThreshold {
		t.Errorf("missed threshold: exit %d", r.code)
	}
	r, s := runJSON(t, append(load, "--threshold", "wait_echo_count==0",
		"--threshold", "corrupt==0")...)
	mustPass(t, r, s)
}

// TestWordsOfTheProgram: version, help and completion answer on stdout with exit 0.
func TestWordsOfTheProgram(t *testing.T) {
	for args, says := range map[string]string{
		"version":         "dummyload ",
		"help":            "serve",
		"help run":        "--oversend",
		"run --help":      "--drain-timeout",
		"completion bash": "__start_dummyload",
	} {
		r := dummyload(t, strings.Fields(args)...)
		if r.code != 0 || !strings.Contains(r.stdout, says) || r.stderr != "" {
			t.Errorf("%s: exit %d, stderr %q, stdout without %q", args, r.code, r.stderr, says)
		}
	}
}

// TestWithoutTerminal: the terminal UI says so and names `dummyload run`.
func TestWithoutTerminal(t *testing.T) {
	r := dummyload(t)
	if r.code != exitUsage || !strings.Contains(r.stderr, "dummyload run") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}

// TestNoEcho: a run in which no echo came back proves nothing, whatever --allow says.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	mute := wrongServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	r, _ := runJSON(t, "--target", mute, "--clients", "5", "--duration", "50ms",
		"--drain-timeout", "200ms", "--allow", "not_drained")
	if r.code != monitor.ExitInconclusive {
		t.Errorf("exit %d, want %d: %s", r.code, monitor.ExitInconclusive, r.stderr)
	}
}

// tempFile is a path in a directory of the test's own, which T.TempDir is not for: Wine 8
// refuses the way in which os.RemoveAll asks for a removal, and the test would fail.
func tempFile(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dummyload")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	t.Cleanup(func() { _, _ = os.Remove(path), os.Remove(dir) })
	return path
}
