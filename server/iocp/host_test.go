package iocp

import (
	"net"
	"runtime"
	"testing"
	"time"
)

func TestThreadCPUGrows(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if ThreadCPU() == 0 && runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		return // as documented
	}
	before := ThreadCPU()
	deadline := time.Now().Add(patience)
	for sum := 0; ThreadCPU() <= before; sum++ {
		if time.Now().After(deadline) {
			t.Fatalf("%v of work left ThreadCPU at %v", patience, before)
		}
	}
}

func TestDescriptorsInUseCounts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // package net keeps its poller
	if err != nil {
		t.Fatal(err)
	}
	before := DescriptorsInUse()
	l.Close()
	if before == -1 && runtime.GOOS != "linux" {
		return // as documented
	}
	if after := DescriptorsInUse(); runtime.GOOS == "linux" && after != before-1 {
		t.Errorf("%d descriptors, after closing one %d", before, after)
	}
	if before <= 0 {
		t.Errorf("%d descriptors in use with a listener open", before)
	}
}

func TestSocketBuffers(t *testing.T) {
	recv, send, ok := SocketBuffers()
	if ok != (runtime.GOOS == "linux") || ok && (recv < 4096 || send < 4096) {
		t.Errorf("receive %d, send %d, %v", recv, send, ok)
	}
}

func TestDescriptorLimit(t *testing.T) {
	n, ok := DescriptorLimit()
	if ok != (runtime.GOOS != "windows") || ok && n < 16 {
		t.Errorf("limit %d, %v", n, ok)
	}
}
