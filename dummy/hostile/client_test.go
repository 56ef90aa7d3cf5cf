package hostile

import (
	"bytes"
	"errors"
	"testing"

	"dummyload/server/frame"
)

func TestFeedsAreAsWrongAsTheyClaim(t *testing.T) {
	for _, f := range []frame.Format{frame.Len16, frame.Len32, frame.Line, frame.Raw} {
		for k := range numKinds {
			if !k.fits(f) {
				continue
			}
			s := newFeed(k, Config{Frame: f, SizeMax: 33})
			stream := append(bytes.Clone(s.lead), bytes.Repeat(s.loop, 1+frame.MaxPayload/feedChunk)...)
			first, rest, ok, err := f.Next(stream)
			switch k {
			case Oversize:
				if !errors.Is(err, frame.ErrOversize) {
					t.Errorf("%v %v: %v", f, k, err)
				}
			case ZeroLength:
				for zero := zeros(f.Overhead()); zero > f.Overhead(); zero -= f.Overhead() {
					stream = stream[f.Overhead():]
					if _, _, _, again := f.Next(stream); !errors.Is(again, frame.ErrZeroLength) {
						t.Errorf("%v %v: %v", f, k, again)
					}
				}
				behind, _, ok, err2 := f.Next(stream[f.Overhead():])
				if !errors.Is(err, frame.ErrZeroLength) || err2 != nil || !ok || len(behind) != 33 {
					t.Errorf("%v %v: %v, then %q %v", f, k, err, behind, err2)
				}
			case HalfHeader:
				if ok || err != nil || len(stream) == 0 || len(stream) >= f.Overhead() {
					t.Errorf("%v %v: %q", f, k, stream)
				}
			case Silent: // its feed is not said
			default:
				if !ok || err != nil || f != frame.Raw && len(first) != 33 ||
					len(s.loop)%(33+f.Overhead()) != 0 || len(rest)%(33+f.Overhead()) != 0 {
					t.Errorf("%v %v: %d bytes, %d left, %v", f, k, len(first), len(rest), err)
				}
			}
		}
	}
}
