package server

import (
	"bytes"
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
		p, w := script(t, Config{Frame: format})
		f := &wire{scriptedWorker: scriptedWorker{p}}
		w.attach(f)
		s := p.accepted(w, 5)
		stream, want := drawStream(r, format)
		var out []byte
		for len(stream) > 0 || f.flight != nil {
			if f.recvs != 1 && !s.ended() {
				r.Fatalf("%d receives pending", f.recvs)
			}
			var entries []iocp.Entry
			if len(stream) > 0 && f.recvs == 1 && rapid.Bool().Draw(r, "recv") {
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
			if s.ended() {
				break
			}
		}
		if whole := !s.ended(); whole && !bytes.Equal(out, want) || !bytes.HasPrefix(want, out) {
			r.Fatalf("%v: %d bytes out, want %d", format, len(out), len(want))
		}
	})
}

// drawStream makes a stream that is mostly frames, and what its echo should be.
func drawStream(r *rapid.T, format frame.Format) (stream, echo []byte) {
	for range rapid.IntRange(1, 8).Draw(r, "frames") {
		size := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 5000)).Draw(r, "size")
		stream = format.Append(stream, bytes.Repeat([]byte{'a' + byte(size%26)}, size))
	}
	stream = append(stream, rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(r, "tail")...)
	if format == frame.Raw {
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
