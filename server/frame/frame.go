// Package frame cuts a byte stream into packets. The server and the dummies both use it, so that
// "len16" means the same to both. It does not look into a packet.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Format is the way a stream shows where a packet ends.
type Format uint8

// The formats, by their command-line names.
const (
	Raw   Format = iota // "raw": no header, the stream itself
	Len16               // "len16": 2-byte little-endian length, then the payload
	Len32               // "len32": 4-byte little-endian length, then the payload
	Line                // "line": the payload as text, ended by '\n'; a '\r' before it is payload
)

// MaxPayload is the longest payload, in bytes, that Len32, Line and Raw carry; Len16 carries
// at most 65,535.
const MaxPayload = 1 << 20

// Why a stream cannot be cut any further. Each ends the connection.
var (
	ErrZeroLength = errors.New("frame of length 0")
	ErrOversize   = errors.New("frame longer than the limit")
)

// formats holds what is constant per Format. header and trailer are bytes around the payload.
var formats = [...]struct {
	name            string
	header, trailer int
	max             int
}{
	Raw:   {"raw", 0, 0, MaxPayload},
	Len16: {"len16", 2, 0, 1<<16 - 1},
	Len32: {"len32", 4, 0, MaxPayload},
	Line:  {"line", 0, 1, MaxPayload},
}

// Parse finds a format by its name. The error says which names there are.
func Parse(name string) (Format, error) {
	names := make([]string, len(formats))
	for f := range formats {
		if formats[f].name == name {
			return Format(f), nil
		}
		names[f] = formats[f].name
	}
	return Raw, fmt.Errorf("no frame format %q: want one of %s", name, strings.Join(names, ", "))
}

// String is the name that Parse knows.
func (f Format) String() string { return formats[f].name }

// MaxPayload is the longest payload, in bytes, that f carries.
func (f Format) MaxPayload() int { return formats[f].max }

// Overhead is the number of bytes that f adds to a payload.
func (f Format) Overhead() int { return formats[f].header + formats[f].trailer }

// Append appends payload as one frame. The caller makes sure that its length is 1 to
// f.MaxPayload(), and with Line that it holds no '\n'.
func (f Format) Append(dst, payload []byte) []byte {
	switch f {
	case Len16:
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(payload)))
	case Len32:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	case Line:
		return append(append(dst, payload...), '\n')
	}
	return append(dst, payload...)
}
