package iocp

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// New may be called by a goroutine that is not locked to its thread and changes it at any
// system call, and a ring obeys only the thread that made it.
func TestUringProbesFromAnyThread(t *testing.T) {
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 2 * runtime.GOMAXPROCS(0) {
		all.Go(func() { // keeps the scheduler moving goroutines
			for {
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		})
	}
	var probes sync.WaitGroup
	for range 4 {
		probes.Go(func() {
			for range 100 {
				if _, err := probeUring(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	probes.Wait()
	close(stop)
	all.Wait()
}

func TestUringErrorsSayWhatIsMissing(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.ENOSYS: "5.19", unix.EPERM: "io_uring_disabled", unix.ENOMEM: "ulimit",
	} {
		err := explainUring(errno)
		if !errors.Is(err, errno) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q does not mention %q", errno, err, want)
		}
	}
}
