// Package sim is a completion port on which nothing happens by chance: a World runs the
// workers, the clients and the application's goroutines as coroutines, one at a time, and a
// Chooser says at each yield point who goes on and what the network does. The same choices
// give the same run, so that whatever a run breaks can be shown again.
//
//	world.go     coroutines, yield points, when everybody is at rest
//	chooser.go   random walk; pct.go priorities; exhaust.go depth first, preemption bounded
//	port.go      iocp.Port, with the contract's clauses as assertions; worker.go its Worker
//	complete.go  what completes, and how: in full, in part, failed
//	conn.go      a connection, seen from its client
//	mark.go      what must have happened in a run that claims to have explored
//	hosted.go    a world of whole programs, in virtual time; hooks.go what they call
//	network.go   between their two ends; remote.go iocp.Port for the clients'
//
// # What is simulated
//
// All clauses of iocp's contract, at their loosest: an operation completes before the call that
// posted it returns (C1), entries come in any order to any worker (C2), a send's buffer is read
// at its completion and a receive's data is spoiled at the next Get (C3, C10), transfers are
// partial (C5), posts fail at once, handle values are handed out again at once (C6), Get returns
// any part of what there is (C9).
//
// The code between two yield points runs without a break: what the simulation shows about a
// program is as fine as the points are. Memory is sequentially consistent.
//
// # Whole programs
//
// A program that has goroutines, timers and locks of its own cannot run as coroutines. A hosted World
// (Host) lives in a bubble of testing/synctest. The workers are goroutines, and the World gives them
// turns; all other goroutines run between two turns; when nobody can go on, the clock does. The
// server's end is the same Port, on the same Conn. The clients' end is a Remote. Between the two is the
// Network: what goes through it takes time, and may be refused or reset.
//
// One World runs at a time in a process, since a yield point in the code under test (Point)
// has no other way to find it. Explore in several processes to use several cores.
package sim
