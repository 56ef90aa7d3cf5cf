// Package verify is what an answer is worth: bytes in, outcomes out. It makes the payloads of
// echoes, and judges what a server sends back. It is pure: it has no clock, socket, lock or
// goroutine in it, and the same bytes get the same judgement, however the network cut them.
//
// # The payload
//
// A payload is made from the seed and from who sends it: {client, connection, sequence}. It is
// checked by making it again; no copy is ever kept. Its first 8 bytes are the identity, packed
// and scrambled; from the lowest bit:
//
//	binary (64 bits)   seq 20 │ conn 12 │ client 20 │ run 12
//	text   (48 bits)   seq 14 │ conn  8 │ client 20 │ run  6    written as 8 letters
//
// What follows is a keyed hash of the same and of the place (Pattern). So an answer that is not
// the expected one says whose it is: that of another dummy (crossed), of an earlier connection
// (stale), or of this one out of turn (reordered, duplicate). What opens to nobody is damaged
// (corrupt, truncated).
//
// # One echo's way
//
// From when it is sent each echo is owed, and goes one way through an Outcome:
//
//	owed ──right──────────────────────► echoed
//	  │                                   ▲
//	  └─answered wrongly, or missing──► lost ──came after all──┘
//
// Nothing else is told of an echo. What remains owed at the end of a connection is the caller's:
// abandoned or lost, by who ended it.
//
// # The parts
//
//	Pattern    makes and compares payloads (pattern.go, tag.go), and says where sends are cut
//	           (split.go)
//	Stream     the receiving side of one connection, 32 bytes: what is expected next (stream.go
//	           has its states)
//	Verifier   what all streams of one worker share: buffers for those that are not in step, and
//	           the search for owners (owner.go)
//	Judgement  by whom a stream is judged, whose it is, and how far it was sent
//	Outcome    the caller's side: echoed, lost, recovered, a fault with its evidence, broken
//
// As long as a stream is in step, its bytes are compared where they lie, and the stream owns no
// memory. Once something differs, one frame at a time is gathered (collect.go, raw.go), judged
// (judge.go, login.go), and forgotten. How much memory that takes is bounded by the longest
// frame of ours and not by what a server announces or sends.
package verify
