// Package verify finds out what an answer is worth: bytes in, outcomes out. It makes the payloads
// of echoes, and judges what a server sends back. It is pure: it has no clock, no socket, no lock
// and no goroutine. The same bytes get the same judgement, however the network cuts them.
//
// # The payload
//
// A payload is made from the seed and from who sends it: {client, connection, sequence}. It is
// checked by making it again; no copy is kept. Its first 8 bytes are the identity, packed and
// scrambled. From the lowest bit:
//
//	binary (64 bits)   seq 20 │ conn 12 │ client 20 │ run 12
//	text   (48 bits)   seq 14 │ conn  8 │ client 20 │ run  6    written as 8 letters
//
// What follows is a keyed hash of the identity and of the place in the payload (Pattern). So an
// answer that is not the expected one says whose it is: another dummy's (crossed), an earlier
// connection's (stale), or this connection's out of turn (reordered, duplicate). A payload that is
// nobody's is damaged (corrupt, truncated).
//
// # Frames
//
// How an echo is asked and what is right comes from a description (package frame). The payload is
// judged first, and it alone gives the owner. A wrong field beside a right payload is corrupt, and the
// note names it. What is not predictable about a right answer, such as a random field, may be any.
//
// Before the first echo there may be a session: steps that the server says and steps that the dummy
// says. A step that fails costs no echo. Packets that the description ignores are never a fault, and
// answers are matched before them.
//
// # One echo's way
//
// An echo is owed as soon as it is sent. It goes one way, and the Outcome is told:
//
//	owed ──right──────────────────────► echoed
//	  │                                   ▲
//	  └─answered wrongly, or missing──► lost ──came after all──┘
//
// Nothing else is told of an echo. The caller counts what is still owed when a connection ends:
// abandoned where the dummy ended it, lost where the server did.
//
// # The parts
//
//	Pattern    makes and compares payloads (pattern.go, tag.go, alphabet.go), puts them into frames
//	           (packets.go), and says where sends are cut (split.go)
//	Stream     the receiving side of one connection, 32 bytes: what is expected next (stream.go
//	           has its states)
//	Verifier   what all streams of one worker share: buffers for streams that are not in step, and
//	           the search for owners (owner.go)
//	Judgement  what a stream is judged with: the Verifier, whose stream it is, what was sent on it
//	Outcome    the caller's side: echoed, lost, recovered, ignored, a fault with its evidence, broken
//
// As long as a stream is in step, its bytes are compared where they lie, or where they were deciphered,
// and the stream owns no memory. When something differs, one frame at a time is collected (collect.go,
// raw.go), judged (judge.go, session.go), and forgotten. So is a frame that the network has cut, where
// what came of it could not be made again. The memory for this is bounded by the longest frame of ours,
// and not by what a server announces or sends.
package verify
