package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/diagnose"
	"dummyload/dummy/rig"
	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/monitor/output"
)

// running is a run under way: its parts, wired together.
type running struct {
	options *loadOptions
	config  dummy.Config
	server  bundled // nil with --target
	rig     *rig.Rig
	search  *script.MaxRate // nil without --max-rate
	out     *output.File
	trace   *output.File
	tuned   bool // under a screen: the load may have changed

	writing sync.Mutex // guards what follows; a run that ends at once never unlocks it
	traced  bool       // --trace is written
	summed  bool       // --json is written
}

// open checks everything that can be checked first, then starts the server and the fleet.
func open(ctx context.Context, o *loadOptions, sinks ...monitor.Sink) (*running, error) {
	config, err := o.fleetConfig()
	if err != nil {
		return nil, err
	}
	r := &running{options: o, config: config}
	if r.out, err = openOutput(o.json); err != nil {
		return nil, err
	}
	if r.trace, err = openTrace(o.trace); err != nil {
		_ = r.out.Close() // the error that counts is the one at hand
		return nil, err
	}
	if err = output.Apart(r.out, r.trace); err != nil {
		err = usageError{err}
	} else {
		err = r.start(ctx, sinks)
	}
	if err == nil {
		err = errors.Join(r.out.Begin(), r.trace.Begin())
	}
	if err != nil {
		if r.rig != nil {
			_ = r.rig.Fleet.Close() // as above
			r.rig.Stop()
		} else if r.server != nil {
			r.server.Stop()
		}
		r.release()
		return nil, err
	}
	return r, nil
}

// release ends the server and closes the files. Nothing is asked or written after it.
func (r *running) release() {
	if r.server != nil {
		r.server.Close()
		_, _ = os.Stderr.Write(r.server.Stderr()) // not before: a screen may have had the terminal
	}
	// The last opened goes first. Where both flags name one new file, the first opened removes it,
	// and Windows removes no file that is still open.
	_ = r.trace.Close()
	_ = r.out.Close()
}

// start starts the server, unless there is a target, and then the rest.
func (r *running) start(ctx context.Context, sinks []monitor.Sink) error {
	o := r.options
	parts := rig.Parts{Config: r.config, Every: monitor.SampleInterval, Sinks: sinks, Wait: o.wait}
	parts.Config.Skipped = skipped("dummies")
	if o.target.text != "" {
		parts.Target = dummy.Target{Name: o.target.text, Addrs: o.target.addrs, Waiting: func(why error) {
			fmt.Fprintf(os.Stderr, "dummyload: %v; waiting up to %v\n", why, o.wait)
		}}
	} else {
		var err error
		if r.server, err = startBundled(o, r.config); err != nil {
			return err
		}
		parts.Server, parts.Beside = r.server, []monitor.Source{traceFile(o.trace)}
		parts.Config.Target = r.server.Addr()
		if err := dummy.Preflight(parts.Config, !o.serverProcess); err != nil {
			return usageError{err}
		}
	}
	if o.maxRate > 0 {
		r.search = &script.MaxRate{Limit: o.maxRate, Each: o.duration, Allow: o.allow}
		parts.Beside = append(parts.Beside, r.search)
	}
	opened, err := rig.Open(ctx, parts)
	switch {
	case errors.Is(err, dummy.ErrInterrupted):
		return err
	case err != nil:
		return usageError{err}
	}
	r.rig, r.config = opened, opened.Config
	if cost := dummy.PortSearch(r.config); cost != "" {
		fmt.Fprintln(os.Stderr, "dummyload:", cost)
	}
	return nil
}

// traceFile is the file with the bundled server's trace.
type traceFile string

// Collect names it in the server's figures.
func (f traceFile) Collect(_ *monitor.Run, t *monitor.Tally) {
	if t.Server != nil {
		t.Server.TraceFile = string(f)
	}
}

// close ends the server, after the fleet, and writes --trace. It returns the last view, with the
// server's audit and how its process ended.
func (r *running) close() (*monitor.View, error) {
	r.rig.Stop()
	r.writing.Lock()
	defer r.writing.Unlock()
	err := r.writeTrace()
	if r.server != nil {
		r.server.Close()
	}
	return r.rig.Sampler.Sample(), err
}

// runHeadless is `dummyload run`.
func runHeadless(o *loadOptions) error {
	if err := o.checkRun(); err != nil {
		return err
	}
	var sinks []monitor.Sink
	endProgress := func() {}
	if every := o.progressEvery(); every > 0 {
		progress := monitor.NewProgress(os.Stderr, isTerminal(os.Stderr), every)
		endProgress = progress.Close
		sinks = append(sinks, progress)
	}
	var again onAgain
	stop, release := stopSignals(again.call)
	defer release()
	r, err := open(stop, o, sinks...)
	if err != nil {
		return interrupted(err)
	}
	defer r.release()
	again.set(r.endAtOnce)
	defer dumpOnQuit(r.dumpTrace)()
	r.announce(os.Stderr)

	endSampling := r.rig.Begin()
	err = script.Run(stop, r.rig.Fleet, r.config.Quiet, r.script())
	endSampling()
	final, traceErr := r.close()
	endProgress()
	if err != nil && !errors.Is(err, dummy.ErrInterrupted) {
		return err
	}
	return afterTrace(r.report(final, stop.Err() != nil), traceErr)
}

// script is what a run without a screen does.
func (r *running) script() script.Script {
	if r.search == nil {
		return script.Echo(r.options.duration)
	}
	return script.Then(script.List(script.Connected{}), r.search.Script)
}

// interrupted turns the error of a run that a signal ended before it began into its exit code.
func interrupted(err error) error {
	if errors.Is(err, dummy.ErrInterrupted) {
		fmt.Fprintln(os.Stderr, "dummyload:", err)
		return exitCode(monitor.ExitInterrupted)
	}
	return err
}

// afterTrace is the result of a run. A trace that cannot be written is a failure of the program,
// but does not hide the report.
func afterTrace(reported, traceErr error) error {
	if traceErr != nil {
		return fmt.Errorf("--trace: %w", traceErr)
	}
	return reported
}

// skipped says on stderr which backend "auto" passed over, and why.
func skipped(who string) func(string, error) {
	return func(backend string, err error) {
		fmt.Fprintf(os.Stderr, "dummyload: %s: auto goes without %s: %v\n", who, backend, err)
	}
}

// announce says what is about to run.
func (r *running) announce(w io.Writer) {
	fmt.Fprintf(w, "dummyload %s: %d dummies, Over Send %d, %v bytes, %v, seed %d, target %s\n",
		version(), r.config.Clients, r.config.OverSend, r.options.size, r.config.Frame,
		r.config.Seed, r.options.target.of(r.config.Target))
}

// report gives the verdict: for people on stdout (on stderr when stdout has the JSON), as JSON where
// asked, and as exit code.
func (r *running) report(final *monitor.View, signalled bool) error {
	verdict := monitor.Judge(final, r.rules(signalled && r.early(final)))
	meta := r.meta(final)
	summary := monitor.NewSummary(final, verdict, meta)
	text := io.Writer(os.Stdout)
	if r.options.json == "-" {
		text = os.Stderr
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := errors.Join( // when one cannot be written, the other still is
		monitor.WriteReport(text, final, verdict, meta), r.writeSummary(summary),
	); err != nil {
		return err
	}
	if verdict.ExitCode != monitor.ExitPass {
		return exitCode(verdict.ExitCode)
	}
	return nil
}

// writeSummary writes --json, once. r.writing is locked.
func (r *running) writeSummary(summary monitor.Summary) error {
	if r.summed {
		return nil
	}
	r.summed = true
	return r.out.WriteJSON(summary)
}

func (r *running) meta(of *monitor.View) monitor.Meta {
	m := monitor.Meta{Version: version(), JSONFile: r.options.json, Duration: r.planned(),
		Advice: diagnose.Advice}
	if r.tuned {
		m.Command = r.options.headlessCommand(dummy.InForce(of))
	} else {
		m.Command = r.options.command("", func(string) bool { return true })
	}
	return m
}

// planned is how long Echo should be on; 0 where nobody said.
func (r *running) planned() time.Duration {
	if r.options.maxRate > 0 || r.tuned && !r.options.durationSet {
		return 0 // each step of a search has its own; a screen has keys
	}
	return r.options.duration
}

// early reports whether Echo was on for less time than planned.
func (r *running) early(final *monitor.View) bool {
	return r.planned() == 0 || final.Whole().EchoOn < r.planned()
}

func (r *running) rules(interrupted bool) monitor.Rules {
	return monitor.Rules{
		Allow:       r.options.allow,
		Thresholds:  r.options.thresholds,
		OpenLoop:    r.config.Rate > 0,
		Interrupted: interrupted,
	}
}
