package server

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"dummyload/server/frame"
	"dummyload/server/iocp"

	"pgregory.net/rapid"
)

// wire is a scripted port that remembers what is in flight and what went out.
type wire struct {
	scriptedWorker
	recvs  int    // pending
	flight []byte // of the pending send, nil when there is none
}

func (f *wire) Recv(_ iocp.Socket, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpRecv
	f.recvs++
	return nil
}

func (f *wire) Send(_ iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	if f.flight != nil {
		f.t.Error("two sends in flight")
	}
	ov.Op, f.flight = iocp.OpSend, buf
	return nil
}

// Whatever the chunks in which a stream arrives, and however short the sends: what goes out is
// what came in, up to the last whole frame, or to the first illegal one.
func TestAnyChunksAndShortSendsEchoTheStream(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		format := rapid.SampledFrom(formats).Draw(r, "format")
		stream, want := drawStream(r, format)
		out, whole := flow(t, r, format, stream)
		if whole && !bytes.Equal(out, want) || !bytes.HasPrefix(want, out) {
			r.Fatalf("%v: %d bytes out, want %d", format, len(out), len(want))
		}
	})
}

// The same of every format, whose answers are not what came in.
func TestAnyChunksAndShortSendsAnswerInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		format := rapid.SampledFrom(every).Draw(r, "format")
		sends, greeted := login(format)
		var payloads []string
		for range rapid.IntRange(1, 8).Draw(r, "echoes") {
			size := rapid.OneOf(rapid.IntRange(8, 40), rapid.IntRange(8, 5000)).Draw(r, "size")
			payloads = append(payloads, strings.Repeat(string(rune('a'+size%26)), size))
		}
		stream := slices.Concat(slices.Concat(sends...), asked(format, payloads...))
		out, whole := flow(t, r, format, stream)
		if !whole || len(out) < greeted {
			r.Fatalf("%v: ended, or %d bytes of a greeting of %d", format, len(out), greeted)
		}
		if rest := right(t, format, out[greeted:], payloads...); len(rest) > 0 {
			r.Fatalf("%v: and then %x", format, rest)
		}
	})
}

// flow runs the real worker over a stream in drawn chunks, with drawn sends, and returns what went out.
// It reports false where the session has ended.
func flow(t *testing.T, r *rapid.T, format *frame.Format, stream []byte) (out []byte, whole bool) {
	p, w := script(t, Config{Frame: format})
	f := &wire{scriptedWorker: scriptedWorker{p}}
	w.attach(f)
	s := p.accepted(w, 5)
	for (len(stream) > 0 || f.flight != nil) && !s.ended() {
		if f.recvs != 1 {
			r.Fatalf("%d receives pending", f.recvs)
		}
		var entries []iocp.Entry
		if len(stream) > 0 && rapid.Bool().Draw(r, "recv") {
			n := rapid.IntRange(1, len(stream)).Draw(r, "chunk")
			entries = append(entries, received(s, string(stream[:n])))
			stream = stream[n:]
			f.recvs--
		}
		if f.flight != nil && rapid.Bool().Draw(r, "sent") {
			n := rapid.IntRange(1, len(f.flight)).Draw(r, "transferred")
			out = append(out, f.flight[:n]...)
			entries = append(entries, sent(s, n))
			f.flight = nil
		}
		p.turn(w, entries...)
	}
	return out, !s.ended()
}

// drawStream makes a stream that is mostly frames, and what its echo should be.
func drawStream(r *rapid.T, format *frame.Format) (stream, echo []byte) {
	for range rapid.IntRange(1, 8).Draw(r, "frames") {
		size := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 5000)).Draw(r, "size")
		stream = format.AppendPacket(stream, bytes.Repeat([]byte{'a' + byte(size%26)}, size), 0)
	}
	stream = append(stream, rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(r, "tail")...)
	if format.Stream {
		return stream, stream
	}
	for rest := stream; ; {
		_, after, ok, err := format.Next(rest)
		if !ok || err != nil {
			return stream, stream[:len(stream)-len(rest)]
		}
		rest = after
	}
}
