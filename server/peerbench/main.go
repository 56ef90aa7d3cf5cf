// Command peerbench measures the bundled server and the dummies beside their peers, on loopback
// and side by side: servers under one load generator, generators against one server. It is a
// module of its own, so that what it compares with never becomes a dependency of dummyload.
//
//	cd server/peerbench && go run .
//
// It builds dummyload and the C peers into a temporary directory, pins the server to one core
// and the generator to another, measures in turn (A B C, B C A, …), and prints medians of the
// rounds, CPU of both sides per echo, round trips, and ratios with their spread. It leaves out peers
// that cannot be built here, and says so. It needs Linux: it reads /proc.
//
// With --frame, once or more often, it measures the dummies and the bundled server in these frames in
// place of peers, and --before another build of dummyload beside them:
//
//	go run . --rounds 15 --cells 1000:64:16 --before OLD --frame len16 --frame net --frame my.yaml
//
// # What was decided by it
//
// In the product, by CPU per echo of "dummyload uring" and "dummyload epoll" before and after:
//
//   - a receive that goes on after each chunk in place of one armed for each: a tenth at one
//     outstanding, less at 16 (server/iocp/uring_recv_linux.go)
//   - waiting first in a RawSyscall: some 5 % (server/iocp/nap_linux.go)
//   - recv(2) in place of read(2) on the epoll backend, and a short way through frame.Next: 5 %
//     together at 16 outstanding
//   - receives of 32 KiB in place of 16: half at 1000:1024:16, where a window does not fit into 16
//   - 2 MiB of receive buffers in place of 8, which fit the cache: 2 to 4 % at 1000:1024:16, nothing
//     where echoes are small; 1 MiB runs out there, up to 15 % (server/iocp/uring_buf_linux.go)
//   - one send for all that one receive brought, and one reading of the clock for each batch
//
// These made no difference larger than the spread of the rounds, so the simpler way stayed:
// batches of 512 or 1,024 completions in place of 128; naps of 400 µs in place of 100; GOMAXPROCS
// 1 and 2 (4 costs some 5 % on one core); GOGC=off; 1, 2 or 4 workers on the server's core, and a
// server that is not pinned. With framing, sessions and trace, 7.5 % of the server's time at
// 1000:32:16 is its own, the rest the kernel's; of the dummies' 18 % there, the histogram has
// 1.5. There is no false sharing: a session fills its cache lines (a test of package server
// checks that), and the dummies of a slab have one worker.
//
// What only the kernel could make cheaper was tried on "C io_uring", which does nothing else, by
// its CPU per echo at 1000:32:1, 1000:32:16 and 1000:1024:16 (Linux 6.18, 9 rounds, 1 is as it is):
//
//	direct descriptors                   1.00  0.99  0.92, spreads around 1 in all three
//	registered ring                      1.01  0.99  0.99
//	receive bundles                      1.01  1.00  1.06
//	incremental buffers                  0.99  1.01  1.36
//	send bundles                         1.07  1.04  1.08
//	SQPOLL, on the same core             1.12  1.07  1.09
//	a receive armed for each chunk       1.15  1.13  1.09
//	COOP_TASKRUN for DEFER_TASKRUN       1.00  1.01  1.10
//	neither of the two                   1.04  0.99  1.18
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// options is what the flags say.
type options struct {
	cells      cellList
	servers    string
	clients    string
	rounds     int
	seconds    float64
	warmup     float64
	serverCore int
	clientCore int
	json       string
	dummyload  string
	frames     frameList
	before     string
	curve      bool
	all        bool
}

func (o *options) parse(args []string) error {
	f := flag.NewFlagSet("peerbench", flag.ContinueOnError)
	o.cells = mustCells(defaultCells)
	f.Var(&o.cells, "cells",
		"connections:bytes:outstanding[:rate], comma between cells; a rate is open loop")
	f.StringVar(&o.servers, "servers", strings.Join(names(servers), ","),
		"servers to compare; empty for none")
	f.StringVar(&o.clients, "clients", strings.Join(names(clients), ","),
		"generators to compare; empty for none")
	f.IntVar(&o.rounds, "rounds", 5, "measurements of each")
	f.Float64Var(&o.seconds, "seconds", 1, "length of a measurement")
	f.Float64Var(&o.warmup, "warmup", 0.3, "seconds under load before it")
	f.IntVar(&o.serverCore, "server-core", 0, "core of the server; -1 for any")
	f.IntVar(&o.clientCore, "client-core", 1, "core of the generator; -1 for any")
	f.StringVar(&o.json, "json", "", "write every measurement to this file")
	f.StringVar(&o.dummyload, "dummyload", "", "a dummyload binary; built from ../.. when empty")
	f.Var(&o.frames, "frame", "measure the dummies and the bundled server in this frame instead; "+
		"repeat it to compare frames with the first")
	f.StringVar(&o.before, "before", "", "with --frame: another dummyload binary, measured in the first frame")
	f.BoolVar(&o.curve, "curve", false, "measure the cost curve of dummyload alone instead")
	f.BoolVar(&o.all, "all", false, "with --curve: all cells of it")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.rounds < 1 || o.rounds > 1000 || o.seconds < 0.05 || o.seconds > 60 ||
		o.warmup < 0 || o.warmup > 60 {
		return errors.New("accepted: --rounds 1 to 1000, --seconds 0.05 to 60, --warmup 0 to 60")
	}
	switch {
	case o.curve && len(o.frames) > 0:
		return errors.New("accepted: --curve or --frame")
	case o.before != "" && len(o.frames) == 0:
		return errors.New("--before; accepted: beside --frame")
	}
	return nil
}

// own are the peers that live in this binary: the name of one as first argument runs it.
var own = map[string]func(args []string) error{
	"serve-net":     serveNet,
	"serve-netpoll": serveNetpoll,
	"client-net":    clientNet,
}

func main() {
	// A child dies with the thread that started it (PR_SET_PDEATHSIG); so this thread must stay.
	runtime.LockOSThread()
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && own[args[0]] != nil {
		return own[args[0]](args[1:])
	}
	var o options
	if err := o.parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := newBench(ctx, &o)
	if err != nil {
		return err
	}
	defer b.close()
	return b.run()
}

// bench is one run of this program.
type bench struct {
	ctx     context.Context
	options *options
	dir     string // of what was built
	taskset string // empty: nothing is pinned
	results []*result
}

func newBench(ctx context.Context, o *options) (*bench, error) {
	dir, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return nil, err
	}
	b := &bench{ctx: ctx, options: o, dir: dir}
	b.findTaskset()
	return b, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// run builds what is asked for, measures it, and prints.
func (b *bench) run() error {
	if len(b.options.frames) > 0 { // other programs are not needed
		b.options.servers, b.options.clients = "", ""
	}
	ss, err := pick("servers", servers, b.options.servers)
	if err != nil {
		return err
	}
	cs, err := pick("clients", clients, b.options.clients)
	if err != nil {
		return err
	}
	plans, err := b.plans(b.build(ss), b.build(cs))
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d rounds of %g s each\n\n", b.pinning(), b.options.rounds, b.options.seconds)
	began := time.Now()
	for i := range plans {
		p := &plans[i]
		b.settleRates(p)
		if err := b.measureAll(*p); err != nil {
			return err
		}
		if !b.options.curve {
			printTable(os.Stdout, *p, b.results)
		}
	}
	switch {
	case b.options.curve:
		printCurve(os.Stdout, b.results)
	case len(b.options.frames) == 0:
		printBars(os.Stdout, b.results)
	}
	warnOfOthers(os.Stdout, b.results)
	fmt.Printf("took %v\n", time.Since(began).Round(time.Second))
	return errors.Join(failures(b.results), writeJSON(b.options.json, b.results))
}

func (b *bench) pinning() string {
	if b.taskset == "" {
		return "not pinned (no taskset here)"
	}
	return fmt.Sprintf("server on core %d, generator on core %d",
		b.options.serverCore, b.options.clientCore)
}
