package diagnose

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
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
	Format frame.Format
	Login  []byte        // the login packet's payload
	Greets bool          // a login packet is expected (--login)
	Sent   []byte        // at most ExchangeBytes
	Got    []byte        // at most ExchangeBytes
	Ended  bool          // the server closed the connection
	Quiet  time.Duration // since the last byte came
}

// stopped is a pause in the middle of an echo. After it, the rest of the echo is taken never to come.
const stopped = time.Second

// mismatch is about a server that never answered right: what it was sent, what came, and what that
// looks like. It is empty if what came is the beginning of a right answer, and more may come.
func (x *Exchange) mismatch() string {
	rest := x.Got
	if login := x.Format.Append(nil, x.Login); x.Greets && bytes.HasPrefix(rest, login) {
		rest = rest[len(login):]
	}
	if !x.Ended && bytes.HasPrefix(x.Sent, rest) && x.Quiet < stopped {
		return ""
	}
	text := fmt.Sprintf("no echo ever came back right: --frame %v may not be what this server speaks. "+
		"Sent %s, ", x.Format, hexOf(x.Sent))
	switch {
	case len(x.Got) > 0:
		text += "got " + hexOf(x.Got)
	default:
		text += "got nothing"
	}
	if x.Ended {
		text += ", and the server closed the connection"
	}
	if hint := x.looksLike(); hint != "" {
		text += ". " + hint
	}
	return text
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
	got := x.Got
	for _, f := range [...]frame.Format{frame.Len16, frame.Len32} {
		login := f.Append(nil, x.Login)
		switch {
		case !bytes.HasPrefix(got, login):
		case f != x.Format:
			return fmt.Sprintf("That begins with the login packet in %v: give --frame %v --login", f, f)
		case x.onlyFirst(got[len(login):]) && x.Greets:
			return "The server answers with the first 8 bytes only: give --size 8"
		case x.onlyFirst(got[len(login):]):
			return "That begins with the login packet, and the server answers with the first 8 bytes " +
				"only: give --login --size 8"
		case !x.Greets:
			return "That begins with the login packet: give --login"
		}
	}
	switch {
	case x.onlyFirst(got):
		return "The server answers with the first 8 bytes only: give --size 8"
	case bytes.HasPrefix(got, []byte("HTTP/")):
		return "It speaks HTTP"
	case bytes.HasPrefix(got, []byte("SSH-")):
		return "It speaks SSH"
	case len(got) > 2 && (got[0] == 0x15 || got[0] == 0x16) && got[1] == 3:
		return "It speaks TLS"
	case len(got) >= shortest && !slices.ContainsFunc(got, func(c byte) bool {
		return (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t'
	}) && x.Format != frame.Line:
		return fmt.Sprintf("It speaks text: %q", got)
	}
	return ""
}

// onlyFirst reports whether an answer is the first 8 bytes of an echo's payload in a frame, and the
// payload is longer.
func (x *Exchange) onlyFirst(answer []byte) bool {
	head := x.Format.Overhead()
	if x.Format != frame.Len16 && x.Format != frame.Len32 || len(x.Sent) <= head+shortest {
		return false
	}
	cut := x.Format.Append(nil, x.Sent[head:head+shortest])
	return bytes.HasPrefix(answer, cut) && !bytes.HasPrefix(x.Sent, cut)
}

// neverRight says what a foreign server may speak that never answered right. It is pending as long
// as this is not known: nothing else is concluded meanwhile.
func (f *Facts) neverRight(dst []cause) []cause {
	if !f.Foreign || f.EverEchoed > 0 || f.EverSent == 0 && (f.Met == nil || !f.Met.Greets) {
		return dst
	}
	if f.Met != nil {
		why := f.Met.mismatch()
		return append(dst, cause{monitor.Diagnosis{
			Name: monitor.FrameMismatch, Connections: int(max(f.Peak, 1)), Why: why}, why == ""})
	}
	silent := slices.ContainsFunc(f.Outages, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.NeverServed
	})
	over := f.Phase == monitor.Undrained || f.Phase == monitor.Ended
	unaccepted := f.Ladder.Unaccepted.Connections+f.Ladder.Refused.Connections >= uint64(f.Clients)
	return append(dst, cause{monitor.Diagnosis{
		Name: monitor.NeverServed, Connections: int(f.Peak),
		Why: fmt.Sprintf("no answer: a wrong frame or a mute server. Connects succeed, and of what was "+
			"sent in --frame %v no byte ever came back", f.Format)},
		!silent && !(over && f.Peak > 0 && !unaccepted)})
}
