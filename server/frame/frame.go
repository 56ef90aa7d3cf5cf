// Package frame cuts a byte stream into packets. The server and the dummies both stand on it,
// so that they mean the same by "len16"; what a packet says is none of its business.
package frame

import "errors"

// Format is the way packets are told apart in a stream.
type Format uint8

// The formats, by their command-line names.
const (
	Raw   Format = iota // "raw": no header, the stream itself
	Len16               // "len16": 2-byte little-endian length, then the payload
	Len32               // "len32": 4-byte little-endian length, then the payload
	Line                // "line": the payload as text, ended by '\n'
)

// MaxPayload is the longest payload, in bytes, that Len32, Line and Raw carry; Len16 carries
// at most 65,535.
const MaxPayload = 1 << 20

// Why a stream cannot be cut any further. Each ends the connection.
var (
	ErrZeroLength = errors.New("frame of length 0")
	ErrOversize   = errors.New("frame longer than the limit")
)
