package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"dummyload/monitor"
)

// stopSignals returns a context that the first of the stop signals ends: STOP, drain, report.
// The second calls again. release gives the signals back.
func stopSignals(again func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignalList...)
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
// goes on. It returns the function that ends this, once do has returned.
func onQuit(do func()) (release func()) {
	if len(quitSignalList) == 0 {
		return func() {}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, quitSignalList...)
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
