package dummy

import (
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// queuesAll listens and does not accept. Up to n connections come about all the same. Their other ends
// take neither memory nor descriptors of this process; the ports' tables have a row for each descriptor.
func queuesAll(t *testing.T, n int) (target netip.AddrPort, end func()) {
	t.Helper()
	ln, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(ln, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(ln, n); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(ln)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(sa.(*syscall.SockaddrInet4).Port)
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port),
		func() { _ = syscall.Close(ln) }
}

// realIdleFleet is the memory of n idle dummies on a real port, with all that their workers and
// ports keep on the heap.
func realIdleFleet(t *testing.T, backend string, workers, n int) float64 {
	t.Helper()
	target, end := queuesAll(t, n)
	settled := func() float64 {
		heap() // what a pool or a finalizer held is freed by the second collection
		return float64(heap())
	}
	before := settled()
	f, err := New(Config{Target: target, Clients: n, Workers: workers, Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	reach(t, f, monitor.Idle)
	after := settled()
	if s := snap(f); s.Connections.Now != uint64(n) {
		t.Fatalf("%d dummies are connected", s.Connections.Now)
	}
	end() // resets them all: nobody has to wait for a FIN
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	runtime.KeepAlive(f)
	return after - before
}

// TestAnIdleDummysMemoryOnRealPorts: the promise of 512 bytes holds with what a port knows of the
// socket, and with a port for each of many workers. (What the ports' tables have for a descriptor is
// of the whole process, and is in the first figure.) The net backend's goroutine has a bound of its
// own: a stack that had to grow to 8 KiB, and what goes with it.
func TestAnIdleDummysMemoryOnRealPorts(t *testing.T) {
	const few, many = 300, 3800
	if n, ok := iocp.DescriptorLimit(); ok && n < 2*many {
		t.Fatalf("%d descriptors are needed, the limit is %d", 2*many, n)
	}
	for backend, most := range map[string]float64{
		"uring": mostBytes, "epoll": mostBytes, "net": 12 << 10,
	} {
		for _, workers := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s/%d", backend, workers), func(t *testing.T) {
				each := (realIdleFleet(t, backend, workers, many) -
					realIdleFleet(t, backend, workers, few)) / (many - few)
				t.Logf("%.0f bytes each", each)
				if each > most {
					t.Errorf("%.0f bytes each, want at most %.0f", each, most)
				}
			})
		}
	}
}
