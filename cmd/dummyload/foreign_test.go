package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// toolsRequired says that the foreign servers and the other tools of the tests must be installed (CI
// sets it). Elsewhere a test whose tool is missing says so and ends.
var toolsRequired = os.Getenv("E2E_TOOLS") == "required"

// tool finds an installed program.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if toolsRequired {
		t.Fatalf("%s is not installed: .ci/run installs it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// freePort is a loopback port that nobody listens on at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(netip.MustParseAddrPort(l.Addr().String()).Port())
}

// startServer runs a server in the background until the test ends, and waits until it accepts.
func startServer(t *testing.T, port, path string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(longest); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", path, err)
		}
	}
}

// TestForeignServers: echo servers that others wrote are right, and are never accused.
func TestForeignServers(t *testing.T) {
	t.Parallel()
	servers := map[string]func(t *testing.T, port string){
		"socat": func(t *testing.T, port string) {
			startServer(t, port, tool(t, "socat"),
				"TCP-LISTEN:"+port+",bind=127.0.0.1,reuseaddr,fork,backlog=256", "PIPE")
		},
		"ncat": func(t *testing.T, port string) {
			startServer(t, port, tool(t, "ncat"),
				"-l", "-k", "-m", "200", "-e", "/bin/cat", "127.0.0.1", port)
		},
		"inetd": func(t *testing.T, port string) {
			config := tempFile(t, "inetd.conf")
			line := "127.0.0.1:" + port + " stream tcp nowait.100000 root /bin/cat cat\n"
			if err := os.WriteFile(config, []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}
			startServer(t, port, tool(t, "inetd"), "-d", "-R", "0", config)
		},
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			start(t, port)
			for _, args := range []string{"--frame raw", "--frame len16 --oversend 8",
				"--frame raw --oversend 4 --churn 20 --size 8-4000"} {
				r, s := runJSON(t, append(strings.Fields(args), "--clients", "30",
					"--duration", "1s",
					"--target", "127.0.0.1:"+port)...)
				mustPass(t, r, s)
			}
		})
	}
}

// wrongServer accepts until the test ends and treats each connection with serve.
func wrongServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// TestMuteServer: the run names every echo that is still owed, and fails.
func TestMuteServer(t *testing.T) {
	t.Parallel()
	target := wrongServer(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	})
	r, s := runJSON(t, "--target", target, "--clients", "40", "--oversend", "3",
		"--duration", "500ms", "--drain-timeout", "700ms")
	if r.code != monitor.ExitFault || s.Drained {
		t.Errorf("exit %d, drained %v", r.code, s.Drained)
	}
	if s.Wait != 120 || s.Faults["not_drained"] != 120 {
		t.Errorf("wait %d, not_drained %d, want 120 each", s.Wait, s.Faults["not_drained"])
	}
	named := map[[2]int]uint64{}
	for _, e := range s.Evidence {
		if e.Fault == "not_drained" {
			named[[2]int{e.Client, e.Connection}] += max(e.Count, 1)
		}
	}
	var total uint64
	for _, n := range named {
		total += n
	}
	if len(named) != 40 || total != 120 {
		t.Errorf("%d echoes of %d dummies are named, want 120 of 40", total, len(named))
	}
}

// TestWrongServersAreNamed: the summary names what the server does. Each server is wrong from its first
// answer on, so one echo is enough.
func TestWrongServersAreNamed(t *testing.T) {
	t.Parallel()
	const size = 64
	packet := func(c net.Conn) ([]byte, error) {
		buf := make([]byte, frame.Builtin("len16").Overhead()+size)
		_, err := io.ReadFull(c, buf)
		return buf, err
	}
	echo := func(wrong func(packet []byte) []byte) func(net.Conn) {
		return func(c net.Conn) {
			for n := 0; ; n++ {
				b, err := packet(c)
				if err != nil {
					return
				}
				if n%50 == 0 {
					b = wrong(b)
				}
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		}
	}
	for fault, serve := range map[string]func(net.Conn){
		"corrupt": echo(func(b []byte) []byte {
			b[len(b)-1] ^= 1
			return b
		}),
		"duplicate": echo(func(b []byte) []byte { return slices.Concat(b, b) }),
		"closed_by_server": func(c net.Conn) {
			b, err := packet(c)
			if err != nil {
				return
			}
			_, _ = c.Write(b)
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c) // unread bytes would make a reset of the close
		},
		"reset_by_server": func(c net.Conn) {
			_, _ = packet(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r, s := runJSON(t, "--target", wrongServer(t, serve), "--clients", "5",
				"--duration", "500ms", "--size", fmt.Sprint(size))
			if r.code != monitor.ExitFault || s.Faults[fault] == 0 {
				t.Errorf("exit %d, faults %v", r.code, s.Faults)
			}
			r, _ = runJSON(t, "--target", wrongServer(t, serve), "--clients", "1",
				"--duration", "20ms", "--size", fmt.Sprint(size),
				"--allow", strings.Join(faultNames(), ","))
			if r.code == monitor.ExitFault {
				t.Errorf("every fault allowed, but exit %d: %s", r.code, r.stderr)
			}
		})
	}
}
