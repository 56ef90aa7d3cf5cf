package server

import (
	"fmt"
	"runtime/debug"
	"time"

	"dummyload/server/iocp"
)

// Preflight says before anything listens that there are too few descriptors for the port with so
// many workers, the runtime and one session.
func Preflight(workers int) error {
	const ours, each = 20, 4
	need := uint64(ours + each*workers)
	if limit, limited := iocp.DescriptorLimit(); limited && limit < need {
		return fmt.Errorf("descriptors: the limit is %d, --workers %d needs %d and one more "+
			"for each session: raise it (ulimit -n)", limit, workers, need)
	}
	return nil
}

// BoundProcess is for a process that does nothing but serve. The collector keeps all of it within
// Config.Memory, as far as the sessions leave it: they are disconnected before that. What they
// gave back goes to the system soon, and not when the collector comes by. It returns the function
// that ends this.
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
				debug.FreeOSMemory() // what is pooled outlives one collection
				debug.FreeOSMemory()
				peak = held
			}
		}
	}()
	return func() { close(ended) }
}
