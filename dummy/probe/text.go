package probe

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dummyload/server/frame"
)

// shownBytes is how much of what was sent, and of what came, a text shows.
const shownBytes = 32

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	if r.Unreachable != "" {
		fmt.Fprintf(&b, "%s cannot be reached: %s\n", r.Target, r.Unreachable)
	} else {
		r.writeMet(&b)
		r.writeFits(&b)
		r.writeOthers(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMet is what came before any frame was tried.
func (r *Report) writeMet(b *strings.Builder) {
	fmt.Fprintf(b, "%s, probed in %.1fs\n", r.Target, time.Duration(r.Took).Seconds())
	fmt.Fprintf(b, "  unasked it %s", said(&r.Unasked))
	if len(r.Login) > 0 {
		fmt.Fprintf(b, ": that begins with the login packet of %s", strings.Join(r.Login, ", "))
	}
	b.WriteString("\n")
	if r.Half.Sent == nil {
		return
	}
	fmt.Fprintf(b, "  to half a frame it %s", said(&r.Half))
	if r.Stream {
		b.WriteString(": that came back at once, so there are no frames")
	}
	b.WriteString("\n")
}

// writeFits is what to do.
func (r *Report) writeFits(b *strings.Builder) {
	for i := range r.Fits {
		t := &r.Fits[i]
		fmt.Fprintf(b, "\nfits: %s, round trip %v (%s)\n  %s\n", strings.TrimPrefix(t.Flags(), "--frame "),
			rounded(t.RTT), t.Title, t.Command)
	}
	if n := r.count(Mirrored); n > 0 {
		fmt.Fprintf(b, "\n%d more frames come back right too: this server returns any bytes. Use raw.\n", n)
	}
	if len(r.Fits) > 0 {
		return
	}
	if r.Cut {
		b.WriteString("\nnone of the frames that were tried fits\n")
		return
	}
	b.WriteString("\nnone of the frames fits\n")
	if r.Speaks != "" {
		fmt.Fprintln(b, r.Speaks)
	}
	switch {
	case len(r.Hello.Got) > 0:
		fmt.Fprintf(b, "to a greeting of TLS it %s\n", said(&r.Hello))
	case r.Hello.End == Closed:
		fmt.Fprintf(b, "to a greeting of TLS it %s, as some servers of TLS do: is this one?\n", said(&r.Hello))
	}
	if r.Speaks == "" && r.mute() {
		b.WriteString("it accepts, and says nothing at all: it is mute, or waits for another login or frame\n")
	}
	if o := r.defaults(); o != "" && r.Speaks == "" {
		fmt.Fprintf(b, "tried with their defaults: %s; yours may differ: give --frame NAME:KEY=VALUE,…\n", o)
	}
	if r.Speaks == "" || strings.Contains(r.Speaks, "text") {
		b.WriteString("describe what it speaks in ten lines (dummyload help frames), and probe again with " +
			"--frame FILE\n")
	}
}

// defaults are the built-in frames that were tried and take options, with the values that they were tried
// with.
func (r *Report) defaults() string {
	var all []string
	for i := range r.Tries {
		name := r.Tries[i].Frame
		if !slices.Contains(frame.Names(), name) {
			continue
		}
		if o := frame.Builtin(name).Options(); o != "" {
			all = append(all, name+":"+o)
		}
	}
	return strings.Join(all, ", ")
}

// writeOthers is what came of the frames that do not fit.
func (r *Report) writeOthers(b *strings.Builder) {
	head := "\nnot right:\n"
	for i := range r.Tries {
		t := &r.Tries[i]
		if t.Verdict == Right || t.Verdict == Mirrored {
			continue
		}
		b.WriteString(head)
		head = ""
		fmt.Fprintf(b, "  %-8s ", t.Frame)
		switch {
		case t.Verdict == NotTried || t.Verdict == NotConnected:
			fmt.Fprintf(b, "%s: %s\n", strings.ReplaceAll(string(t.Verdict), "_", " "), t.Note)
			continue
		case len(t.Sent) > 0:
			fmt.Fprintf(b, "sent %s, ", hexOf(t.Sent))
		}
		fmt.Fprintf(b, "it %s", said(&t.Exchange))
		if t.Note != "" {
			fmt.Fprintf(b, ": %s", t.Note)
		}
		b.WriteString("\n")
	}
}

// said is what the server did, in words.
func said(x *Exchange) string {
	s := "said nothing"
	if len(x.Got) > 0 {
		s = "said " + hexOf(x.Got)
		if text := printable(x.Got); text != "" {
			s += " " + text
		}
	}
	switch x.End {
	case Closed:
		s += " and closed"
	case Reset:
		s += " and reset the connection"
	}
	return s
}

// printable is the beginning of a text, quoted; empty where it is none.
func printable(b []byte) string {
	shown := b[:min(len(b), shownBytes)]
	for _, c := range shown {
		if (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t' {
			return ""
		}
	}
	if len(shown) < 4 {
		return ""
	}
	return fmt.Sprintf("%q", shown)
}

func hexOf(b []byte) string {
	if len(b) > shownBytes {
		return fmt.Sprintf("%x… (%d bytes)", b[:shownBytes], len(b))
	}
	return fmt.Sprintf("%x", b)
}

// rounded has three digits or so.
func rounded(s Span) time.Duration {
	d := time.Duration(s)
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}

func (r *Report) count(v Verdict) (n int) {
	for i := range r.Tries {
		if r.Tries[i].Verdict == v {
			n++
		}
	}
	return n
}

// mute reports whether nothing ever came.
func (r *Report) mute() bool {
	return len(r.Unasked.Got) == 0 && len(r.Half.Got) == 0 && r.count(Silent)+r.count(NotTried) == len(r.Tries)
}
