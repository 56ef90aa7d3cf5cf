package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/probe"
	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/tui"
)

// runTerminal is `dummyload` without a subcommand: the same run under a screen and keys. Its report
// and its files are those of `dummyload run`.
func runTerminal(o *loadOptions) error {
	if err := tui.Usable(); err != nil {
		return usageError{fmt.Errorf("%w; `dummyload run` needs no terminal", err)}
	}
	var again onAgain
	stop, release := stopSignals(again.call)
	defer release()
	r, err := open(stop, o)
	if err != nil {
		return interrupted(err)
	}
	r.tuned = true
	defer r.release()
	atOnce, screenEnded := make(chan struct{}), make(chan struct{})
	again.set(func() {
		close(atOnce)
		<-screenEnded // the terminal is given back first
		r.endAtOnce()
	})
	var dumps []string
	endDumps := onQuit(func() { dumps = append(dumps, r.dumpToFile(time.Now())) })

	endSampling := r.rig.Begin()
	endTimer := r.startTimer()
	rescuer := startRescuer()
	err = tui.Run(stop, tui.Options{
		Control: r.rig.Control(),
		Latest:  r.rig.Sampler.Latest,
		Version: version(),
		Rules:   r.rules(false),
		Command: o.headlessCommand,
		Probe:   r.probe(),
		Report:  r.writeReport,
		Start:   o.start,
		ASCII:   o.ascii,
		AtOnce:  atOnce,
	})
	rescuer.End()
	endTimer()
	close(screenEnded)
	endDumps()
	defer func() { // below the report, where they can still be seen
		for _, line := range dumps {
			fmt.Fprintln(os.Stderr, line)
		}
	}()
	if errors.Is(err, tui.ErrAtOnce) {
		r.endAtOnce()
	}
	fmt.Fprintf(os.Stderr, "disconnecting %d dummies …\n", r.rig.Sampler.Sample().Connections.Now)
	err = errors.Join(err, script.Finish(r.rig.Fleet, r.config.Quiet))
	endSampling()
	final, traceErr := r.close()
	if err != nil {
		return err
	}
	return afterTrace(r.report(final, stop.Err() != nil), traceErr)
}

// startTimer gives STOP once Echo has been on for --duration, as `dummyload run` does. end ends the
// timer.
func (r *running) startTimer() (end func()) {
	o := r.options
	if !o.durationSet || o.duration == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		p := script.Player{Fleet: r.rig.Fleet}
		_ = p.Play(ctx, script.Timer(o.duration)) // it ends with the screen or the fleet
	}()
	return cancel
}

// headlessCommand is the command line that repeats this run without a screen and with this tuning.
func (o *loadOptions) headlessCommand(t dummy.Tuning) string {
	words := []string{o.command("run", func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name != "--start" && name != "--ascii" // the screen's own
	})}
	for _, k := range dummy.Knobs() {
		if v, ok := t[k.Name]; ok {
			words = append(words, fmt.Sprintf("--%s=%s", k.Name, k.Format(v)))
		}
	}
	return strings.Join(words, " ")
}

// writeReport writes the summary as it would be if the run ended now.
func (r *running) writeReport(path string) error {
	out, err := openOutput(path)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Begin(); err != nil {
		return err
	}
	now := r.rig.Sampler.Sample()
	verdict := monitor.Judge(now, r.rulesNow())
	return out.WriteJSON(monitor.NewSummary(now, verdict, r.meta(now)))
}

// probe probes the target, for the screen; nil where the server is ours. A frame that is not built in is
// tried, too.
func (r *running) probe() func(context.Context, func(done, all int)) string {
	if r.server != nil {
		return nil
	}
	given := notBuiltIn(r.options.frame.named)
	return func(ctx context.Context, progress func(done, all int)) string {
		var b strings.Builder
		_ = probe.Probe(ctx, r.config.Target.String(), given, progress).WriteText(&b) // a Builder takes all
		return b.String()
	}
}

// dumpToFile writes the trace to a file, because a screen has the terminal. It says which file, or
// why there is none.
func (r *running) dumpToFile(now time.Time) string {
	path := "dummyload-" + now.Format("20060102-150405.000") + "-trace.txt"
	f, err := os.Create(path)
	if err == nil {
		err = errors.Join(r.dumpTrace(f), f.Close())
	}
	if err != nil {
		return "dummyload: trace of the last operations: " + monitor.Clean(err.Error())
	}
	return "trace of the last operations: " + path
}
