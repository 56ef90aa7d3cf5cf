package main

import (
	"fmt"
	"net/netip"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server"
)

// bundled is the server that comes with the program, in this process or in one of its own.
type bundled interface {
	monitor.Source
	monitor.Witness
	Addr() netip.AddrPort
	// Records is all that its trace holds.
	Records() (trace.Excerpt, error)
	// Stop stops the server and waits for its audit, or for its end without one. Later Collects have
	// it. The trace can still be read.
	Stop()
	// Close ends it: nothing is asked after it. Where its process ends badly, later Collects say so.
	Close()
	// Stderr is what the server's process has written to stderr, complete after Close.
	Stderr() []byte
}

// startBundled starts the bundled server on a free loopback port, with limits above the given load.
func startBundled(o *loadOptions, c dummy.Config) (bundled, error) {
	// SendQ has room for every echo that a right dummy may have unanswered, however slowly it reads.
	// For hostile dummies the usual limit holds.
	most := c.OverSend * c.Frame.Answer.Size(c.SizeMax)
	config := server.Config{
		Listen:     netip.MustParseAddrPort("127.0.0.1:0"),
		Backend:    o.serverBackend,
		Workers:    o.serverWorkers,
		Frame:      c.Frame,
		SendQLimit: max(server.DefaultSendQLimit, 2*most),
		Skipped:    skipped("server"),
	}
	config.Memory = memoryFor(c, config.SendQLimit)
	if o.serverProcess {
		c, err := startChild(config)
		if err != nil {
			return nil, err // not c: a bundled that holds a nil *Child is not nil
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

// memoryFor is a limit that no load reaches, whatever it is tuned to: the most sessions there can be,
// each with SendQ full, in blocks twice as large as what they hold, and a frame arriving.
func memoryFor(c dummy.Config, sendQ int) int64 {
	return 4 * int64(sendQ+c.Frame.MaxPayload()) * server.DefaultMaxSessions
}

// inProcess is the bundled server in this process.
type inProcess struct{ *server.Server }

// Collect adds the server's figures.
func (s inProcess) Collect(run *monitor.Run, t *monitor.Tally) {
	run.Bundled = true
	s.Server.Collect(run, t)
}

func (s inProcess) Stop() { s.Server.Stop(serveGrace) }

func (s inProcess) Close() {}

func (s inProcess) Stderr() []byte { return nil }

func (s inProcess) Records() (trace.Excerpt, error) { return s.Server.Records(), nil }
