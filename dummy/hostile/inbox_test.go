package hostile

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"dummyload/server/frame"
)

// TestFramesAreCutAnywhere: whatever pieces a stream comes in, the frames are the same, and of long
// ones only the beginning is kept.
func TestFramesAreCutAnywhere(t *testing.T) {
	const most = 600
	for _, f := range formats {
		if f.Stream {
			continue
		}
		var stream []byte
		var want []int // bytes of payload
		for _, n := range []int{8, 200, 5000, 20, 1201, 8, 8} {
			if n = min(n, f.MaxPayload()); f.Answer.Carries(n) < n {
				continue
			}
			want = append(want, n)
			v := frame.Values{Sequence: 1, Random: uint64(n)}
			from := len(stream)
			stream = append(f.Answer.Begin(stream, &v, n), bytes.Repeat([]byte("a"), n)...)
			stream = f.Answer.End(stream, from, &v)
		}
		for _, step := range []int{1, 2, 3, 7, 100, 599, 2000, len(stream)} {
			var b inbox
			var got []int
			for rest := stream; len(rest) > 0; rest = rest[min(step, len(rest)):] {
				for data := rest[:min(step, len(rest))]; len(data) > 0; {
					one, left, whole, err := b.next(f, most, data)
					if err != nil {
						t.Fatalf("%v by %d: %v", f, step, err)
					}
					data = left
					if len(b.part) > most {
						t.Fatalf("%v by %d: %d bytes kept", f, step, len(b.part))
					}
					if one != nil {
						got = append(got, seenAs(t, f, one, whole, want[len(got)]))
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v by %d: %v, want %v", f, step, got, want)
			}
		}
	}
}

// seenAs is the payload's size, if what was kept of a frame is as it must be.
func seenAs(t *testing.T, f *frame.Format, one []byte, whole bool, want int) int {
	plain := f.Answer.Open(nil, new(frame.Cursor), one, 0)
	if whole {
		p, ok := f.Answer.Read(plain)
		if !ok || p.Wrong != nil {
			t.Fatalf("%v: %x %+v", f, one, p.Wrong)
		}
		return len(p.Payload)
	}
	if len(one) >= f.Answer.Size(want) {
		t.Fatalf("%v: all of a frame as its beginning", f)
	}
	return want
}

// TestZeroIsSkipped: the frames of length 0 that an echo server sends back.
func TestZeroIsSkipped(t *testing.T) {
	for _, f := range formats {
		zero, ok := f.Zero(new(frame.Values))
		if !ok {
			continue
		}
		v := frame.Values{Sequence: 1}
		answer := f.Answer.End(append(f.Answer.Begin(nil, &v, 8), "abcdefgh"...), 0, &v)
		stream := slices.Concat(zero, answer, zero, zero, answer)
		for step := 1; step <= len(stream); step++ {
			var b inbox
			zeros, frames := 0, 0
			for rest := stream; len(rest) > 0; rest = rest[min(step, len(rest)):] {
				for data := rest[:min(step, len(rest))]; len(data) > 0; {
					one, left, whole, err := b.next(f, 600, data)
					switch {
					case errors.Is(err, frame.ErrZeroLength):
						zeros++
						b.zero(len(zero))
						continue
					case whole && bytes.Equal(one, answer):
						frames++
					case err != nil || one != nil:
						t.Fatalf("%v by %d: %x %v", f, step, one, err)
					}
					data = left
				}
			}
			if zeros != 3 || frames != 2 {
				t.Errorf("%v by %d: %d of length 0 and %d others", f, step, zeros, frames)
			}
		}
	}
}
