package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/gallery"
	"dummyload/server/gallery/show"
)

// galleryOptions are the flags of `gallery`.
type galleryOptions struct {
	show.Options
	frame *frame.Format
	json  string
}

func newGalleryCommand() *cobra.Command {
	var o galleryOptions
	cmd := &cobra.Command{
		Use:   "gallery [NAME…]",
		Short: "Run the tester against deliberately wrong servers",
		Long: "Runs the dummies against every exhibit of the gallery, or the named ones: servers that\n" +
			"are wrong on purpose, each in one way, and right ones. Prints which fault was expected\n" +
			"and which was earned. Exit 0 when every wrong server was named and no right one accused,\n" +
			"3 when not.\n\nThe exhibits:\n\n" + listExhibits(),
		ValidArgs: gallery.Names(),
		RunE: func(_ *cobra.Command, names []string) error {
			return runGallery(names, o)
		},
	}
	f := flagSet{cmd.Flags()}
	f.integer(&o.Parallel, "parallel", show.Parallel, 1, 64, "exhibits on show at a time")
	f.integer(&o.Natural, "natural", 0, 0, 1000, "times that each specimen is also shown with its "+
		"bug's window as narrow as it is in the field; how often it was named is shown, and fails nothing")
	f.integer(&o.Lifetimes, "lifetimes", 0, 0, show.MaxLifetimes, "connections that each right server "+
		"must have served, under churn, without being accused; 0 = as many as a second brings")
	choice(f, &o.frame, "frame", "len16", frame.Named, frameUsage()+"; exhibits that are about a frame of "+
		"their own keep it: a stream, a length beyond every limit")
	f.StringVar(&o.json, "json", "", "write the table as JSON to a file; - is stdout")
	return cmd
}

func listExhibits() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, e := range gallery.All() {
		fmt.Fprintf(w, "  %s\t%s\n", e.Name, e.Does)
	}
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// runGallery is `dummyload gallery`.
func runGallery(names []string, o galleryOptions) error {
	exhibits, err := gallery.Named(names...)
	if err != nil {
		return usageError{err}
	}
	if exhibits, err = gallery.Under(o.frame, exhibits); err != nil {
		return usageError{fmt.Errorf("--frame %v: %w", o.frame, err)}
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
	began := time.Now()
	shows := show.Run(stop, exhibits, o.Options)
	if err := stop.Err(); err != nil {
		return exitCode(monitor.ExitInterrupted)
	}
	text := io.Writer(os.Stdout)
	if o.json == "-" {
		text = os.Stderr
	}
	if err := show.Write(text, shows, time.Since(began)); err != nil {
		return err
	}
	if err := out.WriteJSON(shows); err != nil {
		return err
	}
	if !show.AllAsExpected(shows) {
		return exitCode(monitor.ExitFault)
	}
	return nil
}
