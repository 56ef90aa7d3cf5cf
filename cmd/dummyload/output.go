package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"dummyload/monitor"
)

// output is where --json or --trace goes. It is opened before anything starts, so that a path that
// cannot be written is bad input and not a lost result. What an older run left there stays until
// this one has started.
type output struct {
	flag    string    // with its value, as told
	w       io.Writer // nil when nothing was asked for
	file    *os.File
	made    bool // the file was not there before
	started bool
}

// openTrace opens the file of --trace; "" is none.
func openTrace(path string) (*output, error) {
	if path == "-" {
		return nil, usageError{fmt.Errorf("--trace -: want a file, stdout has the report")}
	}
	return openFile("--trace", path)
}

// openOutput opens the file of --json; "" is nowhere, "-" is stdout.
func openOutput(path string) (*output, error) {
	if path == "-" {
		return &output{flag: "--json -", w: os.Stdout}, nil
	}
	return openFile("--json", path)
}

func openFile(flag, path string) (*output, error) {
	if path == "" {
		return &output{}, nil
	}
	_, missing := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s %s: want a file that can be written: %w",
			flag, path, err)}
	}
	o := &output{flag: flag + " " + path, w: f, file: f, made: missing != nil}
	if err := apart(o); err != nil {
		_ = o.Close() // the error that counts is the one at hand
		return nil, err
	}
	return o, nil
}

// apart refuses outputs of which two are one file, by whatever names (links, /dev/stdout): the
// second would write over the first. The report and the progress have stdout and stderr.
func apart(outputs ...*output) error {
	type place struct {
		name string
		info os.FileInfo
	}
	var taken []place
	take := func(name string, f *os.File) {
		if info, err := f.Stat(); err == nil {
			taken = append(taken, place{name, info})
		}
	}
	take("stdout", os.Stdout)
	take("stderr", os.Stderr)
	null, _ := os.Stat(os.DevNull) // has room for everybody
	for _, o := range outputs {
		if o.file == nil {
			continue
		}
		info, err := o.file.Stat()
		if err != nil || null != nil && os.SameFile(info, null) {
			continue
		}
		for _, other := range taken {
			if os.SameFile(info, other.info) {
				return usageError{fmt.Errorf("%s: want a file of its own, this one is %s, too",
					o.flag, other.name)}
			}
		}
		take(o.flag, o.file)
	}
	return nil
}

// begin empties the file: what it holds from now on is this run's, or nothing.
func (o *output) begin() error {
	o.started = true
	if o.file == nil {
		return nil
	}
	if info, err := o.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return err // a pipe or a device has nothing to be emptied of
	}
	return o.file.Truncate(0)
}

func (o *output) writeJSON(v any) error {
	if o.w == nil {
		return nil
	}
	return monitor.WriteJSON(o.w, v)
}

// Close closes the file, if there is one. One that was made for a run that did not start goes.
func (o *output) Close() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	if o.made && !o.started {
		err = errors.Join(err, os.Remove(o.file.Name()))
	}
	return err
}
