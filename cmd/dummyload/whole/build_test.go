package whole

import (
	"slices"
	"testing"

	"dummyload/server/seeded"
)

// instrument builds this package's test binary with both programs on simulated ports.
func instrument(t *testing.T) string {
	t.Helper()
	return seeded.Build(t, "../../../server", seeded.Sizes, seeded.Points, seeded.AllBugs(),
		slices.Concat(serverSide, dummySide))
}

// serverSide has the server open its port in the world, and its workers be guests there. Their
// threads are left out: a turn is given to a goroutine. Where the server asserts, its process
// ends, and not the simulation.
var serverSide = []seeded.Edit{
	{File: "server.go", Old: `iocp.New(iocp.Config{`, New: `sim.Open("server", iocp.Config{`},
	{File: "server.go", Old: `	_ = srv.log.Dump(os.Stderr, uint64(id))`,
		New: `	if sim.Asserts(what) {
		return
	}
	_ = srv.log.Dump(os.Stderr, uint64(id))`},
	{File: "run.go", Old: `		go srv.thread(w, ready, begin)
`, New: `		go srv.thread(w, ready, begin)
		sim.Rest()
`},
	{File: "run.go", Old: `	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
`},
	{File: "run.go", Old: `	"runtime"
`},
	{File: "run.go", Old: `		w.attach(port)
		w.startAccepts()
		w.run()
`, New: `		sim.Enter(port)
		w.attach(port)
		sim.Live(srv.port, func() {
			w.startAccepts()
			w.run()
		})
`},
}

// dummySide does the same for the fleet. A lock that is held while workers are waited for is one
// that lets virtual time pass, and what a thread has used of a real processor in virtual time
// means nothing.
var dummySide = []seeded.Edit{
	{File: "../dummy/fleet.go", Old: `iocp.New(config)`, New: `sim.Open("dummies", config)`},
	{File: "../dummy/fleet.go", Old: `	collecting sync.Mutex`, New: `	collecting sim.Lock`},
	{File: "../dummy/fleet.go", Old: `	mu         sync.Mutex`, New: `	mu         sim.Lock`},
	{File: "../dummy/worker.go",
		Old: `	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
`},
	{File: "../dummy/worker.go", Old: `	"runtime"
`},
	{File: "../dummy/report.go", Old: `cpu: iocp.ThreadCPU()`, New: `cpu: 0 * iocp.ThreadCPU()`},
}
