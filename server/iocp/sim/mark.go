package sim

// Mark names something that the exploration must have met: what never happened was not tested.
type Mark int

// The marks. Those of the port are set by it, the others by the code under test's hooks.
const (
	EarlyCompletion    Mark = iota // an operation completed before the post returned
	SendBeforeReceive              // a send completed while the receive that caused it is handled
	ReleasedByReceive              // by the bottom of the worker after a receive completion
	ReleasedBySend                 // after a send completion
	ReleasedByAccept               // by the accept's own reference
	ReleasedByPacket               // by SendPacket's reference
	ReleasedByPost                 // because a post failed
	RecheckTaken                   // a send completion found more in SendQ
	FlagContended                  // SendFlag was another's
	ShortSend                      // a send transferred less than asked
	HealthyPostFailed              // a post failed on a connection that is well
	ResetBothPending               // a RST met a receive and a send in flight
	SlotReusedInside               // a slot was used again while a stale SendPacket is inside
	HandleReused                   // a handle value was handed out again
	ReleaseLost                    // the CAS 0 → RELEASE found a new reference
	StoppedWithPending             // the order to stop came while I/O was pending
	EndedForMemory                 // a session ended because all hold too much
	EndedForTime                   // or because its time was over
	NumMarks
)

var markNames = [NumMarks]string{"completed before the post returned",
	"send completion before the receive completion of the same message",
	"released by receive", "released by send", "released by accept", "released by SendPacket",
	"released because a post failed", "re-check taken", "SendFlag contended", "short send",
	"post failed on a healthy socket", "RST with both pending",
	"slot reused while a stale SendPacket is inside", "handle reused",
	"CAS(0 to RELEASE) lost", "order to stop while I/O is pending",
	"ended for the memory of all", "ended because its time was over"}

// String says what was met.
func (m Mark) String() string { return markNames[m] }

// Met counts a mark in the active world.
func Met(m Mark) {
	if active != nil {
		active.marks[m]++
	}
}

// Marks is how often each was met since the world was made.
func (w *World) Marks() [NumMarks]int { return w.marks }
