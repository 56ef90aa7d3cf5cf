package gallery

import (
	"math/rand/v2"
	"time"
)

// bug is the one rule that a specimen replaces.
type bug uint8

const (
	none               bug = iota
	countAfterSend         // R1: IOCount is raised after WSASend
	downBeforePost         // R2: IOCount is lowered before the receive is posted again
	failedPostCounts       // R2: a post that fails does not lower IOCount
	zeroCounts             // R2: transferred 0 does not lower IOCount
	secondRead             // R3: whether IOCount is 0 is read a second time
	testThenSet            // R4: SendFlag is tested, and then set
	noRecheck              // R5: a send completion does not look at SendQ again
	clearAfterCheck        // R5: it looks, and then clears SendFlag
	clearBeforeConsume     // R5: it clears SendFlag before SendQ is consumed
	consumeAsked           // R5: it consumes what was asked, not what was transferred
	releaseOnZero          // R6: transferred 0 releases
	ignoreZero             // R6: transferred 0 is ignored
	exitOnZero             // R7: a worker takes transferred 0 for the order to stop
	dropFailures           // R8: a failed GQCS is not handled
	postBeforeQueue        // R9: the next receive is posted before the data is in SendQ
	unlockedSendQ          // R9: SendQ is changed without its lock
	notRearmed             // the receive is not posted again, now and then
	closeOnZero            // R11: closesocket on transferred 0
	unheld                 // R12: SendPacket takes no reference
	resurrect              // R12: SendPacket raises IOCount from 0 again
	noIDCheck              // R12: SendPacket does not check the session's id
	failedPostStays        // R14: a post that fails does not disconnect
)

// window widens a bug's own window, now and then: a schedule that is rare in the field is common here.
// It is called at the line that is wrong, and nowhere else.
func (k *kind) window() {
	if !k.natural && rand.IntN(4) == 0 {
		time.Sleep(time.Duration(500+rand.IntN(2500)) * time.Microsecond)
	}
}
