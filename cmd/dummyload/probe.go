package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"dummyload/dummy/probe"
	"dummyload/monitor"
	"dummyload/server/frame"
)

// probeOptions are the flags of `probe`.
type probeOptions struct {
	frames []*frame.Format
	json   string
}

func newProbeCommand() *cobra.Command {
	var o probeOptions
	cmd := &cobra.Command{
		Use:   "probe HOST:PORT",
		Short: "Find the frame and the login that a server speaks",
		Long: "Listens for what the server says unasked, sends it half a frame, and then asks for one\n" +
			"echo in each built-in frame, with its default options, and in those that --frame gives.\n" +
			"Says which are right, with the command line of the run, and what came of the others.\n\n" +
			fmt.Sprintf("One connection after the other, at most %d, with at most %d bytes sent on each,\n"+
				"under 10 s in all. ", probe.MaxConnections, probe.MaxSent) +
			"Exit 0 when one fits, 3 when none does, 2 when the server\ncannot be reached.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("probe with %d arguments: want one HOST:PORT", len(args))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return runProbe(args[0], &o) },
	}
	f := flagSet{cmd.Flags()}
	appendTo(f, &o.frames, "frame", "F", "a frame to try before the built-in ones: NAME:KEY=VALUE,… or the "+
		"file of a description; repeatable",
		func(s string) ([]*frame.Format, error) {
			format, err := frame.Named(s)
			return []*frame.Format{format}, err
		})
	f.StringVar(&o.json, "json", "", "write what was found as JSON to a file; - is stdout")
	return cmd
}

// runProbe is `dummyload probe`.
func runProbe(target string, o *probeOptions) error {
	given := notBuiltIn(o.frames...)
	if most := probe.MaxGiven(); len(given) > most {
		return usageError{fmt.Errorf("--frame given %d times: want at most %d", len(given), most)}
	}
	if a, err := parseTarget(target); err != nil || a.text == "" {
		if err == nil {
			err = fmt.Errorf("want HOST:PORT")
		}
		return usageError{fmt.Errorf("probe %q: %w", target, err)}
	}
	out, err := openOutput(o.json)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Begin(); err != nil {
		return err
	}
	stop, release := stopSignals(exitInterrupted)
	defer release()
	report := probe.Probe(stop, target, given, probing(target))
	if stop.Err() != nil {
		return exitCode(monitor.ExitInterrupted)
	}
	if err := out.WriteJSON(report); err != nil {
		return err
	}
	if report.Unreachable != "" {
		return usageError{fmt.Errorf("probe %s: %s", target, report.Unreachable)}
	}
	text := io.Writer(os.Stdout)
	if o.json == "-" {
		text = os.Stderr
	}
	if err := report.WriteText(text); err != nil {
		return err
	}
	if len(report.Fits) == 0 {
		return exitCode(monitor.ExitFault)
	}
	return nil
}

// notBuiltIn are the formats that a probe does not try anyway.
func notBuiltIn(all ...*frame.Format) []*frame.Format {
	return slices.DeleteFunc(all, func(f *frame.Format) bool { return slices.Contains(frame.Names(), f.String()) })
}

// probing shows on a terminal how far a probe is.
func probing(target string) func(done, all int) {
	if !isTerminal(os.Stderr) {
		return nil
	}
	return func(done, all int) {
		fmt.Fprintf(os.Stderr, "\rprobing %s: %d of %d frames", monitor.Clean(target), done, all)
		if done == all {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
		}
	}
}
