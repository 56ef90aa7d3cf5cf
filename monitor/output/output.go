// Package output is the files for a run's results. They are opened before anything starts: a path
// that cannot be written is then bad input, and not a lost result. They are written at the end. What
// an older run left in them stays until this run has started.
//
//	Open ──► Apart ──► Begin: emptied ──► written ──► Close
//	  └── the run does not start ──► Close: as it was before; a file that Open made is removed
package output

import (
	"errors"
	"fmt"
	"io"
	"os"

	"dummyload/monitor"
)

// File is a file for results, or stdout, or nothing.
type File struct {
	flag  string    // the flag that names it, with its value
	w     io.Writer // nil for nothing
	file  *os.File  // nil for stdout and for nothing
	made  bool      // Open made the file
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

// Apart refuses two names of one file (links, /dev/stdout): the second would write over the first.
// stdout and stderr count, too: they have the report and the progress.
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
	null, _ := os.Stat(os.DevNull) // may be named twice
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

// Begin empties the file: from now on it holds this run's result, or nothing.
func (f *File) Begin() error {
	f.begun = true
	if f.file == nil {
		return nil
	}
	if info, err := f.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return err // a pipe or a device cannot be emptied
	}
	return f.file.Truncate(0)
}

// Wanted reports whether there is something to write to.
func (f *File) Wanted() bool { return f.w != nil }

// Write writes to the file, to stdout, or nowhere.
func (f *File) Write(text []byte) (int, error) {
	if f.w == nil {
		return len(text), nil
	}
	return f.w.Write(text)
}

// WriteJSON writes v as JSON.
func (f *File) WriteJSON(v any) error {
	if f.w == nil {
		return nil
	}
	return monitor.WriteJSON(f.w, v)
}

// Close closes the file, if there is one. Before Begin it also removes a file that Open made.
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
