package script

import (
	"iter"
	"time"

	"dummyload/monitor"
)

// Timer gives STOP when Echo has been on for length, after each START that somebody gives. A Reset
// begins the time again. Timer ends when the fleet ends.
func Timer(length time.Duration) Script {
	return func(look func() *monitor.View) iter.Seq[Step] {
		return func(yield func(Step) bool) {
			for v := look(); v != nil && v.Phase != monitor.Ended; v = look() {
				var next Step = On{}
				if v.Phase == monitor.Echoing {
					if left := length - v.At.Sub(v.Since); left > 0 {
						next = For{left}
					} else {
						next = Stop{}
					}
				}
				if !yield(next) {
					return
				}
			}
		}
	}
}
