package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"dummyload/monitor"
	"dummyload/server"
)

// child is the bundled server in a process of its own, `dummyload serve --child`: it says where
// it listens, and from then on the link is all there is between the two.
type child struct {
	*link
	cmd  *exec.Cmd
	said *bytes.Buffer // its stderr; complete once cmd was waited for
	addr netip.AddrPort
}

func startChild(config server.Config) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "serve", "--child",
		"--listen="+config.Listen.String(), "--backend="+config.Backend,
		fmt.Sprint("--workers=", config.Workers), "--frame="+config.Frame.String(),
		fmt.Sprint("--login=", config.Login), fmt.Sprint("--sendq=", config.SendQLimit))
	cmd.Env = withoutOurFlags(os.Environ())
	said := new(bytes.Buffer)
	cmd.Stderr = said
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, detach(cmd), cmd.Start()); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, said: said}
	lines := bufio.NewReader(stdout)
	if c.addr, err = readListening(lines); err != nil {
		_ = stdin.Close()
		_ = cmd.Wait()
		return nil, usageError{fmt.Errorf("bundled server: %s", strings.TrimSpace(said.String()))}
	}
	c.link = newLink(stdin, lines)
	c.compareClocks() // now, while neither is busy: the answer comes soon, and is worth the more
	return c, nil
}

// withoutOurFlags drops the variables that set flags: what the parent was told has been
// handed on by name already.
func withoutOurFlags(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, "DUMMYLOAD_") {
			kept = append(kept, e)
		}
	}
	return kept
}

func readListening(lines *bufio.Reader) (netip.AddrPort, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return netip.AddrPort{}, err
	}
	var addr, rest string
	if _, err := fmt.Sscanf(line, "listening on %s %s", &addr, &rest); err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(addr)
}

// Addr is where the child listens.
func (c *child) Addr() netip.AddrPort { return c.addr }

// killAfter is how long a child may take longer than it should before it is ended.
const killAfter = 10 * time.Second

// finish lets the child stop by itself and ends it when it does not.
func (c *child) finish() {
	defer c.killIn(serveGrace + killAfter).Stop()
	c.stop()
}

// leave ends the child. What it had to say comes now: while the run lasted the screen may have
// been in use.
func (c *child) leave() {
	defer c.killIn(killAfter).Stop()
	c.close()
	err := c.cmd.Wait()
	_, _ = os.Stderr.Write(c.said.Bytes())
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == monitor.ExitFault) {
		fmt.Fprintf(os.Stderr, "dummyload: the bundled server's process: %v\n", err)
	}
}

func (c *child) killIn(d time.Duration) *time.Timer {
	return time.AfterFunc(d, func() { _ = c.cmd.Process.Kill() })
}
