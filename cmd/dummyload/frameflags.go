package main

import (
	"fmt"
	"strings"

	"dummyload/server/frame"
)

// frameFlags are --frame and --login.
type frameFlags struct {
	named *frame.Format
	login bool
}

// frameUsage says what --frame takes.
func frameUsage() string {
	return "how packets travel and what is asked: " + strings.Join(frame.Names(), ", ") +
		" (some take options, as in net:code=0x77,key=0x32), or a file that describes it; " +
		"see dummyload frames"
}

func (o *frameFlags) add(f flagSet, def, loginUsage string) {
	given, ready := false, false // choice reads the default first
	choice(f, &o.named, "frame", def, func(s string) (*frame.Format, error) {
		if given {
			return nil, fmt.Errorf("--frame given twice: want one")
		}
		given = ready
		return frame.Named(s)
	}, frameUsage())
	ready = true
	f.boolean(&o.login, "login", loginUsage)
}

// format is the format that the flags mean.
func (o *frameFlags) format() (*frame.Format, error) {
	switch {
	case !o.login:
		return o.named, nil
	case o.named.Stream:
		return nil, usageError{fmt.Errorf("--login with --frame %v: want a frame, a stream has no packets",
			o.named)}
	}
	f, err := o.named.WithLogin()
	if err != nil {
		return nil, usageError{fmt.Errorf("--login with --frame %v: %w", o.named, err)}
	}
	return f, nil
}
