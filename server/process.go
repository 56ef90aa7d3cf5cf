package server

import (
	"fmt"
	"runtime/debug"
	"time"

	"dummyload/server/iocp"
)

// Preflight fails where the limit of descriptors is too low for the Go runtime, a port with so many
// workers, and one session. It is called before anything listens.
func Preflight(workers int) error {
	const ours, each = 20, 4
	need := uint64(ours + each*workers)
	if limit, limited := iocp.DescriptorLimit(); limited && limit < need {
		return fmt.Errorf("descriptors: the limit is %d, --workers %d needs %d and one more "+
			"for each session: raise it (ulimit -n)", limit, workers, need)
	}
	return nil
}

// BoundProcess is for a process that does nothing but serve. It has the collector keep the process
// within Config.Memory; sessions are disconnected before they take all of that. What they give back
// goes to the system within seconds, sooner than the collector would do it. end stops this.
func (srv *Server) BoundProcess() (end func()) {
	memory := srv.cfg.Memory
	debug.SetMemoryLimit(max(memory/8*7, memory/8*5+32<<20))
	ended := make(chan struct{})
	go func() {
		peak := uint64(0)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
			}
			held := uint64(max(0, srv.budget.Used()))
			if peak = max(peak, held); held < peak/2 && peak-held > 16<<20 {
				debug.FreeOSMemory() // twice: what is in a sync.Pool outlives one collection
				debug.FreeOSMemory()
				peak = held
			}
		}
	}()
	return func() { close(ended) }
}
