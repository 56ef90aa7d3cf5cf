package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/server"
)

// bundled is the server that comes with the program, in this process or in one of its own.
type bundled interface {
	monitor.Source
	Addr() netip.AddrPort
	// finish stops the server and waits for its audit, which later Collects carry.
	finish()
	dumpTrace(io.Writer) error
	witness() monitor.Witness // nil when its trace is out of reach
}

// startBundled starts the bundled server on a free loopback port, fit for the given load.
func startBundled(o *loadOptions, c dummy.Config) (bundled, error) {
	// Every echo a right dummy may have unanswered fits, however slowly the dummies read.
	most := c.OverSend * (c.SizeMax + c.Frame.Overhead())
	config := server.Config{
		Listen:     netip.MustParseAddrPort("127.0.0.1:0"),
		Backend:    o.serverBackend,
		Workers:    o.serverWorkers,
		Frame:      c.Frame,
		Login:      c.Login,
		SendQLimit: max(server.DefaultSendQLimit, 2*most),
		Skipped:    skipped("server"),
	}
	if o.serverProcess {
		c, err := startChild(config)
		if err != nil {
			return nil, err // and not a bundled that holds a nil child
		}
		return c, nil
	}
	srv, err := server.Start(config)
	if err != nil {
		return nil, usageError{fmt.Errorf("bundled server, --server-backend %s: %w",
			o.serverBackend, err)}
	}
	return inProcess{srv}, nil
}

type inProcess struct{ *server.Server }

// Collect adds the server's figures.
func (s inProcess) Collect(snap *monitor.Snapshot) {
	snap.Bundled = true
	s.Server.Collect(snap)
}

func (s inProcess) finish() { s.Stop(serveGrace) }

func (s inProcess) dumpTrace(w io.Writer) error { return s.DumpTrace(w) }

func (s inProcess) witness() monitor.Witness { return s.Server }

// child is `dummyload serve --child`: it says where it listens, then a JSON line of figures
// now and again, the last of them after its audit. Ending its stdin is the order to stop.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  *bytes.Buffer // its stderr; complete once cmd was waited for
	addr  netip.AddrPort
	read  chan struct{} // closed when its stdout has ended

	mu     sync.Mutex
	latest *monitor.Server
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
	c := &child{cmd: cmd, stdin: stdin, said: said, read: make(chan struct{})}
	lines := bufio.NewReader(stdout)
	if c.addr, err = readListening(lines); err != nil {
		_ = stdin.Close()
		_ = cmd.Wait()
		return nil, usageError{fmt.Errorf("bundled server: %s", strings.TrimSpace(said.String()))}
	}
	go c.follow(lines)
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

func (c *child) follow(lines io.Reader) {
	defer close(c.read)
	decoder := json.NewDecoder(lines)
	for {
		stats := new(monitor.Server)
		if err := decoder.Decode(stats); err != nil {
			return
		}
		c.mu.Lock()
		c.latest = stats
		c.mu.Unlock()
	}
}

// Addr is where the child listens.
func (c *child) Addr() netip.AddrPort { return c.addr }

// Collect adds the newest figures the child sent.
func (c *child) Collect(s *monitor.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Bundled = true
	s.Server = c.latest
}

// finish lets the child stop by itself and ends it when it does not. What it had to say comes
// now: while the run lasted the screen may have been in use.
func (c *child) finish() {
	_ = c.stdin.Close()
	giveUp := time.AfterFunc(serveGrace+10*time.Second, func() { _ = c.cmd.Process.Kill() })
	<-c.read
	err := c.cmd.Wait()
	giveUp.Stop()
	_, _ = os.Stderr.Write(c.said.Bytes())
	if err != nil {
		fmt.Fprintf(os.Stderr, "dummyload: the bundled server's process: %v\n", err)
	}
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) && exit.ExitCode() == monitor.ExitFault {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = nil // killed or crashed: it left no audit, and what it held last is no leak
}

// witness is none: the trace is the child's.
func (c *child) witness() monitor.Witness { return nil }

// dumpTrace cannot reach into the child.
func (c *child) dumpTrace(w io.Writer) error {
	_, err := fmt.Fprintf(w, "the server is a process of its own: send its quit signal to pid %d\n",
		c.cmd.Process.Pid)
	return err
}
