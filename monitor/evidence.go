package monitor

import "time"

// Evidence is one fault with what is needed to find it in the server's own log: whose it was,
// where, what was expected and what came. For the JSON form see Summary.
type Evidence struct {
	Fault      Fault
	Client     int    // dummy, counted from 0
	Connection uint32 // the dummy's n-th connection, counted from 1
	Local      string // its address
	Seq        uint64 // sequence of the echo within the connection, counted from 1; 0 when none
	Count      uint64 // echoes this stands for (not_drained: Seq to Seq+Count-1); 0 means 1
	Offset     int    // first wrong byte within the payload
	Want, Got  []byte // at most EvidenceBytes around Offset
	// The owner of a wrong value (crossed, stale); OwnerConnection 0 when unknown.
	OwnerClient     int
	OwnerConnection uint32
	OwnerSeq        uint64
	Age             time.Duration // of the echo when the fault was seen
	At              time.Duration // since the fleet began
	Note            string        // anything else worth a sentence, e.g. the system's error text
}

// EvidenceBytes is how much of an expected and a received payload is kept.
const EvidenceBytes = 64
