//go:build !linux && !windows

package iocp

import "time"

// ThreadCPU is the processor time, user and system, that the calling thread has used so far
// (getrusage RUSAGE_THREAD, GetThreadTimes). It is 0 here: this system cannot tell.
func ThreadCPU() time.Duration { return 0 }

// DescriptorsInUse is the number of descriptors (handles on Windows) this process has open.
// It is -1 here: this system cannot tell.
func DescriptorsInUse() int { return -1 }

// PortRange is the range that the system takes local ports from for outgoing connections
// (ip_local_port_range). ok is false here: this system cannot tell.
func PortRange() (lo, hi int, ok bool) { return 0, 0, false }

// SocketBuffers is the most bytes that one TCP socket's receive and send buffer hold. ok is
// false here: this system cannot tell.
func SocketBuffers() (recv, send int, ok bool) { return 0, 0, false }
