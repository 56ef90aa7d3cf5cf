package hostile

import "dummyload/server/frame"

// inbox is the receiving side of one connection that has to be cut into frames: the beginning of one
// that has not come in full. Of a frame that is longer than any that counts the rest is not kept.
type inbox struct {
	part []byte
	skip int  // bytes still to come of a frame that was too long, or illegal
	cut  bool // text: part lacks its middle
}

// cutRoom is how many bytes of a text that is too long tell whether its terminator has begun.
const cutRoom = 4

// next cuts the first frame off data. one is nil while it is not whole, and its beginning where it is
// longer than most: then whole is false. most has room for a header. The error is package frame's.
func (b *inbox) next(f *frame.Format, most int, data []byte) (one, rest []byte, whole bool, err error) {
	if b.skip > 0 {
		n := min(b.skip, len(data))
		b.skip -= n
		return nil, data[n:], false, nil
	}
	if len(b.part) == 0 {
		if one, rest, whole, err = f.Next(data); whole || err != nil {
			return one, rest, whole, err
		}
	}
	n, whole, err := f.Join(b.part, data)
	if err != nil {
		return nil, data, false, err
	}
	part := append(b.part, data[:n]...)
	b.part = nil
	switch {
	case whole:
		whole, b.cut = !b.cut, false
		return part, data[n:], whole, nil
	case len(part) <= most:
		b.part = part
	case f.Text():
		b.part, b.cut = append(part[:most-cutRoom], part[len(part)-cutRoom:]...), true
	default:
		total, _ := f.Total(part) // known: most has room for a header
		b.skip = total - len(part)
		return part, nil, false, nil
	}
	return nil, nil, false, nil
}

// zero skips the frame of length 0 that next has refused. size is its bytes.
func (b *inbox) zero(size int) {
	b.skip = size - len(b.part)
	b.part, b.cut = nil, false
}
