package frame

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

//go:embed builtin/*.yaml
var files embed.FS

// builtin are the formats by name, in the order in which they are listed.
var builtin = []string{"raw", "len16", "len32", "len16be", "len32be", "line", "crlf", "net", "id16", "echo64"}

// Names are the built-in formats.
func Names() []string { return slices.Clone(builtin) }

// Builtin is a built-in format without options, the same pointer for each call. It panics when there
// is none of that name.
func Builtin(name string) *Format {
	once, ok := kept[name]
	if !ok {
		panic("frame: no built-in frame " + name)
	}
	return once()
}

// kept makes each built-in format when it is first asked for.
var kept = func() map[string]func() *Format {
	all := map[string]func() *Format{}
	for _, name := range builtin {
		all[name] = sync.OnceValue(func() *Format {
			f, err := Named(name)
			if err != nil {
				panic(err)
			}
			return f
		})
	}
	return all
}()

// Named finds a format: NAME[:KEY=VALUE,…] of a built-in one, or the FILE of a description, whose name
// has a path separator or ends in .yaml.
func Named(spec string) (*Format, error) {
	name, options, hasOptions := strings.Cut(spec, ":")
	if slices.Contains(builtin, name) {
		file, err := files.ReadFile("builtin/" + name + ".yaml")
		if err != nil {
			return nil, err
		}
		text := plainText(string(file))
		if hasOptions {
			given, err := settings(name, options)
			if err != nil {
				return nil, err
			}
			if text, err = withOptions(name, text, given); err != nil {
				return nil, err
			}
		}
		return parse(&reader{file: name, given: hasOptions}, spec, text)
	}
	if !strings.ContainsAny(spec, `/\`) && !strings.HasSuffix(spec, ".yaml") {
		return nil, fmt.Errorf("no frame %q; accepted: %s, or the file of a description "+
			"(with a path separator, or .yaml)", spec, strings.Join(builtin, ", "))
	}
	text, err := readFile(spec)
	if err != nil {
		return nil, err
	}
	return Parse(spec, text)
}

// readFile reads the file of a description.
func readFile(path string) (text string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: no such file", path)
	case err == nil && info.IsDir():
		return "", fmt.Errorf("%s: a directory; accepted: the file of a description", path)
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxText):
		return "", fmt.Errorf("%s: no description; accepted: a file of at most %d bytes", path, maxText)
	case err == nil:
		var b []byte
		if b, err = os.ReadFile(path); err == nil {
			return string(b), nil
		}
	}
	var why *fs.PathError // it says which call failed, too: that helps nobody
	if errors.As(err, &why) {
		err = why.Err
	}
	return "", fmt.Errorf("%s: %w", path, err)
}

// Parse reads a description. name is what errors call it.
func Parse(name, text string) (*Format, error) { return parse(&reader{file: name}, name, text) }

// parse reads and compiles; the error is an *Error.
func parse(r *reader, spec, text string) (f *Format, err error) {
	defer catch(&err)
	text = plainText(text)
	d := r.describe(text)
	f = r.compile(d)
	f.options = d.settings()
	f.spec, f.name, f.text = spec, r.file, text
	return f, nil
}

// String is what --frame was given.
func (f *Format) String() string { return f.spec }

// Title says in one line what the format is.
func (f *Format) Title() string { return f.title }

// MaxPayload is the longest payload in bytes that requests and answers carry.
func (f *Format) MaxPayload() int { return f.maxPayload }
