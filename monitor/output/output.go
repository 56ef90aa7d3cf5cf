// Package output is the files that a run's results go to. They are opened before anything starts,
// so that a path that cannot be written is bad input and not a lost result, and written at the end.
// What an older run left there stays until this one has started.
//
//	Open ──► Apart ──► Begin: emptied ──► written ──► Close
//	  └── the run does not start ──► Close: as it was found; what was made is removed
package output

import (
	"errors"
	"fmt"
	"io"
	"os"

	"dummyload/monitor"
)

// File is one of them, or stdout, or nothing.
type File struct {
	flag  string    // that asked for it, with its value
	w     io.Writer // nil when nothing was asked for
	file  *os.File  // nil for stdout, too
	made  bool      // the file was not there before
	begun bool
}

// Open opens the file that a flag names; "" is nothing, "-" is stdout. The error is one line that
// names both and says what is accepted.
func Open(flag, path string) (*File, error) {
	switch path {
	case "":
		return &File{}, nil
	case "-":
		return &File{flag: flag + " -", w: os.Stdout}, nil
	}
	_, missing := os.Lstat(path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%s %s: want a file that can be written: %w", flag, path, err)
	}
	f := &File{flag: flag + " " + path, w: file, file: file, made: missing != nil}
	if err := Apart(f); err != nil {
		_ = f.Close() // the error that counts is the one at hand
		return nil, err
	}
	return f, nil
}

// Apart refuses files of which two are one file, by whatever names (links, /dev/stdout): the
// second would write over the first. The report and the progress have stdout and stderr.
func Apart(files ...*File) error {
	type place struct {
		name string
		info os.FileInfo
	}
	var taken []place
	take := func(name string, file *os.File) {
		if info, err := file.Stat(); err == nil {
			taken = append(taken, place{name, info})
		}
	}
	take("stdout", os.Stdout)
	take("stderr", os.Stderr)
	null, _ := os.Stat(os.DevNull) // has room for everybody
	for _, f := range files {
		if f.file == nil {
			continue
		}
		info, err := f.file.Stat()
		if err != nil || null != nil && os.SameFile(info, null) {
			continue
		}
		for _, other := range taken {
			if os.SameFile(info, other.info) {
				return fmt.Errorf("%s: want a file of its own, this one is %s, too", f.flag, other.name)
			}
		}
		take(f.flag, f.file)
	}
	return nil
}

// Begin empties the file: what it holds from now on is this run's, or nothing.
func (f *File) Begin() error {
	f.begun = true
	if f.file == nil {
		return nil
	}
	if info, err := f.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return err // a pipe or a device has nothing to be emptied of
	}
	return f.file.Truncate(0)
}

// Wanted reports whether it was asked for.
func (f *File) Wanted() bool { return f.w != nil }

// Write writes to it; where nothing was asked for, nowhere.
func (f *File) Write(text []byte) (int, error) {
	if f.w == nil {
		return len(text), nil
	}
	return f.w.Write(text)
}

// WriteJSON writes v to it, as JSON.
func (f *File) WriteJSON(v any) error {
	if f.w == nil {
		return nil
	}
	return monitor.WriteJSON(f.w, v)
}

// Close closes the file, if there is one. One that was made for a run that did not start goes.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	if f.made && !f.begun {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	return err
}
