package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"

	"dummyload/monitor"
)

// heeded are the signals of a list that were not ignored when the program started. One that was
// ignored stays ignored: nohup(1) ignores SIGHUP, and a shell script SIGINT and SIGQUIT for what it
// runs in the background.
func heeded(list []os.Signal) []os.Signal {
	return slices.DeleteFunc(slices.Clone(list), signal.Ignored)
}

// notify is signal.Notify for a list that may be empty: signal.Notify takes an empty one for all
// signals.
func notify(c chan<- os.Signal, list []os.Signal) {
	if len(list) > 0 {
		signal.Notify(c, list...)
	}
}

// stopSignals returns a context that ends at the first stop signal: STOP, drain, report. The second
// one calls again. release gives the signals back.
func stopSignals(again func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	notify(signals, heeded(stopSignalList))
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case <-signals:
			again()
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// onAgain is what the second stop signal does. Before set is called it just ends the program.
type onAgain struct{ do atomic.Pointer[func()] }

func (a *onAgain) set(do func()) { a.do.Store(&do) }

func (a *onAgain) call() {
	if do := a.do.Load(); do != nil {
		(*do)()
	}
	exitInterrupted()
}

// exitInterrupted ends the program at once.
func exitInterrupted() { os.Exit(monitor.ExitInterrupted) }

// dumpOnQuit writes the trace to stderr whenever the quit signal comes, see onQuit.
func dumpOnQuit(dump func(io.Writer) error) (release func()) {
	return onQuit(func() {
		fmt.Fprintln(os.Stderr, "trace of the last operations:")
		if err := dump(os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "dummyload:", err)
		}
	})
}

// onQuit calls do whenever the quit signal comes (SIGQUIT; Ctrl-\ in a terminal), and the program
// goes on. release ends this; it waits for a do that is still at work.
func onQuit(do func()) (release func()) {
	signals := make(chan os.Signal, 1)
	notify(signals, heeded(quitSignalList))
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-signals:
				do()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}
