package frame

import "time"

// Format is a compiled description: how packets travel, what is asked and what is right. It is
// read-only, and made by Parse or Named.
type Format struct {
	spec, name, text, title string
	options                 string
	login                   bool // the lecture's login packet was added
	// Stream: no frames at all. What is sent back is compared byte by byte.
	Stream bool
	// Request is an echo as it is asked, Answer as it is right.
	Request, Answer *Message
	// Session is what comes before the first echo of a connection, in order.
	Session []Step
	// Heartbeat is nil where there is none.
	Heartbeat *Heartbeat
	// Ignore is what the server may say at any time.
	Ignore []*Message

	cut                     cut
	wire                    wire
	server                  Server
	cipher                  *cipher
	packetLeast, maxPayload int
}

// MaxSteps is the longest session.
const MaxSteps = 64

// Step is one packet before the first echo: one that the dummy sends, or one that it expects.
type Step struct {
	*Message
	Send bool
}

// Heartbeat is a packet that a dummy sends every so often.
type Heartbeat struct {
	*Message
	Every time.Duration
}

// Server is the protocol as a server needs it.
func (f *Format) Server() *Server { return &f.server }

// messages are all there are.
func (f *Format) messages() []*Message {
	all := []*Message{f.Request, f.Answer}
	for _, s := range f.Session {
		all = append(all, s.Message)
	}
	if f.Heartbeat != nil {
		all = append(all, f.Heartbeat.Message)
	}
	return append(all, f.Ignore...)
}

// Text reports whether a terminator ends a frame: payloads are text that never holds its bytes.
func (f *Format) Text() bool { return f.cut.end != nil }

// Terminator is what ends a frame of text.
func (f *Format) Terminator() []byte { return f.cut.end }
