package iocp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dummyload/server/iocp/iocptest/deadport"
)

var loopbacks = []string{"127.0.0.1", "::1"}

// rawListener is a listener on a free port of addr, closed with the test.
func rawListener(t *testing.T, addr string) (Socket, netip.AddrPort) {
	t.Helper()
	s, at, err := newListener(netip.AddrPortFrom(netip.MustParseAddr(addr), 0), 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSocket(s) })
	return s, at
}

// rawPair is a connection: the near end made by newConnector, the far end accepted. The
// far end is in blocking mode, the near end is not; both are closed with the test.
func rawPair(t *testing.T, addr string) (near, far Socket) {
	t.Helper()
	ln, at := rawListener(t, addr)
	near, err := newConnector(netip.Addr{}, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSocket(near) })
	if err := connectSocket(near, at); err != nil {
		t.Fatal(err)
	}
	fd, _, err := unix.Accept4(int(ln), unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	far = Socket(fd)
	t.Cleanup(func() { closeSocket(far) })
	awaitConnected(t, near)
	return near, far
}

func awaitConnected(t *testing.T, s Socket) {
	t.Helper()
	if got := pollSocket(t, s, unix.POLLOUT); got&unix.POLLOUT == 0 {
		t.Fatalf("poll %#x, want POLLOUT", got)
	}
	if err := connectResult(s); err != nil {
		t.Fatal(err)
	}
}

// pollSocket waits for one of the events, or for an error, and returns what there is.
func pollSocket(t *testing.T, s Socket, events int16) int16 {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(s), Events: events}}
	for {
		n, err := unix.Poll(fds, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Fatalf("poll: %d, %v", n, err)
		}
		return fds[0].Revents
	}
}

func sockopt(t *testing.T, s Socket, level, opt int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(int(s), level, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSocketsHaveNoDelayAndDoNotLeakToChildren(t *testing.T) {
	for _, addr := range loopbacks {
		near, far := rawPair(t, addr)
		for name, s := range map[string]Socket{"connected": near, "accepted": far} {
			if sockopt(t, s, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 {
				t.Errorf("%s: %s socket has no TCP_NODELAY", addr, name)
			}
			fl, err := unix.FcntlInt(uintptr(s), unix.F_GETFD, 0)
			if err != nil || fl&unix.FD_CLOEXEC == 0 {
				t.Errorf("%s: %s socket is inherited by children: %#x, %v", addr, name, fl, err)
			}
		}
	}
}

func TestAddressesOfBothEnds(t *testing.T) {
	for _, addr := range loopbacks {
		near, far := rawPair(t, addr)
		if localAddr(near) != remoteAddr(far) || remoteAddr(near) != localAddr(far) {
			t.Errorf("near %v → %v, far %v → %v",
				localAddr(near), remoteAddr(near), localAddr(far), remoteAddr(far))
		}
		if got := localAddr(near).Addr(); got != netip.MustParseAddr(addr) {
			t.Errorf("local address %v, want %v", got, addr)
		}
	}
	if got := remoteAddr(InvalidSocket); got.IsValid() {
		t.Errorf("remote address of no socket: %v", got)
	}
}

func TestDualStackListenerGivesIPv4PeersTheirOwnAddress(t *testing.T) {
	ln, at := rawListener(t, "::")
	conn, err := net.Dial("tcp4", netip.AddrPortFrom(
		netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fd, _, err := unix.Accept(int(ln))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if got := remoteAddr(Socket(fd)).String(); got != conn.LocalAddr().String() {
		t.Errorf("peer is %v, want %v", got, conn.LocalAddr())
	}
}

func TestSourceAddressLeavesThePortOpen(t *testing.T) {
	_, at := rawListener(t, "127.0.0.1")
	local := netip.MustParseAddr("127.9.8.7")
	s, err := newConnector(local, at)
	if err != nil {
		t.Fatal(err)
	}
	defer closeSocket(s)
	if got := localAddr(s); got != netip.AddrPortFrom(local, 0) {
		t.Errorf("bound to %v before connecting, want port 0", got)
	}
	if err := connectSocket(s, at); err != nil {
		t.Fatal(err)
	}
	awaitConnected(t, s)
	if got := localAddr(s); got.Addr() != local || got.Port() == 0 {
		t.Errorf("connected from %v", got)
	}
}

func TestForeignSourceAddressIsRefused(t *testing.T) {
	remote := netip.MustParseAddrPort("127.0.0.1:1")
	_, err := newConnector(netip.MustParseAddr("192.0.2.1"), remote)
	if !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("error %v, want EADDRNOTAVAIL", err)
	}
	_, err = newConnector(netip.MustParseAddr("::1"), remote)
	if err == nil {
		t.Error("an IPv6 source was bound to an IPv4 socket")
	}
}

func TestListenerErrorsNameTheCall(t *testing.T) {
	_, at := rawListener(t, "127.0.0.1")
	_, _, err := newListener(at, 1, 0)
	var call *os.SyscallError
	if !errors.As(err, &call) || !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("second listener on %v: %v, want EADDRINUSE", at, err)
	}
	if _, _, err := newListener(netip.AddrPort{}, 1, 0); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("listener without an address: %v, want EAFNOSUPPORT", err)
	}
}

func TestZoneIsANumberOrAName(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	sa, err := toSockaddr(netip.MustParseAddrPort("[fe80::1%lo]:7"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fromSockaddr(sa); got.Addr().Zone() != "1" || lo.Index != 1 {
		t.Errorf("zone lo (interface %d) came back as %v", lo.Index, got)
	}
	sa, err = toSockaddr(netip.MustParseAddrPort("[fe80::1%42]:7"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fromSockaddr(sa).String(); got != "[fe80::1%42]:7" {
		t.Errorf("zone 42 came back as %s", got)
	}
	if _, err := toSockaddr(netip.MustParseAddrPort("[fe80::1%nosuch]:7")); err == nil {
		t.Error("an unknown zone was accepted")
	}
}

func TestConnectRefused(t *testing.T) {
	nobody, free := deadport.New(t)
	defer free()
	c, err := newConnector(netip.Addr{}, nobody)
	if err != nil {
		t.Fatal(err)
	}
	defer closeSocket(c)
	err = connectSocket(c, nobody)
	if err == nil {
		pollSocket(t, c, unix.POLLOUT)
		err = connectResult(c)
	}
	if err != unix.ECONNREFUSED {
		t.Errorf("error %v, want ECONNREFUSED", err)
	}
}

func TestShutdownSendLeavesTheOtherDirection(t *testing.T) {
	near, far := rawPair(t, "127.0.0.1")
	shutdownSend(far)
	pollSocket(t, near, unix.POLLIN)
	buf := make([]byte, 8)
	if n, err := unix.Read(int(near), buf); n != 0 || err != nil {
		t.Errorf("read %d, %v, want the end of the stream", n, err)
	}
	if _, err := unix.Write(int(near), []byte("still")); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(int(far), buf); n != 5 || err != nil {
		t.Errorf("read %d, %v after our own shutdown", n, err)
	}
}

// blockedRead starts a read on a goroutine. The tests hold whether or not it has reached the
// kernel when they go on.
func blockedRead(t *testing.T, s Socket) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		n, err := unix.Read(int(s), make([]byte, 8))
		if n == 0 && err == nil {
			err = io.EOF
		}
		done <- err
	}()
	return done
}

func await(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatal("the operation did not end")
		return nil
	}
}

func TestCancelWakesAReadAndSendsAFin(t *testing.T) {
	near, far := rawPair(t, "127.0.0.1")
	done := blockedRead(t, far)
	cancelSocket(far)
	if err := await(t, done); err != io.EOF {
		t.Errorf("read: %v, want the end of the stream", err)
	}
	pollSocket(t, near, unix.POLLIN)
	if n, err := unix.Read(int(near), make([]byte, 8)); n != 0 || err != nil {
		t.Errorf("peer read %d, %v, want a FIN", n, err)
	}
}

func TestCancelEndsAnAccept(t *testing.T) {
	ln, _ := rawListener(t, "127.0.0.1")
	done := make(chan error, 1)
	go func() {
		_, _, err := unix.Accept(int(ln))
		done <- err
	}()
	cancelSocket(ln)
	if err := await(t, done); err != unix.EINVAL {
		t.Errorf("accept: %v, want EINVAL", err)
	}
}

func TestAbortSendsARstAtOnce(t *testing.T) {
	for _, addr := range loopbacks {
		near, far := rawPair(t, addr)
		done := blockedRead(t, far)
		abortSocket(near)
		// The descriptor is still open: the RST did not wait for Close.
		if err := await(t, done); err != unix.ECONNRESET {
			t.Errorf("%s: peer read: %v, want ECONNRESET", addr, err)
		}
		if got := pollSocket(t, near, unix.POLLIN); got&unix.POLLHUP == 0 {
			t.Errorf("%s: poll %#x after Abort, want POLLHUP", addr, got)
		}
		abortSocket(near)
		cancelSocket(near)
	}
}

// A handshake that nobody answers: a listener whose backlog is full drops the SYN.
func TestCancelEndsAHandshake(t *testing.T) {
	for name, end := range map[string]func(Socket){"cancel": cancelSocket, "abort": abortSocket} {
		t.Run(name, func(t *testing.T) {
			s := stuckHandshake(t)
			end(s)
			if got := pollSocket(t, s, unix.POLLOUT); got&unix.POLLHUP == 0 {
				t.Errorf("poll %#x, want POLLHUP", got)
			}
			if err := connectResult(s); err == nil {
				t.Error("the handshake ended without an error")
			}
		})
	}
}

// stuckHandshake is a socket in SYN_SENT.
func stuckHandshake(t *testing.T) Socket {
	t.Helper()
	ln, at, err := newListener(netip.MustParseAddrPort("127.0.0.1:0"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSocket(ln) })
	for range 64 {
		s, err := newConnector(netip.Addr{}, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeSocket(s) })
		if err := connectSocket(s, at); err != nil {
			t.Fatal(err)
		}
		info, err := unix.GetsockoptTCPInfo(int(s), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		if info.State == synSent {
			return s
		}
	}
	t.Fatal("64 connections fitted into a backlog of 0")
	return InvalidSocket
}

// synSent is TCP_SYN_SENT of linux/net/tcp_states.h.
const synSent = 2

// Abort's second way, for kernels that refuse the first.
func TestResetOnClose(t *testing.T) {
	ln, at := rawListener(t, "127.0.0.1")
	s, err := newConnector(netip.Addr{}, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := connectSocket(s, at); err != nil {
		t.Fatal(err)
	}
	fd, _, err := unix.Accept(int(ln))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	resetOnClose(s)
	cancelSocket(s)
	closeSocket(s)
	if got := pollSocket(t, Socket(fd), 0); got&unix.POLLERR == 0 {
		t.Errorf("peer: poll %#x, want POLLERR", got)
	}
	if err := connectResult(Socket(fd)); err != unix.EPIPE {
		t.Errorf("peer: %v, want EPIPE (a RST after a FIN)", err)
	}
}
