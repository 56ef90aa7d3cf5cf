package conn

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestEveryLetterIsReadOnce, also when many goroutines mail while the thread ends.
func TestEveryLetterIsReadOnce(t *testing.T) {
	for range 50 {
		e, o, p := start(t, 0, nil)
		var read, taken atomic.Int64
		var mailing sync.WaitGroup
		for range 4 {
			mailing.Go(func() {
				for range 200 {
					if e.Mail(func() { read.Add(1) }) {
						taken.Add(1)
					}
				}
			})
		}
		e.Mail(func() { o.over = true })
		mailing.Wait()
		end(t, e, o, p)
		if read.Load() != taken.Load() {
			t.Fatalf("%d letters were taken, %d were read", taken.Load(), read.Load())
		}
	}
}
