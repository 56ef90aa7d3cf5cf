package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"dummyload/dummy/cluster"
	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// writeTrace writes to --trace, once, what the traces of both ends hold. r.writing is locked.
func (r *running) writeTrace() error {
	if !r.trace.Wanted() || r.traced {
		return nil
	}
	r.traced = true
	processes, err := r.rig.Processes()
	if err != nil {
		fmt.Fprintf(os.Stderr, "dummyload: --trace %s: %v\n", r.options.trace, err)
	}
	return trace.WriteChrome(r.trace, processes...)
}

// dumpTrace writes the same, one event a line.
func (r *running) dumpTrace(w io.Writer) error {
	processes, err := r.rig.Processes()
	return errors.Join(trace.WriteText(w, processes...), err)
}

// atOnceMost is how long a run may take to end at once. A child server that does not answer takes
// most of it. After it the program ends, whatever still hangs.
const atOnceMost = cluster.RecordsMost + 2*time.Second

// endAtOnce ends the program without a drain. --json and --trace get what was measured until now.
func (r *running) endAtOnce() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		r.writing.Lock() // for good: a run that ends by itself now waits for this lock
		if err := r.writeAsItStands(); err != nil {
			fmt.Fprintln(os.Stderr, "dummyload:", monitor.Clean(err.Error()))
		}
	}()
	select {
	case <-written:
	case <-time.After(atOnceMost):
	}
	exitInterrupted()
}

func (r *running) writeAsItStands() error {
	if !r.out.Wanted() && !r.trace.Wanted() {
		return nil
	}
	now := r.rig.Sampler.Sample()
	rules := r.rulesNow()
	rules.Interrupted, rules.AtOnce = true, true
	summary := monitor.NewSummary(now, monitor.Judge(now, rules), r.meta(now))
	return errors.Join(r.writeSummary(summary), r.writeTrace())
}

// rulesNow are the rules for a run that goes on. After the drain it still goes on: the bundled server
// holds every session.
func (r *running) rulesNow() monitor.Rules {
	rules := r.rules(false)
	rules.Live = true
	return rules
}
