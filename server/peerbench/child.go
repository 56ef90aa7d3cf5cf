package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// findTaskset looks for taskset and tries it with both cores.
func (b *bench) findTaskset() {
	path, err := exec.LookPath("taskset")
	if err != nil {
		return
	}
	for _, core := range []int{b.options.serverCore, b.options.clientCore} {
		if core >= 0 && exec.Command(path, "-c", strconv.Itoa(core), "true").Run() != nil {
			return
		}
	}
	b.taskset = path
}

// child is a process of ours. It dies with us.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer // a generator stays until it is closed, so that it can be looked at
	stdout *bufio.Reader
	stderr *bufio.Reader
	said   bytes.Buffer // on stderr
}

// start runs a program on a core, any if that is negative.
func (b *bench) start(core int, path string, args ...string) (*child, error) {
	if core >= 0 && b.taskset != "" {
		args = append([]string{"-c", strconv.Itoa(core), path}, args...)
		path = b.taskset // it executes path: the process stays the same
	}
	c := &child{cmd: exec.CommandContext(b.ctx, path, args...)}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errs, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	c.stdin, c.stdout = in, bufio.NewReader(out)
	c.stderr = bufio.NewReader(io.TeeReader(errs, &c.said))
	return c, c.cmd.Start()
}

// stop orders the child to end and waits; after grace it is killed. The rest of its output is
// dropped.
func (c *child) stop(grace time.Duration) error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	return c.wait(grace)
}

// wait waits for the child's end, and kills it after a time.
func (c *child) wait(most time.Duration) error {
	kill := time.AfterFunc(most, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	_ = c.stdin.Close()
	_, _ = io.Copy(io.Discard, c.stdout)
	_, _ = io.Copy(io.Discard, c.stderr)
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil // as ordered
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(c.cmd.Path), err, lastLine(c.said.String()))
	}
	return nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// await reads lines until one holds a word, and returns it. The child is killed when that takes
// longer than most.
func (c *child) await(r *bufio.Reader, word string, most time.Duration) (string, error) {
	kill := time.AfterFunc(most, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	for {
		line, err := r.ReadString('\n')
		if strings.Contains(line, word) {
			return strings.TrimSpace(line), nil
		}
		if err != nil {
			return "", fmt.Errorf("%s ended before it said %q: %s", c.cmd.Args, word,
				lastLine(c.said.String()))
		}
	}
}

// usage is what a process has used up.
type usage struct {
	cpu    time.Duration // of all threads, kernel included
	waited time.Duration // of all threads, ready to run while others had the core
	rss    int           // bytes
}

func (c *child) usage() (usage, error) {
	pid := c.cmd.Process.Pid
	u, err := cpuTime(pid)
	u.rss = residentBytes(pid)
	return u, err
}

// cpuTime sums up what a process's threads ran and waited, in nanoseconds where /proc/PID/stat
// has ticks of 10 ms (schedstat's first two numbers; Documentation/scheduler/sched-stats.rst).
func cpuTime(pid int) (sum usage, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		return sum, fmt.Errorf("no threads of process %d in /proc: %w", pid, os.ErrNotExist)
	}
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // a thread that has just ended
		}
		if err != nil {
			return sum, err
		}
		var ran, waited time.Duration
		if _, err := fmt.Sscan(string(text), &ran, &waited); err != nil {
			return sum, fmt.Errorf("%s: %w", name, err)
		}
		sum.cpu += ran
		sum.waited += waited
	}
	return sum, nil
}

// residentBytes is VmRSS, 0 when the process has ended.
func residentBytes(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.Atoi(fields[0])
	return kb << 10
}
