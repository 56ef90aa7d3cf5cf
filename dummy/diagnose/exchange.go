package diagnose

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// A foreign server may never answer an echo right. The likeliest reason is that it speaks other
// frames, or another protocol. Conclusions from faults are true only of a server that once was
// right. So the first bytes that came are kept, and shown beside the bytes that were sent, and
// nothing else is concluded (frame_mismatch). A server that says nothing at all is mute, or waits
// for the rest of what it takes for a frame (never_served).

// ExchangeBytes is how many bytes are kept of what came, and shown of what was sent.
const ExchangeBytes = 32

// shortest is the length of the shortest payload of an echo, in bytes (verify.MinSize).
const shortest = 8

// Exchange is how a connection began, before any echo was right.
type Exchange struct {
	Format *frame.Format
	Echo                 // the first one
	Sent   []byte        // at most ExchangeBytes
	Got    []byte        // at most ExchangeBytes
	Ended  bool          // the server closed the connection
	Quiet  time.Duration // since the last byte came
	over   bool          // the run is: nothing more will come
}

// stopped is a pause in the middle of an echo. After it, the rest of the echo is taken never to come.
const stopped = time.Second

// mismatch is about a server that never answered right: what it was sent, what came, and what that
// looks like, or what is known of all its answers. It is empty if what came is the beginning of a right
// answer, and more may come: unless the run is over.
func (x *Exchange) mismatch(known string) string {
	if !x.over && !x.Ended && x.Quiet < stopped && known == "" && x.goesWell() {
		return ""
	}
	text := fmt.Sprintf("no echo ever came back right: --frame %v may not be what this server speaks. ",
		x.Format)
	hint := known
	if hint == "" {
		hint = x.looksLike()
	}
	return text + x.told(hint)
}

// told is what was sent and what came, and a hint behind it.
func (x *Exchange) told(hint string) string {
	text := "Sent " + hexOf(x.Sent) + ", "
	switch {
	case len(x.Got) > 0:
		text += "got " + hexOf(x.Got)
	default:
		text += "got nothing"
	}
	if x.Ended {
		text += ", and the server closed the connection"
	}
	if hint != "" {
		text += ". " + hint
	}
	return text
}

// goesWell reports whether all that came is as described so far.
func (x *Exchange) goesWell() bool {
	got := x.Got
	for i, s := range x.Format.Session {
		if s.Send {
			continue
		}
		n, more := x.Ignored(x.Format, got)
		got = got[n:]
		n, fit := x.Expected(x.Format, i, got)
		if fit != Whole {
			return fit == Begins || more
		}
		got = got[n:]
	}
	n, more := x.Ignored(x.Format, got)
	got = got[n:]
	if len(got) == 0 {
		return true
	}
	_, fit := x.Answer(x.Format, got)
	return more || fit != Differs && len(x.Payload) > 0
}

func hexOf(b []byte) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) == ExchangeBytes:
		return hex.EncodeToString(b) + "…"
	}
	return hex.EncodeToString(b)
}

// looksLike is what the first bytes show, in a sentence; it is empty if they show nothing.
func (x *Exchange) looksLike() string {
	own, built := x.others()
	for _, o := range append(own, built...) {
		if x.answeredIn(o.Format) {
			return fmt.Sprintf("That is an answer in %v: give %s", o.Format, o.flags)
		}
	}
	_, expected := x.Greeted(x.Format, x.Got)
	for i, o := range append(own, built...) {
		switch n, fit := x.Greeted(o.Format, x.Got); {
		case fit != Whole || expected == Whole:
		case i < len(own):
			return "That begins with the login packet: give --login" + x.onlyFirst(x.Got[n:])
		default:
			return fmt.Sprintf("That begins with the login packet of %v: give %s", o.Format, o.flags)
		}
	}
	n, _ := x.Greeted(x.Format, x.Got)
	rest := x.Got[n:]
	if first := x.onlyFirst(rest); first != "" {
		return "That is the beginning of the payload" + first
	}
	return Speaks(x.Got, x.Format.Text())
}

// other is a format that the server may speak in place of the run's.
type other struct {
	*frame.Format
	flags string // to ask for it
}

// others are the run's format with the login packet, where it has none, and those that are built in.
func (x *Exchange) others() (own, built []other) {
	with := func(dst []other, f *frame.Format, flags string) []other {
		if l, err := f.WithLogin(); err == nil && !f.Stream {
			return append(dst, other{l, flags + " --login"})
		}
		return dst
	}
	own = with(nil, x.Format, fmt.Sprintf("--frame %v", x.Format))
	for _, name := range frame.Names() {
		f := frame.Builtin(name)
		built = append(built, other{f, "--frame " + name})
		built = with(built, f, "--frame "+name)
	}
	return own, built
}

// answeredIn reports whether the server would be right in a format, if the run had chosen that: what
// was sent is a request in it, and what came its answer, as far as it goes.
func (x *Exchange) answeredIn(f *frame.Format) bool {
	if slices.ContainsFunc(f.Session, func(s frame.Step) bool { return s.Send }) || len(x.Payload) == 0 {
		return false
	}
	asked := x.Request(f)
	n := min(len(asked), len(x.Sent))
	greeting, fit := x.Greeted(f, x.Got)
	if !bytes.Equal(asked[:n], x.Sent[:n]) || len(f.Session) > 0 && fit != Whole {
		return false
	}
	got := x.Got[greeting:]
	if n := min(len(got), len(x.Sent)); f.Stream && !bytes.Equal(got[:n], x.Sent[:n]) {
		return false // of a stream all comes back, and not one payload alone
	}
	_, fit = x.Answer(f, got)
	return fit == Whole || fit == Begins && len(got) >= f.Answer.HeadSize()+shortest
}

// onlyFirst goes on with a sentence where an answer holds the first bytes of the payload, and no more.
func (x *Exchange) onlyFirst(got []byte) string {
	n := x.OnlyFirst(x.Format, got)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; the server answers with the first %d bytes only: give --size %d, or describe "+
		"that (answer: {body: [{id: payload, first: %d}]})", n, n, n)
}

// firstOnly is about a server that answered right only where the whole payload had 8 bytes, and sent the
// first 8 bytes of n others.
func (x *Exchange) firstOnly(n uint64) string {
	give := fmt.Sprintf("--size %d, or describe that (answer: {body: [{id: payload, first: %d}]})",
		shortest, shortest)
	_, built := x.others()
	for _, o := range built {
		if o.Answer.Carries(ExchangeBytes) == shortest && x.answeredIn(o.Format) {
			give = o.flags
			break
		}
	}
	hint := fmt.Sprintf("Of %d longer payloads the first %d bytes came back: give %s", n, shortest, give)
	return fmt.Sprintf("no echo longer than %d bytes ever came back right: --frame %v may not be what this "+
		"server speaks. ", shortest, x.Format) + x.told(hint)
}

// wrongField is about answers that all have the right payload, and all the same field wrong; it is empty
// if there are others.
func (f *Facts) wrongField() string {
	var field string
	for i := range f.Evidence {
		e := &f.Evidence[i]
		if e.Fault != monitor.Corrupt {
			continue
		}
		whole := e.OwnerClient == e.Client && e.OwnerConnection == e.Connection && e.OwnerSeq == e.Seq
		if !strings.HasPrefix(e.Note, "field ") || !whole || field != "" && field != e.Note {
			return ""
		}
		field = e.Note
	}
	if field == "" || !f.right(monitor.Corrupt, monitor.NotDrained) {
		return ""
	}
	return "The payload comes back; " + field + ": correct the description"
}

// probe is the command that finds the server's frame. It tries what is built in by itself.
func (f *Facts) probe() string {
	target := f.Target
	if target == "" {
		target = "HOST:PORT"
	}
	command := "dummyload probe " + target
	if f.Format != nil && !slices.Contains(frame.Names(), f.Format.String()) {
		command += " --frame " + monitor.ShellWord(f.Format.String())
	}
	return command
}

// neverRight says what a foreign server may speak that never answered right. It is pending as long
// as this is not known: nothing else is concluded meanwhile.
func (f *Facts) neverRight(dst []cause) []cause {
	firstOnly := f.FirstOnly > 0 && !f.Whole && f.Met != nil
	if !f.Foreign || f.EverEchoed > 0 && !firstOnly ||
		f.EverSent == 0 && (f.Met == nil || len(f.Met.Format.Session) == 0) {
		return dst
	}
	over := f.Phase == monitor.Undrained || f.Phase == monitor.Ended
	if f.Met != nil {
		met := *f.Met
		met.over = over
		why := ""
		if f.EverEchoed > 0 {
			why = met.firstOnly(f.FirstOnly)
		} else {
			why = met.mismatch(f.wrongField())
		}
		if why != "" {
			why += ". " + f.probe() + " tries every frame on it"
		}
		return append(dst, cause{monitor.Diagnosis{
			Name: monitor.FrameMismatch, Connections: int(max(f.Peak, 1)), Why: why}, why == ""})
	}
	silent := slices.ContainsFunc(f.Outages, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.NeverServed
	})
	unaccepted := f.Ladder.Unaccepted.Connections+f.Ladder.Refused.Connections >= uint64(f.Clients)
	return append(dst, cause{monitor.Diagnosis{
		Name: monitor.NeverServed, Connections: int(f.Peak),
		Why: fmt.Sprintf("no answer: a wrong frame or a mute server; try %s. Connects "+
			"succeed, and of what was sent in --frame %v no byte ever came back", f.probe(), f.Format)},
		!silent && !(over && f.Peak > 0 && !unaccepted)})
}
