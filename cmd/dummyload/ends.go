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

// writeTrace writes to --trace what the traces of both ends hold, once. s.writing is held.
func (s *session) writeTrace() error {
	if !s.trace.Wanted() || s.traced {
		return nil
	}
	s.traced = true
	processes, err := s.rig.Processes()
	if err != nil {
		fmt.Fprintf(os.Stderr, "dummyload: --trace %s: %v\n", s.options.trace, err)
	}
	return trace.WriteChrome(s.trace, processes...)
}

// dumpTrace writes the same, one event a line.
func (s *session) dumpTrace(w io.Writer) error {
	processes, err := s.rig.Processes()
	return errors.Join(trace.WriteText(w, processes...), err)
}

// atOnceMost is how long a run may take to end at once: whatever it hangs on, it ends. A child
// server that does not answer takes most of it.
const atOnceMost = cluster.RecordsMost + 2*time.Second

// endAtOnce is for whoever does not want to wait for the drain. What was measured is written where
// it was asked for, as it stands, and the program ends.
func (s *session) endAtOnce() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.writing.Lock() // and never unlocked: a run that ends by itself meanwhile waits here
		if err := s.writeAsItStands(); err != nil {
			fmt.Fprintln(os.Stderr, "dummyload:", monitor.Clean(err.Error()))
		}
	}()
	select {
	case <-written:
	case <-time.After(atOnceMost):
	}
	exitInterrupted()
}

func (s *session) writeAsItStands() error {
	if !s.out.Wanted() && !s.trace.Wanted() {
		return nil
	}
	now := s.rig.Sampler.Sample()
	rules := s.rulesNow()
	rules.Interrupted, rules.AtOnce = true, true
	summary := monitor.NewSummary(now, monitor.Judge(now, rules), s.meta(now))
	return errors.Join(s.writeSummary(summary), s.writeTrace())
}

// rulesNow are the rules for a run that goes on. Drained it does, too: the bundled server still
// holds every session.
func (s *session) rulesNow() monitor.Rules {
	rules := s.rules(false)
	rules.Live = true
	return rules
}
