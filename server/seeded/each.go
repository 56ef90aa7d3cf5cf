package seeded

import (
	"runtime"
	"sync"
	"testing"
)

// Each does some jobs, one process for each core at a time, and returns what each has found, in
// the order of the jobs. One that fails ends the test.
func Each[Job, Found any](t *testing.T, do func(Job) (Found, error), jobs ...Job) []Found {
	t.Helper()
	all, errs := make([]Found, len(jobs)), make([]error, len(jobs))
	var wg sync.WaitGroup
	turn := make(chan struct{}, runtime.NumCPU())
	for i := range jobs {
		turn <- struct{}{}
		wg.Go(func() {
			all[i], errs[i] = do(jobs[i])
			<-turn
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("%+v: %v", jobs[i], err)
		}
	}
	return all
}
