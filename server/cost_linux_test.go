package server

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"dummyload/server/iocp"
)

// idleClients opens n connections to a server that take nothing of this program's heap, has each
// echo one packet, and leaves them open.
func idleClients(t *testing.T, srv *Server, n int) (fds []int) {
	t.Helper()
	to := &syscall.SockaddrInet4{Port: int(srv.Addr().Port()), Addr: srv.Addr().Addr().As4()}
	packet := []byte("echo")
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
		if err := syscall.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
		if _, err := syscall.Write(fd, packet); err != nil {
			t.Fatal(err)
		}
	}
	for _, fd := range fds {
		var got [16]byte
		if k, err := syscall.Read(fd, got[:]); k != len(packet) || err != nil {
			t.Fatalf("%d bytes of an echo, %v", k, err)
		}
	}
	return fds
}

// memory is the heap in use and the goroutines' stacks. It leaves out what the kernel keeps, and the
// buffers that a port has mapped: their number does not depend on the number of sessions.
func memory() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what only a finalizer held is freed by the second
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// realIdleSession is how many bytes an idle session takes on a real port: the session, its share of
// the table, and all that the port knows of its socket, and of the client's, whose descriptor lies
// in this process, too.
func realIdleSession(t *testing.T, backend string, workers int) float64 {
	const few, many = 100, 2100 // what a server takes by itself is in both
	srv, err := Start(Config{Listen: loopback, Backend: backend, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop(0)
	fds := idleClients(t, srv, few)
	defer func() {
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}()
	before := memory()
	fds = append(fds, idleClients(t, srv, many-few)...)
	after := memory()
	if live := srv.live(); live != many {
		t.Fatalf("%d sessions", live)
	}
	runtime.KeepAlive(fds)
	return (after - before) / (many - few)
}

// TestAnIdleConnectionsMemoryOnRealPorts: the promise of 512 bytes holds with many workers. The net
// backend's goroutine has a bound of its own: a stack that had to grow to 8 KiB, and what goes with it.
func TestAnIdleConnectionsMemoryOnRealPorts(t *testing.T) {
	if n, ok := iocp.DescriptorLimit(); ok && n < 4500 {
		t.Fatalf("4,500 descriptors are needed, the limit is %d", n)
	}
	for backend, most := range map[string]float64{"uring": 512, "epoll": 512, "net": 12 << 10} {
		for _, workers := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s/%d", backend, workers), func(t *testing.T) {
				began := time.Now()
				each := realIdleSession(t, backend, workers)
				t.Logf("%.0f bytes each (%v)", each, time.Since(began).Round(time.Millisecond))
				if each > most {
					t.Errorf("%.0f bytes each, want at most %.0f", each, most)
				}
			})
		}
	}
}
