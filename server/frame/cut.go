package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
)

// Why a stream cannot be cut any further. Each ends the connection.
var (
	ErrZeroLength = errors.New("frame of length 0")
	ErrOversize   = errors.New("frame longer than the limit")
	ErrLength     = errors.New("length that cannot be read")
)

// MaxPayload is the longest payload, in bytes, of any format; one whose length has fewer bits has less.
const MaxPayload = 1 << 20

// maxHead is how many bytes may stand before the body.
const maxHead = 256

// cut is how a stream shows where a frame ends.
type cut struct {
	off, size, bias int // a length: frame = value at off + bias
	num             numeral
	binary          bool   // the length is of 1 to 8 bytes that are no digits
	common          bool   // two bytes little-endian before the body, nothing else
	end             []byte // or a terminator
	head            int    // bytes that say how long a frame is; with a terminator those before the body
	least, most     int    // bytes of a frame; least is that of one with an empty packet
}

// Next cuts the first frame off buf without copying: whole and rest lie in buf. When buf holds only
// the beginning of a frame, ok is false and rest is buf; keep it and go on with Join. In a stream all of
// buf is one frame. The error is one of those above; what comes first in a frame alone decides that.
func (f *Format) Next(buf []byte) (whole, rest []byte, ok bool, err error) {
	if f.cut.common && len(buf) > 2 { // the common case takes 2 ns in place of 8; an echo takes 400
		if end := 2 + int(binary.LittleEndian.Uint16(buf)); 2 < end && end <= len(buf) {
			return buf[:end:end], buf[end:], true, nil
		}
	}
	if c := &f.cut; c.binary && len(buf) >= c.off+8 {
		x := binary.LittleEndian.Uint64(buf[c.off:])
		if c.num.how == bigEndian {
			x = bits.ReverseBytes64(x) >> (64 - 8*c.size)
		}
		x &= 1<<(8*c.size) - 1
		if end := int(x) + c.bias; x <= 1<<30 && c.least < end && end <= min(c.most, len(buf)) {
			return buf[:end:end], buf[end:], true, nil
		}
	}
	if f.Stream && len(buf) > 0 {
		return buf, nil, true, nil
	}
	n, done, err := f.Join(nil, buf)
	if err != nil || !done {
		return nil, buf, false, err
	}
	return buf[:n:n], buf[n:], true, nil
}

// Join finds how a frame goes on that the network has cut in two: partial is its beginning, never a
// whole frame, and chunk is what arrived after it. The first n bytes of chunk belong to the frame; whole
// says whether they complete it. Each byte is looked for a terminator once, however small the parts are.
func (f *Format) Join(partial, chunk []byte) (n int, whole bool, err error) {
	c := &f.cut
	switch {
	case len(chunk) == 0:
		return 0, false, nil
	case f.Stream:
		return len(chunk), true, nil
	case c.end != nil:
		return f.joinText(partial, chunk)
	}
	total, known, err := f.length(partial, chunk)
	if err != nil {
		return 0, false, err
	}
	n = total - len(partial)
	if !known || n > len(chunk) {
		return len(chunk), false, nil
	}
	return n, true, nil
}

// length is the bytes of the frame that partial and chunk begin.
func (f *Format) length(partial, chunk []byte) (total int, known bool, err error) {
	c := &f.cut
	field := chunk
	if len(partial) > 0 || len(chunk) < c.head {
		if len(partial)+len(chunk) < c.head {
			return 0, false, nil
		}
		var copied [maxHead]byte
		field = copied[:c.head]
		copy(field[copy(field, partial):], chunk)
	}
	x, ok := c.num.get(field[c.off : c.off+c.size])
	switch {
	case !ok:
		return 0, false, ErrLength
	case x > uint64(c.most-c.bias): // never below 0, see cutting
		return 0, false, ErrOversize
	}
	total = int(x) + c.bias
	switch {
	case total == c.least && f.packetLeast > 0:
		return 0, false, ErrZeroLength
	case total < c.least || total < c.head:
		return 0, false, ErrLength
	}
	return total, true, nil
}

// joinText is Join where a terminator ends the frame.
func (f *Format) joinText(partial, chunk []byte) (n int, whole bool, err error) {
	c := &f.cut
	before := len(partial) - c.head // bytes of the body so far; below 0 in the head
	from := max(0, -before)         // where in chunk the body begins
	end, found := 0, false          // where in chunk the body ends; below 0 in partial
	// A terminator may have begun in partial.
	for back := min(len(c.end)-1, before); back > 0 && !found; back-- {
		if bytes.HasSuffix(partial, c.end[:back]) && bytes.HasPrefix(chunk, c.end[back:]) {
			end, found = -back, true
		}
	}
	if !found && from < len(chunk) {
		if i := bytes.Index(chunk[from:], c.end); i >= 0 {
			end, found = from+i, true
		}
	}
	body := before + len(chunk) // bytes of it so far
	switch {
	case found:
		body = before + end
	case body > MaxPayload: // the last ones may be the terminator's
		body -= begun(c.end, partial, chunk)
	}
	switch {
	case body > MaxPayload:
		return 0, false, ErrOversize
	case found && body == 0 && f.packetLeast > 0:
		return 0, false, ErrZeroLength
	case !found:
		return len(chunk), false, nil
	}
	return end + len(c.end), true, nil
}

// begun is how many bytes of a terminator partial and chunk end with.
func begun(end, partial, chunk []byte) int {
	var last [4]byte
	b := last[:0]
	if n := len(end) - 1; len(chunk) < n {
		b = append(b, partial[max(0, len(partial)-n+len(chunk)):]...)
		b = append(b, chunk...)
	} else {
		b = append(b, chunk[len(chunk)-n:]...)
	}
	for len(b) > 0 && !bytes.HasPrefix(end, b) {
		b = b[1:]
	}
	return len(b)
}

// Total is how many bytes the frame has that b begins, as far as its length says so.
func (f *Format) Total(b []byte) (n int, known bool) {
	if f.Stream || f.cut.end != nil || len(b) < f.cut.head {
		return 0, false
	}
	n, known, err := f.length(nil, b)
	return n, known && err == nil
}
