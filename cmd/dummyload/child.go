package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
	left sync.Once
}

func startChild(config server.Config) (*child, error) {
	self, err := ourselves()
	if err != nil {
		return nil, usageError{fmt.Errorf("--server-process: this program does not find itself: %w; "+
			"start it by its path, or run the server apart (dummyload serve, --target)", err)}
	}
	cmd := exec.Command(self, "serve", "--child",
		"--listen="+config.Listen.String(), "--backend="+config.Backend,
		fmt.Sprint("--workers=", config.Workers), "--frame="+config.Frame.String(),
		fmt.Sprint("--login=", config.Login), fmt.Sprint("--sendq=", config.SendQLimit),
		fmt.Sprint("--memory=", config.Memory),
		fmt.Sprint("--idle-timeout=", config.IdleTimeout),
		fmt.Sprint("--frame-timeout=", config.FrameTimeout))
	cmd.Env = withoutOurFlags(os.Environ())
	said := new(bytes.Buffer)
	cmd.Stderr = said
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, detach(cmd), cmd.Start()); err != nil {
		return nil, usageError{fmt.Errorf("--server-process: it cannot be started: %w", err)}
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

// ourselves is this program's file. Where the system does not tell (Linux without /proc), it is
// looked for as a shell does, by the name that it was started by.
func ourselves() (string, error) {
	path, err := os.Executable()
	if err == nil {
		return path, nil
	}
	path, lost := exec.LookPath(os.Args[0])
	if lost == nil {
		path, lost = filepath.Abs(path)
	}
	return path, lost
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
	defer c.killIn(serveGrace+killAfter, "it made no audit").Stop()
	c.stop()
}

// leave ends the child and looks how it ended: with the code that its audit earned, or badly.
func (c *child) leave() {
	c.left.Do(func() {
		defer c.killIn(killAfter, "it did not end").Stop()
		c.close()
		err := c.cmd.Wait()
		if code := c.cmd.ProcessState.ExitCode(); code < 0 || code != c.earned() {
			c.end(endedHow(err, c.said.String()))
		}
	})
}

// earned is the exit code that fits the audit, -1 without one: none fits.
func (c *child) earned() int {
	var snap monitor.Snapshot
	c.Collect(&snap)
	switch {
	case snap.Server == nil || !snap.Server.Audited:
		return -1
	case snap.Server.OK():
		return monitor.ExitPass
	}
	return monitor.ExitFault
}

// endedHow says how a process ended, and what it died of if it wrote that to stderr.
func endedHow(err error, said string) string {
	how := "its process ended (exit status 0)"
	if err != nil {
		how = "its process ended (" + err.Error() + ")"
	}
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return how + ": " + strings.TrimSpace(line)
		}
	}
	return how
}

// told writes what the child had to say.
func (c *child) told() { _, _ = os.Stderr.Write(c.said.Bytes()) }

func (c *child) killIn(d time.Duration, why string) *time.Timer {
	return time.AfterFunc(d, func() {
		c.end(fmt.Sprintf("%s within %v and was killed", why, d))
		_ = c.cmd.Process.Kill()
	})
}
