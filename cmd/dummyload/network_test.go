package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// alone runs cmd in a network of its own (Linux: a network namespace), which the test may break. The
// preparation runs there first. It needs the right to make a namespace.
func alone(t *testing.T, preparation string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	return unshared(t, "-n", after(t, "ip link set lo up\n"+preparation, cmd))
}

// unshared runs cmd in namespaces of its own. The flags are those of unshare(1).
func unshared(t *testing.T, namespaces string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	unshare := tool(t, "unshare")
	tool(t, "ip")
	try := exec.Command(unshare, namespaces, "ip", "link", "set", "lo", "up")
	if out, err := try.CombinedOutput(); err != nil {
		if toolsRequired {
			t.Fatalf("no namespaces %s: %v: %s", namespaces, err, out)
		}
		t.Skipf("no namespaces %s: %v: %s", namespaces, err, out)
	}
	cmd.Args = append([]string{"unshare", namespaces, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = unshare
	return cmd
}

// fewPorts leaves a network 51 local ports for each address.
const fewPorts = "echo 40000 40050 >/proc/sys/net/ipv4/ip_local_port_range"

// TestTooFewPorts: an error before the run where that can be known. Otherwise the run names it, and
// never blames the server.
func TestTooFewPorts(t *testing.T) {
	t.Parallel()
	r := finish(t, alone(t, fewPorts, program(t, "run", "--clients", "100",
		"--source", "127.0.0.1")))
	if r.code != exitUsage || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, "local ports: 100 dummies need as many, 1 source addresses have 51") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	// Every connection that is closed by FIN keeps its port for a minute.
	r, s := readSummary(t, finish(t, alone(t, fewPorts, program(t, "run", "--json", "-",
		"--progress", "none", "--clients", "40", "--source", "127.0.0.1", "--churn", "1000",
		"--duration", "2s"))))
	if r.code != monitor.ExitInconclusive {
		t.Errorf("exit %d: %v", r.code, s.Reasons)
	}
	mustOnlyBe(t, s, monitor.Late)
	mustDiagnose(t, s, monitor.LocalPortExhausted)
	mustAudit(t, s)
}

// TestBadWeather: a network that loses some packets, or all for a while, makes echoes late. A right
// server is not accused.
func TestBadWeather(t *testing.T) {
	t.Parallel()
	for name, weather := range map[string]string{
		"5 % loss": `nft add table ip weather
nft add chain ip weather in '{ type filter hook input priority 0; }'
nft add rule ip weather in numgen random mod 100 '<' 5 drop
` + inTheRun("sleep 3"),
		"down for 3 s": inTheRun("ip link set lo down; sleep 3; ip link set lo up"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool(t, "nft")
			path, begin, over := tempFile(t, "summary.json"), tempFile(t, "begin"), tempFile(t, "over")
			cmd := alone(t, weather, program(t, append([]string{"run", "--json", path, "--progress",
				"100ms", "--clients", "50", "--oversend", "4", "--duration", "0"}, patient...)...))
			cmd.Env = append(cmd.Env, "BEGIN="+begin, "OVER="+over)
			p := launch(t, cmd)
			p.seesEchoes(t)
			if err := os.WriteFile(begin, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p.sees(t, " late") // or the weather was fine
			mustAppear(t, over)
			p.interrupt()
			r := p.wait()
			s := summaryIn(t, path, r)
			mustPass(t, r, s)
			for _, d := range s.Diagnoses {
				if d.Name != monitor.ServerStalled && d.Name != monitor.Recovered {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

// inTheRun is a preparation that acts when the file $BEGIN appears. It makes the file $OVER at its
// end.
func inTheRun(what string) string {
	return `(for _ in $(seq 900); do if [ -e "$BEGIN" ]; then break; fi; sleep 0.1; done
` + what + `; : >"$OVER") >/dev/null 2>&1 &`
}

// mustAppear waits for a file.
func mustAppear(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(longest); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestInjectedResets: for a dummy such a reset looks like one by the server, and counts as one. Echoes
// whose answer it stopped on its way are owed. Where it meets the first answer, the server's end is gone
// and ours is not told: that connection was accepted all the same. Nothing else is named, and the server's
// audit is right.
func TestInjectedResets(t *testing.T) {
	t.Parallel()
	tool(t, "nft")
	resets := `nft add table ip weather
nft add chain ip weather in '{ type filter hook input priority 0; }'
nft add rule ip weather in tcp flags psh numgen random mod 60 '<' 1 reject with tcp reset`
	path := tempFile(t, "summary.json")
	p := launch(t, alone(t, resets, program(t, "run", "--json", path, "--progress", "100ms",
		"--clients", "50", "--oversend", "4", "--duration", "0")))
	p.sees(t, monitor.ResetByServer.String())
	p.interrupt()
	r := p.wait()
	s := summaryIn(t, path, r)
	if r.code != monitor.ExitFault || s.Faults[monitor.ResetByServer.String()] == 0 {
		t.Errorf("exit %d: %v", r.code, s.Faults)
	}
	mustOnlyBe(t, s, monitor.ResetByServer, monitor.Truncated, monitor.NotDrained, monitor.Late)
	mustDiagnose(t, s, monitor.ClosedHealthy)
	mustAudit(t, s)
}

// twoAddresses makes the name `twin` stand for 127.0.0.1 and ::1. It starts a server on one of them, a
// moment after the run that waits for it.
const twoAddresses = `
ip link set lo up
mount --bind "$HOSTS" /etc/hosts
(sleep 0.5; exec "$0" serve --listen "$LISTEN" --json "$AUDIT") >/dev/null & server=$!
"$0" "$@" || code=$?
kill -TERM $server
{ wait $server || true; } 2>/dev/null # the shell says there how it ended
exit ${code:-0}`

// TestEveryAddressOfAName: the server listens on one of two addresses. The run waits for it and names
// the address in use. The server has accepted the dummies and nobody else. Where no address accepts,
// the error has the name and each address.
func TestEveryAddressOfAName(t *testing.T) {
	t.Parallel()
	hosts := tempFile(t, "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 twin\n::1 twin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(listen, audit string, args ...string) ran {
		cmd := program(t, append([]string{"run", "--target", "twin:6000", "--clients", "7",
			"--duration", "100ms", "--progress", "none", "--json", "-"}, args...)...)
		cmd.Env = append(cmd.Env, "HOSTS="+hosts, "LISTEN="+listen, "AUDIT="+audit)
		cmd.Args = append([]string{"sh", "-c", twoAddresses, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = tool(t, "sh")
		return finish(t, unshared(t, "-mn", cmd))
	}
	for _, listen := range []string{"127.0.0.1:6000", "[::1]:6000"} {
		path := tempFile(t, "audit.json")
		r, s := readSummary(t, in(listen, path, "--wait", "60s"))
		mustPass(t, r, s)
		if s.Target != listen || !strings.Contains(r.stderr, "target "+listen+" (twin:6000)") {
			t.Errorf("%s: %s\n%s", listen, s.Target, r.stderr)
		}
		var audit monitor.Server
		data, err := os.ReadFile(path)
		if err := errors.Join(err, json.Unmarshal(data, &audit)); err != nil || audit.Accepted != 7 {
			t.Errorf("%+v: %v", audit, err)
		}
	}
	r := in("127.0.0.1:6001", os.DevNull)
	for _, want := range []string{"target twin:6000 cannot be reached: 127.0.0.1:6000: ",
		", [::1]:6000: ", "--wait"} {
		if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, want) ||
			strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("exit %d: %q has no %q", r.code, r.stderr, want)
		}
	}
}

// TestSmallBacklog: when the accept queue overflows, most connections are up on the dummies' side only,
// for a while. The system of the bundled server resets some, which the server never saw. Nobody is
// accused for that, and what is still owed at the end is explained.
func TestSmallBacklog(t *testing.T) {
	t.Parallel() // most of it is waiting
	for _, cookies := range []string{"0", "1", "2"} {
		t.Run("tcp_syncookies="+cookies, func(t *testing.T) {
			t.Parallel()
			r, s := readSummary(t, finish(t, alone(t, "echo 8 >/proc/sys/net/core/somaxconn; echo "+
				cookies+" >/proc/sys/net/ipv4/tcp_syncookies", program(t, "run", "--json", "-",
				"--progress", "none", "--clients", "1000", "--duration", "1s", "--drain-timeout", "1s",
				"--connect-timeout", "20s"))))
			mustOnlyBe(t, s, monitor.Late, monitor.NotDrained, monitor.ConnectFailed)
			for _, d := range s.Diagnoses {
				if d.Name != monitor.AcceptStalled {
					t.Errorf("%+v", d)
				}
			}
			if code := r.code; s.Faults["not_drained"] == 0 && s.Faults["connect_failed"] == 0 &&
				code != monitor.ExitPass {
				t.Errorf("exit %d: %v", code, s.Reasons)
			}
			if s.Faults["not_drained"] > 0 {
				mustDiagnose(t, s, monitor.AcceptStalled)
			}
			mustAudit(t, s)
		})
	}
}
