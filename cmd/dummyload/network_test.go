package main

import (
	"os/exec"
	"strings"
	"testing"

	"dummyload/monitor"
)

// alone has cmd run in a network of its own (Linux: a network namespace), where the test may do to
// the network what it likes: the preparation runs there first. It needs the right to make one.
func alone(t *testing.T, preparation string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	unshare := tool(t, "unshare")
	tool(t, "ip")
	try := exec.Command(unshare, "-n", "ip", "link", "set", "lo", "up")
	if out, err := try.CombinedOutput(); err != nil {
		if toolsRequired {
			t.Fatalf("no network namespace: %v: %s", err, out)
		}
		t.Skipf("no network namespace: %v: %s", err, out)
	}
	cmd = after(t, "ip link set lo up\n"+preparation, cmd)
	cmd.Args = append([]string{"unshare", "-n", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = unshare
	return cmd
}

// fewPorts leaves a network 51 local ports for each address.
const fewPorts = "echo 40000 40050 >/proc/sys/net/ipv4/ip_local_port_range"

// TestTooFewPorts: told before the run where that can be known, else named as what it is, and
// never taken for the server's fault.
func TestTooFewPorts(t *testing.T) {
	r := finish(t, alone(t, fewPorts, program(t, "run", "--clients", "100",
		"--source", "127.0.0.1")))
	if r.code != exitUsage || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, "local ports: 100 dummies need as many, 1 source addresses have 51") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	// Every connection that is closed by FIN keeps its port for a minute.
	r, s := readSummary(t, finish(t, alone(t, fewPorts, program(t, "run", "--json", "-",
		"--progress", "none", "--clients", "40", "--source", "127.0.0.1", "--churn", "100",
		"--duration", "2s"))))
	if r.code != monitor.ExitInconclusive {
		t.Errorf("exit %d: %v", r.code, s.Reasons)
	}
	mustOnlyBe(t, s, monitor.Late)
	mustDiagnose(t, s, monitor.LocalPortExhausted)
	mustAudit(t, s)
}

// TestBadWeather: a network that loses packets, or all of them for a while, makes echoes late. No
// right server is accused of anything for it.
func TestBadWeather(t *testing.T) {
	for name, weather := range map[string]string{
		"5 % loss": `nft add table ip weather
nft add chain ip weather in '{ type filter hook input priority 0; }'
nft add rule ip weather in numgen random mod 100 '<' 5 drop`,
		"down for 3 s": `(sleep 1; ip link set lo down; sleep 3; ip link set lo up) >/dev/null 2>&1 &`,
	} {
		t.Run(name, func(t *testing.T) {
			tool(t, "nft")
			r, s := readSummary(t, finish(t, alone(t, weather, program(t, "run", "--json", "-",
				"--progress", "none", "--clients", "50", "--oversend", "4", "--duration", "5s",
				"--connect-timeout", "60s", "--drain-timeout", "60s"))))
			mustPass(t, r, s)
			if s.Faults[monitor.Late.String()] == 0 {
				t.Error("the weather was fine")
			}
			for _, d := range s.Diagnoses {
				if d.Name != monitor.ServerStalled && d.Name != monitor.Recovered {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

// TestInjectedResets: seen from a dummy they are the server's, since nothing tells them apart. They
// are counted as such, what one of them kept from the server's answer is owed, and nothing else is
// said. The books of both sides are right.
func TestInjectedResets(t *testing.T) {
	tool(t, "nft")
	resets := `nft add table ip weather
nft add chain ip weather in '{ type filter hook input priority 0; }'
nft add rule ip weather in tcp flags psh numgen random mod 2000 '<' 1 reject with tcp reset`
	r, s := readSummary(t, finish(t, alone(t, resets, program(t, "run", "--json", "-",
		"--progress", "none", "--clients", "50", "--oversend", "4", "--duration", "1s"))))
	if r.code != monitor.ExitFault || s.Faults[monitor.ResetByServer.String()] == 0 {
		t.Errorf("exit %d: %v", r.code, s.Faults)
	}
	mustOnlyBe(t, s, monitor.ResetByServer, monitor.Truncated, monitor.NotDrained, monitor.Late)
	mustDiagnose(t, s, monitor.ClosedHealthy)
	mustAudit(t, s)
}
