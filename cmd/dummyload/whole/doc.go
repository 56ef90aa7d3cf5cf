// Package whole has nothing but tests: the fleet of package dummy and the server of package
// server, both as they are, on the two ends of one simulated network (package server/iocp/sim), in
// virtual time. The tests are here because only a package above both may import both.
//
//	build_test.go   what of the two programs is replaced: their ports, locks and threads
//	play_test.go    one run: connect, START, faults, healing, STOP, drain, close, audit
//	oracle_test.go  what must hold of it, and which faults what was done to it explains
//	bugs_test.go    what the dummies must, and may, say of each seeded bug
//	whole_test.go   the tests; job_test.go their processes
//
// A run is a seed: shape, load, faults, and every choice of who goes on, what completes next, in
// full or in part, and how long it takes. The same seed gives the same run, event by event, which
// a failure's command shows:
//
//	go test ./cmd/dummyload/whole -run TestReplay -v -seed 7
package whole
