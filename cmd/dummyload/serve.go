package main

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"dummyload/dummy/cluster"
	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/iocp"
)

// serveGrace is how long sessions may take to leave after the order to stop.
const serveGrace = 5 * time.Second

// serveOptions is what the flags of `serve` say.
type serveOptions struct {
	config server.Config
	listen address
	frame  frameFlags
	json   string
	child  bool
}

func newServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bundled echo server alone",
		Long: "Listens, prints `listening on HOST:PORT backend=NAME workers=N`, and echoes\n" +
			"until SIGINT or SIGTERM: then it stops accepting, lets sessions finish, and\n" +
			"prints the release audit. Exit 0 when every accepted session was released\n" +
			"exactly once, 3 when not.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return runServe(&o) },
	}
	cmd.Flags().SortFlags = false
	f := flagSet{cmd.Flags()}
	o.listen, _ = parseAddress("127.0.0.1:6000")
	f.Var(&value[address]{&o.listen, parseListen, func(a address) string { return a.text },
		"HOST:PORT"},
		"listen", "where to listen; port 0 = a free one")
	choice(f, &o.config.Backend, "backend", "auto", parseBackend, backendUsage())
	f.integer(&o.config.Workers, "workers", max(1, runtime.GOMAXPROCS(0)/2), 1, iocp.MaxWorkers,
		"worker threads")
	o.frame.add(f, "raw", "send each session one login packet first")
	f.integer(&o.config.MaxSessions, "max-sessions", server.DefaultMaxSessions, 1,
		server.DefaultMaxSessions, "sessions at once; more are closed at accept")
	byteCount(f, &o.config.SendQLimit, "sendq", server.DefaultSendQLimit, 1<<10,
		"most that is queued for one session; beyond it the session is disconnected")
	byteCount(f, &o.config.Memory, "memory", server.DefaultMemory, server.MinMemory,
		"most that all sessions together make this process hold; before that the greediest\n"+
			"are disconnected")
	f.duration(&o.config.IdleTimeout, "idle-timeout", 0, 0,
		"a session is disconnected when no byte came or went for so long; 0 = never")
	f.duration(&o.config.FrameTimeout, "frame-timeout", 30*time.Second, 0,
		"a session is disconnected when half a frame is not whole by then; 0 = never")
	f.StringVar(&o.json, "json", "", "write the release audit as JSON to a file; - is stdout")
	f.boolean(&o.child, "child", "answer to a parent on stdout, stop when stdin says so or ends")
	_ = cmd.Flags().MarkHidden("child")
	return cmd
}

func parseListen(s string) (address, error) {
	if s == "" {
		return address{}, fmt.Errorf("want HOST:PORT, like 127.0.0.1:6000")
	}
	a, err := parseAddress(s)
	if err != nil {
		return a, err
	}
	return a, inSoManyWords(a)
}

// inSoManyWords refuses a name for an address that is not loopback: who opens the server to others
// must write the address.
func inSoManyWords(a address) error {
	if _, err := netip.ParseAddrPort(a.text); err != nil && !a.addrs[0].Addr().IsLoopback() {
		return fmt.Errorf("want an IP address where it is not loopback, here %v", a.addrs[0])
	}
	return nil
}

// runServe is `dummyload serve` from start to audit.
func runServe(o *serveOptions) error {
	format, err := o.frame.format()
	if err != nil {
		return err
	}
	o.config.Frame = format
	if err := server.Preflight(o.config.Workers); err != nil {
		return usageError{err}
	}
	out, err := openOutput(o.json)
	if err != nil {
		return err
	}
	defer out.Close()
	o.config.Listen, o.config.Skipped = o.listen.addrs[0], skipped("server")
	srv, err := server.Start(o.config)
	if err != nil {
		return usageError{fmt.Errorf("--listen %s --backend %s: %w", o.listen.text,
			o.config.Backend, err)}
	}
	if err := out.Begin(); err != nil {
		srv.Stop(0)
		return err
	}
	stop, release := stopSignals(exitInterrupted)
	defer release()
	defer dumpOnQuit(srv.DumpTrace)()
	defer srv.BoundProcess()()

	fmt.Println(cluster.Listening{Addr: srv.Addr(), Backend: srv.Backend(), Workers: srv.Workers()})
	var audit *monitor.Server
	if o.child {
		audit = cluster.Serve(stop, srv, serveGrace, os.Stdin, os.Stdout)
	} else {
		<-stop.Done()
		if audit = srv.Stop(serveGrace); o.json != "-" {
			fmt.Println(audit)
		}
	}
	if err := out.WriteJSON(audit); err != nil {
		return err
	}
	if !audit.OK() {
		return exitCode(monitor.ExitFault)
	}
	return nil
}
