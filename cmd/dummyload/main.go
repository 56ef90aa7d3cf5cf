// Command dummyload drives dummy clients against an echo server, shows what happens in the
// terminal or as one summary, and says whether every echo came back. See README.md.
package main

import (
	"errors"
	"fmt"
	"os"

	"dummyload/monitor"
)

func main() { os.Exit(execute(os.Args[1:])) }

// The exit codes that are no verdict; monitor has the others.
const (
	exitFailed = 1 // the program itself failed
	exitUsage  = 2 // bad input, or something missing before the run
)

// usageError is bad input: one line on stderr, exit 2, nothing started.
type usageError struct{ error }

// exitCode ends the program with a verdict's code. Its verdict is printed already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// execute runs one command line and returns its exit code.
func execute(args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.Execute()
	var code exitCode
	var usage usageError
	switch {
	case err == nil:
		return monitor.ExitPass
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "dummyload:", monitor.Clean(err.Error()))
		return exitUsage
	default:
		fmt.Fprintln(os.Stderr, "dummyload:", monitor.Clean(err.Error()))
		return exitFailed
	}
}
