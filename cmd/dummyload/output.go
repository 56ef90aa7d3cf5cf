package main

import (
	"fmt"

	"dummyload/monitor/output"
)

// openTrace opens the file of --trace; "" is no file.
func openTrace(path string) (*output.File, error) {
	if path == "-" {
		return nil, usageError{fmt.Errorf("--trace -: want a file, stdout has the report")}
	}
	return openFile("--trace", path)
}

// openOutput opens the file of --json; "" is no file, "-" is stdout.
func openOutput(path string) (*output.File, error) { return openFile("--json", path) }

func openFile(flag, path string) (*output.File, error) {
	f, err := output.Open(flag, path)
	if err != nil {
		return nil, usageError{err}
	}
	return f, nil
}
