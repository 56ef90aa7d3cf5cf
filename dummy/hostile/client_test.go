package hostile

import (
	"bytes"
	"errors"
	"testing"

	"dummyload/server/frame"
)

// said is what a dummy of a kind says once it is logged in, as many bytes.
func said(f *frame.Format, k Kind, n uint64) (maker *maker, s feed, stream []byte) {
	maker = newMaker(f, 33)
	s = maker.feed(k)
	c := &Crowd{cfg: Config{Frame: f}, maker: maker}
	c.feeds[k] = s
	h := &client{kind: k, may: n}
	h.Init(3, 100)
	h.Number = 2
	for step := 1; h.sentBytes < h.may; step = step*7%100_003 + 1 { // sends are cut short anywhere
		piece := c.next(h)
		if len(piece) == 0 {
			break
		}
		piece = piece[:min(step, len(piece))]
		stream = append(stream, piece...)
		h.sentBytes += uint64(len(piece))
		c.reuse(h)
	}
	return maker, s, stream
}

func TestFeedsAreAsWrongAsTheyClaim(t *testing.T) {
	for _, f := range formats {
		for k := range numKinds {
			if k.fits(f) {
				t.Run(f.String()+" "+k.String(), func(t *testing.T) { isAsWrong(t, f, k) })
			}
		}
	}
}

func isAsWrong(t *testing.T, f *frame.Format, k Kind) {
	n := uint64(100_000)
	if k == Oversize {
		n = frame.MaxPayload + 1000
	}
	m, s, stream := said(f, k, n)
	first, _, ok, err := f.Next(stream)
	switch k {
	case Oversize:
		if !errors.Is(err, frame.ErrOversize) || uint64(len(stream)) != n {
			t.Errorf("%v, %d bytes", err, len(stream))
		}
	case ZeroLength:
		zero, _ := f.Zero(new(frame.Values))
		size := len(zero)
		for range zeros(size) {
			if _, _, _, err := f.Next(stream); !errors.Is(err, frame.ErrZeroLength) {
				t.Errorf("%x: %v", stream, err)
			}
			stream = stream[size:]
		}
		asks(t, m, stream, 1)
	case HalfHeader:
		if ok || err != nil || len(stream) == 0 || len(stream) >= m.size-len(m.payload) {
			t.Errorf("%q", stream)
		}
	case Silent:
		if len(stream) > 0 {
			t.Errorf("%q", stream)
		}
	case RSTStorm:
		asks(t, m, stream, 1)
	default:
		if len(first) == 0 || uint64(len(stream)) != n || len(s.loop)%m.size != 0 {
			t.Errorf("%d of %d bytes, a loop of %d", len(first), len(stream), len(s.loop))
		}
		asks(t, m, stream, 1)
	}
}

// asks compares a stream with the requests of the dummy from the k-th on.
func asks(t *testing.T, m *maker, stream []byte, k uint64) {
	t.Helper()
	server := m.format.Server()
	for ; len(stream) >= m.size; k++ {
		whole, rest, ok, err := m.format.Next(stream)
		if m.format.Stream {
			whole, rest = stream[:m.size], stream[m.size:]
		}
		packet, wrong := m.format.Packet(nil, whole)
		what, p := server.Look(packet, len(m.format.Session))
		if !ok || err != nil || wrong != nil || what != frame.AnEcho || !bytes.Equal(p.Payload, m.payload) {
			t.Fatalf("request %d: %v %v %+v %v %q", k, ok, err, wrong, what, p.Payload)
		}
		if m.own && p.Client != m.last-3 {
			t.Fatalf("request %d of client %d, not %d", k, p.Client, m.last-3)
		}
		if m.format == counted && (p.Sequence != k || p.Packet != 2+k || p.Connection != 2) {
			t.Fatalf("request %d: %+v", k, p.Values)
		}
		stream = rest
	}
}

// TestNobodysPayload: it holds no byte of the terminator, and is as long as what comes back.
func TestNobodysPayload(t *testing.T) {
	for _, f := range formats {
		m := newMaker(f, 64)
		if f.Text() && bytes.ContainsAny(m.payload, string(f.Terminator())) {
			t.Errorf("%v: %q", f, m.payload)
		}
		if want := f.Answer.Carries(64); len(m.payload) != want {
			t.Errorf("%v: %d bytes, want %d", f, len(m.payload), want)
		}
	}
	if n := len(newMaker(echo64, 64).payload); n != 8 {
		t.Errorf("%d bytes where 8 come back", n)
	}
}
