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
	// Stop stops the server and waits for its audit, which later Collects carry: or for how it
	// ended without one. Its trace can still be asked.
	Stop()
	// Close is for when nothing more is asked. A process that ends badly now is in later Collects.
	Close()
	// Stderr is what the server's process has written there, complete after Close.
	Stderr() []byte
}

// startBundled starts the bundled server on a free loopback port, fit for the given load.
func startBundled(o *loadOptions, c dummy.Config) (bundled, error) {
	// Every echo a right dummy may have unanswered fits, however slowly the dummies read, or if they
	// are stopped in the middle of a frame. Of the hostile, SendQ's own limit is the one that holds.
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
	config.Memory = memoryFor(c, config.SendQLimit)
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

// memoryFor is what no load ever reaches, whatever it is tuned to: all sessions there can be, with
// SendQ full, in blocks twice as large as what they hold, and a frame arriving.
func memoryFor(c dummy.Config, sendQ int) int64 {
	return 4 * int64(sendQ+c.Frame.MaxPayload()) * server.DefaultMaxSessions
}

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
