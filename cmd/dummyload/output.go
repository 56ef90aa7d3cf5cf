package main

import (
	"fmt"
	"io"
	"os"

	"dummyload/monitor"
)

// output is where --json goes. It is opened before anything starts, so that a path that cannot
// be written is bad input and not a lost result.
type output struct {
	w    io.Writer // nil when nothing was asked for
	file *os.File
}

// openOutput opens path for writing; "" is nowhere, "-" is stdout.
func openOutput(path string) (*output, error) {
	switch path {
	case "":
		return &output{}, nil
	case "-":
		return &output{w: os.Stdout}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--json %s: want a file that can be written: %w",
			path, err)}
	}
	return &output{f, f}, nil
}

func (o *output) writeJSON(v any) error {
	if o.w == nil {
		return nil
	}
	return monitor.WriteJSON(o.w, v)
}

// Close closes the file, if there is one.
func (o *output) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
