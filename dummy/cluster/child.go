package cluster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"time"

	"dummyload/monitor"
)

// Process is the process that a child lives in.
type Process interface {
	// Wait waits for its end. The code is negative when it did not exit by itself. Wait is called
	// once, after the end of its stdout.
	Wait() (code int, err error)
	// Kill ends it, if it has not ended. It may be called by any goroutine.
	Kill()
	// Stderr is what it has written to stderr. It is complete once Wait has returned.
	Stderr() []byte
}

// Child is the bundled server in a process of its own, as its parent sees it. It is a
// monitor.Source and a monitor.Witness.
type Child struct {
	*link
	process Process
	addr    netip.AddrPort
	grace   time.Duration
	closed  sync.Once
}

// endMost is how much longer than it should a child may take before it is killed.
const endMost = 10 * time.Second

// Refused is a child that ended, or was ended, before it listened.
type Refused struct {
	Stderr string // what it wrote to stderr
	Cause  error  // what the parent saw
}

// Error is what the child wrote to stderr, or what the parent saw where it wrote nothing.
func (r *Refused) Error() string {
	if r.Stderr != "" {
		return r.Stderr
	}
	return "it does not say where it listens: " + r.Cause.Error()
}

// Start starts cmd, which must call Serve, and waits until it listens. grace is how long the child
// gives its sessions to leave when it stops. The error is a *Refused, or the system's; after either
// no process is left.
func Start(cmd *exec.Cmd, grace time.Duration) (*Child, error) {
	p := &command{cmd: cmd}
	cmd.Stderr = &p.stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return Attach(stdin, stdout, p, grace)
}

// Attach is Start for a process that runs already. in is its stdin, out its stdout.
func Attach(in io.WriteCloser, out io.Reader, p Process, grace time.Duration) (*Child, error) {
	lines := bufio.NewReader(out)
	c := &Child{process: p, grace: grace}
	first, err := readListening(lines)
	if err != nil {
		_ = in.Close()
		defer time.AfterFunc(endMost, p.Kill).Stop()
		_, _ = io.Copy(io.Discard, lines)
		_, _ = p.Wait()
		return nil, &Refused{Stderr: strings.TrimSpace(string(p.Stderr())), Cause: err}
	}
	c.addr = first.Addr
	c.link = newLink(in, lines)
	c.compareClocks() // now, while neither is busy: the sooner the answer, the closer the bounds
	return c, nil
}

// Addr is where the child listens.
func (c *Child) Addr() netip.AddrPort { return c.addr }

// Stop makes the child stop its server and waits for its audit, or for its end without one. Later
// Collects have it. The trace can still be read. A child that takes 10 s longer than its grace is
// killed.
func (c *Child) Stop() {
	defer c.killIn(c.grace+endMost, "it made no audit").Stop()
	c.stop()
}

// Close ends the child. Where it does not end with the code that its audit earned, later Collects say
// how it ended. A child that takes longer than 10 s is killed. Further calls do nothing.
func (c *Child) Close() {
	c.closed.Do(func() {
		defer c.killIn(endMost, "it did not end").Stop()
		c.close()
		code, err := c.process.Wait()
		if code < 0 || code != c.earned() {
			c.end(endedHow(err, string(c.process.Stderr())))
		}
	})
}

// Kill ends the child's process at once, without an audit. Close must still be called.
func (c *Child) Kill() { c.process.Kill() }

// Stderr is what the child has written to stderr. It is complete after Close.
func (c *Child) Stderr() []byte { return c.process.Stderr() }

// earned is the exit code that fits the audit; -1 where there is no audit.
func (c *Child) earned() int {
	tally := monitor.Collect(c)
	switch {
	case tally.Server == nil || !tally.Server.Audited:
		return -1
	case tally.Server.OK():
		return monitor.ExitPass
	}
	return monitor.ExitFault
}

// endedHow says how a process ended, with the first line of a Go panic from its stderr, if there is
// one.
func endedHow(err error, stderr string) string {
	how := "its process ended (exit status 0)"
	if err != nil {
		how = "its process ended (" + err.Error() + ")"
	}
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return how + ": " + strings.TrimSpace(line)
		}
	}
	return how
}

// killIn kills the child after d, unless the timer is stopped.
func (c *Child) killIn(d time.Duration, why string) *time.Timer {
	return time.AfterFunc(d, func() {
		c.end(fmt.Sprintf("%s within %v and was killed", why, d))
		c.process.Kill()
	})
}

// command is a Process that this process has started.
type command struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // written until Wait has returned
}

func (c *command) Wait() (code int, err error) {
	err = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode(), err
}

func (c *command) Kill() { _ = c.cmd.Process.Kill() }

func (c *command) Stderr() []byte { return c.stderr.Bytes() }
