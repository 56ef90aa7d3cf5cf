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

// session is one run's parts, wired together.
type session struct {
	options *loadOptions
	config  dummy.Config
	server  bundled // nil with --target
	rig     *rig.Rig
	search  *script.MaxRate // nil without --max-rate
	out     *output.File
	trace   *output.File
	tuned   bool // under a screen: the load may have been changed

	writing sync.Mutex // guards what follows; once a run ends at once it is held for good
	traced  bool       // --trace is written
	summed  bool       // --json is
}

// open checks everything that can be checked first, then starts the server and the fleet.
func open(ctx context.Context, o *loadOptions, sinks ...monitor.Sink) (*session, error) {
	config, err := o.fleetConfig()
	if err != nil {
		return nil, err
	}
	s := &session{options: o, config: config}
	if s.out, err = openOutput(o.json); err != nil {
		return nil, err
	}
	if s.trace, err = openTrace(o.trace); err != nil {
		_ = s.out.Close() // the error that counts is the one at hand
		return nil, err
	}
	if err = output.Apart(s.out, s.trace); err != nil {
		err = usageError{err}
	} else {
		err = s.start(ctx, sinks)
	}
	if err == nil {
		err = errors.Join(s.out.Begin(), s.trace.Begin())
	}
	if err != nil {
		if s.rig != nil {
			_ = s.rig.Fleet.Close() // as above
			s.rig.Stop()
		} else if s.server != nil {
			s.server.Stop()
		}
		s.release()
		return nil, err
	}
	return s, nil
}

// release is for when all has been asked and written.
func (s *session) release() {
	if s.server != nil {
		s.server.Close()
		_, _ = os.Stderr.Write(s.server.Stderr()) // not before: a screen may have been in use
	}
	// The last opened goes first: where both name a new file it is the first that removes it, and
	// Windows removes none that is still open.
	_ = s.trace.Close()
	_ = s.out.Close()
}

// start starts the server, unless there is a target, and makes the rest around it.
func (s *session) start(ctx context.Context, sinks []monitor.Sink) error {
	o := s.options
	parts := rig.Parts{Config: s.config, Every: monitor.SampleInterval, Sinks: sinks, Wait: o.wait}
	parts.Config.Skipped = skipped("dummies")
	if o.target.text != "" {
		parts.Target = dummy.Target{Name: o.target.text, Addrs: o.target.addrs, Waiting: func(why error) {
			fmt.Fprintf(os.Stderr, "dummyload: %v; waiting up to %v\n", why, o.wait)
		}}
	} else {
		var err error
		if s.server, err = startBundled(o, s.config); err != nil {
			return err
		}
		parts.Server, parts.Beside = s.server, []monitor.Source{traceFile(o.trace)}
		parts.Config.Target = s.server.Addr()
		if err := dummy.Preflight(parts.Config, !o.serverProcess); err != nil {
			return usageError{err}
		}
	}
	if o.maxRate > 0 {
		s.search = &script.MaxRate{Limit: o.maxRate, Each: o.duration, Allow: o.allow}
		parts.Beside = append(parts.Beside, s.search)
	}
	r, err := rig.Open(ctx, parts)
	switch {
	case errors.Is(err, dummy.ErrInterrupted):
		return err
	case err != nil:
		return usageError{err}
	}
	s.rig, s.config = r, r.Config
	if cost := dummy.PortSearch(s.config); cost != "" {
		fmt.Fprintln(os.Stderr, "dummyload:", cost)
	}
	return nil
}

// traceFile is where the bundled server's trace is to be found.
type traceFile string

// Collect names it in the server's figures.
func (f traceFile) Collect(_ *monitor.Run, t *monitor.Tally) {
	if t.Server != nil {
		t.Server.Trace = string(f)
	}
}

// close ends the server after the fleet, writes --trace, and returns the last snapshot, which has
// the server's audit in it and how its process ended.
func (s *session) close() (*monitor.View, error) {
	s.rig.Stop()
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.writeTrace()
	if s.server != nil {
		s.server.Close()
	}
	return s.rig.Sampler.Sample(), err
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
	s, err := open(stop, o, sinks...)
	if err != nil {
		return interrupted(err)
	}
	defer s.release()
	again.set(s.endAtOnce)
	defer dumpOnQuit(s.dumpTrace)()
	s.announce(os.Stderr)

	endSampling := s.rig.Begin()
	err = script.Run(stop, s.rig.Fleet, s.config.Quiet, s.script())
	endSampling()
	final, traceErr := s.close()
	endProgress()
	if err != nil && !errors.Is(err, dummy.ErrInterrupted) {
		return err
	}
	return afterTrace(s.report(final, stop.Err() != nil), traceErr)
}

// script is what a run without a screen does.
func (s *session) script() script.Script {
	if s.search == nil {
		return script.Echo(s.options.duration)
	}
	return script.Then(script.List(script.Connected{}), s.search.Script)
}

// interrupted is for what was ended by a signal before it had begun.
func interrupted(err error) error {
	if errors.Is(err, dummy.ErrInterrupted) {
		fmt.Fprintln(os.Stderr, "dummyload:", err)
		return exitCode(monitor.ExitInterrupted)
	}
	return err
}

// afterTrace is what a run has come to: a trace that could not be written is a failure of the
// program, but does not hide the report.
func afterTrace(reported, traceErr error) error {
	if traceErr != nil {
		return fmt.Errorf("--trace: %w", traceErr)
	}
	return reported
}

// skipped tells on stderr when "auto" had to fall back.
func skipped(who string) func(string, error) {
	return func(backend string, err error) {
		fmt.Fprintf(os.Stderr, "dummyload: %s: auto goes without %s: %v\n", who, backend, err)
	}
}

// announce says what is about to run.
func (s *session) announce(w io.Writer) {
	fmt.Fprintf(w, "dummyload %s: %d dummies, Over Send %d, %v bytes, %v, seed %d, target %s\n",
		version(), s.config.Clients, s.config.OverSend, s.options.size, s.config.Frame,
		s.config.Seed, s.options.target.of(s.config.Target))
}

// report gives the verdict: for people on stdout (on stderr when the JSON is there), as JSON
// where asked, and as exit code.
func (s *session) report(final *monitor.View, signalled bool) error {
	verdict := monitor.Judge(final, s.rules(signalled && s.early(final)))
	meta := s.meta(final)
	summary := monitor.NewSummary(final, verdict, meta)
	text := io.Writer(os.Stdout)
	if s.options.json == "-" {
		text = os.Stderr
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := errors.Join( // one that cannot be written is no reason to lose the other
		monitor.WriteReport(text, final, verdict, meta), s.writeSummary(summary),
	); err != nil {
		return err
	}
	if verdict.ExitCode != monitor.ExitPass {
		return exitCode(verdict.ExitCode)
	}
	return nil
}

// writeSummary writes --json, once. s.writing is held.
func (s *session) writeSummary(summary monitor.Summary) error {
	if s.summed {
		return nil
	}
	s.summed = true
	return s.out.WriteJSON(summary)
}

func (s *session) meta(of *monitor.View) monitor.Meta {
	m := monitor.Meta{Version: version(), JSONFile: s.options.json, Duration: s.planned(),
		Advice: diagnose.Advice}
	if s.tuned {
		m.Command = s.options.headlessCommand(dummy.InForce(of))
	} else {
		m.Command = s.options.command("", func(string) bool { return true })
	}
	return m
}

// planned is how long Echo was to be on, 0 where nobody said.
func (s *session) planned() time.Duration {
	if s.options.maxRate > 0 || s.tuned && !s.options.durationSet {
		return 0 // each step has its own; a screen has keys
	}
	return s.options.duration
}

// early reports whether Echo was not on for as long as it was to be.
func (s *session) early(final *monitor.View) bool {
	return s.planned() == 0 || final.Whole().EchoOn < s.planned()
}

func (s *session) rules(interrupted bool) monitor.Rules {
	return monitor.Rules{
		Allow:       s.options.allow,
		Thresholds:  s.options.thresholds,
		OpenLoop:    s.config.Rate > 0,
		Interrupted: interrupted,
	}
}
