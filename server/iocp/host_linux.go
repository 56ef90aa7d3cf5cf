package iocp

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ThreadCPU is the processor time, user and system, that the calling thread has used so far
// (getrusage RUSAGE_THREAD, GetThreadTimes). It means something only to a goroutine that is
// locked to its thread. 0 where the system cannot tell.
func ThreadCPU() time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &ru); err != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// DescriptorsInUse is the number of descriptors (handles on Windows) this process has open,
// -1 where the system cannot tell. It lists a directory: not for the data path.
func DescriptorsInUse() int {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return -1
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return -1
	}
	return len(names) - 1 // less the one it was read by
}

// PortRange is the range, both ends included, that the system takes local ports from for
// outgoing connections (ip_local_port_range); ok is false where the system cannot tell.
// One source address holds at most hi-lo+1 connections to one server address.
func PortRange() (lo, hi int, ok bool) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0, false
	}
	return parsePortRange(string(b))
}

// SocketBuffers is the most bytes, as the system counts them, that one TCP socket's receive and
// send buffer hold (tcp_rmem, tcp_wmem); ok is false where the system cannot tell.
func SocketBuffers() (recv, send int, ok bool) {
	recv, ok1 := bufferMost("/proc/sys/net/ipv4/tcp_rmem")
	send, ok2 := bufferMost("/proc/sys/net/ipv4/tcp_wmem")
	return recv, send, ok1 && ok2
}

// bufferMost reads the last of least, default and most (tcp(7)).
func bufferMost(file string) (most int, ok bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	var least, usual int
	_, err = fmt.Sscan(string(b), &least, &usual, &most)
	return most, err == nil && most > 0
}

func parsePortRange(s string) (lo, hi int, ok bool) {
	if _, err := fmt.Sscan(s, &lo, &hi); err != nil || lo < 1 || hi < lo || hi > 65535 {
		return 0, 0, false
	}
	return lo, hi, true
}
