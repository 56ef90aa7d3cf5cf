package server

import (
	"testing"

	"dummyload/server/seeded"
)

// hooks are where the simulation of this package alone looks, and takes the clock's place.
var hooks = []seeded.Edit{
	{File: "post.go", Old: `	a.srv.handler.Left(`, New: `	present.Released(where, why)
	a.srv.handler.Left(`},
	{File: "post.go", Old: `	a.trace.Record(k, w, uint64(s.id`, New: `	present.Noted(k, io)
	a.trace.Record(k, w, uint64(s.id`},
	{File: "server.go", Old: `	for deadline := time.Now()`, New: `	if present != nil {
		return present.Poll(limit, condition)
	}
	for deadline := time.Now()`},
	{File: "server.go", Old: `	_ = srv.log.Dump(os.Stderr, uint64(id))`, New: `	if present != nil {
		present.Broken(id, what)
	}
	_ = srv.log.Dump(os.Stderr, uint64(id))`},
	{File: "run.go", Old: `	deadline := time.After(stopTimeout)`,
		New: `	deadline := make(chan time.Time, 1)`},
	{File: "run.go", Old: `		select {`, New: `		present.Await(srv.threads, deadline)
		select {`},
	{File: "sendflag.go", Old: `type sendFlag struct`, New: `func init() { simInstrumented = true }

type sendFlag struct`},
}

// simInstrumented says that this binary was built from the edited sources.
var simInstrumented bool

// instrument builds this package's test binary from the edited sources.
func instrument(t *testing.T) string {
	t.Helper()
	return seeded.Build(t, ".", seeded.Sizes, hooks, seeded.Points, seeded.AllBugs())
}
