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

// writeTrace writes to --trace what the traces of both ends hold, once. r.writing is held.
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

// atOnceMost is how long a run may take to end at once: whatever it hangs on, it ends. A child
// server that does not answer takes most of it.
const atOnceMost = cluster.RecordsMost + 2*time.Second

// endAtOnce is for whoever does not want to wait for the drain. What was measured is written where
// it was asked for, as it stands, and the program ends.
func (r *running) endAtOnce() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		r.writing.Lock() // and never unlocked: a run that ends by itself meanwhile waits here
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

// rulesNow are the rules for a run that goes on. Drained it does, too: the bundled server still
// holds every session.
func (r *running) rulesNow() monitor.Rules {
	rules := r.rules(false)
	rules.Live = true
	return rules
}
