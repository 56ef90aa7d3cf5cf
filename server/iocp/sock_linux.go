package iocp

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the two Linux backends do to a socket without waiting for anything: plain system
// calls, safe from any goroutine as long as nobody has closed the socket.

// newListener opens a listening TCP socket bound to addr (port 0: a free one) and returns
// the address it took. Flags are further socket(2) type bits, such as SOCK_NONBLOCK.
// TCP_NODELAY is set here because an accepted socket inherits it: one system call for the
// listener in place of one for each connection.
func newListener(addr netip.AddrPort, backlog, flags int) (Socket, netip.AddrPort, error) {
	s, err := newStream(addr.Addr(), flags)
	if err != nil {
		return InvalidSocket, netip.AddrPort{}, err
	}
	fail := func(call string, err error) (Socket, netip.AddrPort, error) {
		closeSocket(s)
		return InvalidSocket, netip.AddrPort{}, os.NewSyscallError(call, err)
	}
	sa, err := toSockaddr(addr)
	if err != nil {
		return fail("bind", err)
	}
	// Without it a restarted server cannot bind while connections of its predecessor are in
	// TIME_WAIT. Unlike Windows's option of this name it takes nobody's listener away.
	if err := unix.SetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fail("setsockopt", err)
	}
	if addr.Addr() == netip.IPv6Unspecified() { // else sysctl net.ipv6.bindv6only decides
		if err := unix.SetsockoptInt(int(s), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err != nil {
			return fail("setsockopt", err)
		}
	}
	if err := unix.Bind(int(s), sa); err != nil {
		return fail("bind", err)
	}
	if err := unix.Listen(int(s), backlog); err != nil {
		return fail("listen", err)
	}
	at, err := unix.Getsockname(int(s))
	if err != nil {
		return fail("getsockname", err)
	}
	return s, fromSockaddr(at), nil
}

// newConnector makes a socket of remote's family for connectSocket. It is in non-blocking
// mode whatever the backend, so that connect(2) only begins the handshake. A valid local
// binds its source address.
func newConnector(local netip.Addr, remote netip.AddrPort) (Socket, error) {
	s, err := newStream(remote.Addr(), unix.SOCK_NONBLOCK)
	if err != nil {
		return InvalidSocket, err
	}
	if local.IsValid() {
		if err := bindSource(s, local); err != nil {
			closeSocket(s)
			return InvalidSocket, err
		}
	}
	return s, nil
}

// newStream makes a TCP socket of addr's family with TCP_NODELAY set.
func newStream(addr netip.Addr, flags int) (Socket, error) {
	family := unix.AF_INET6
	if addr.Unmap().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, unix.IPPROTO_TCP)
	if err != nil {
		return InvalidSocket, os.NewSyscallError("socket", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		closeSocket(Socket(fd))
		return InvalidSocket, os.NewSyscallError("setsockopt", err)
	}
	return Socket(fd), nil
}

// bindSource binds the source address and leaves the port to connect(2): a port chosen by
// bind(2) would be taken for every destination, so that one source address could hold no
// more connections than there are ephemeral ports, whatever they lead to (ip(7),
// IP_BIND_ADDRESS_NO_PORT).
func bindSource(s Socket, local netip.Addr) error {
	sa, err := toSockaddr(netip.AddrPortFrom(local, 0))
	if err != nil {
		return os.NewSyscallError("bind", err)
	}
	if err := unix.SetsockoptInt(int(s), unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	return os.NewSyscallError("bind", unix.Bind(int(s), sa))
}

// connectSocket begins to connect a socket of newConnector. Nil says that the handshake is
// under way: the socket becomes writable when it has ended and connectResult tells how.
// The handshake has begun when this returns, so a Cancel that follows always finds it.
func connectSocket(s Socket, remote netip.AddrPort) error {
	sa, err := toSockaddr(remote)
	if err != nil {
		return err
	}
	switch err := unix.Connect(int(s), sa); err {
	// EINTR: connect(2) goes on in the background, as after EINPROGRESS.
	case nil, unix.EINPROGRESS, unix.EINTR:
		return nil
	default:
		return err
	}
}

// connectResult is what became of a connect whose socket has become writable.
func connectResult(s Socket) error {
	code, err := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case code != 0:
		return unix.Errno(code)
	}
	return nil
}

// toSockaddr converts ap for x/sys. A zone is an interface's number or name.
func toSockaddr(ap netip.AddrPort) (unix.Sockaddr, error) {
	addr := ap.Addr().Unmap()
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: addr.As4()}, nil
	}
	if !addr.Is6() {
		return nil, unix.EAFNOSUPPORT
	}
	sa := &unix.SockaddrInet6{Port: int(ap.Port()), Addr: addr.As16()}
	if zone := addr.Zone(); zone != "" {
		id, err := strconv.ParseUint(zone, 10, 32)
		if err != nil {
			iface, err := net.InterfaceByName(zone)
			if err != nil {
				return nil, err
			}
			id = uint64(iface.Index)
		}
		sa.ZoneId = uint32(id)
	}
	return sa, nil
}

// fromSockaddr is the way back. A dual-stack listener sees IPv4 peers as mapped addresses;
// they are given as the IPv4 addresses that they are.
func fromSockaddr(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(addr, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// localAddr is getsockname(2); zero when the socket has no address (any more).
func localAddr(s Socket) netip.AddrPort {
	sa, err := unix.Getsockname(int(s))
	if err != nil {
		return netip.AddrPort{}
	}
	return fromSockaddr(sa)
}

// remoteAddr is getpeername(2); zero when the socket is not connected (any more).
func remoteAddr(s Socket) netip.AddrPort {
	sa, err := unix.Getpeername(int(s))
	if err != nil {
		return netip.AddrPort{}
	}
	return fromSockaddr(sa)
}

// shutdownSend sends a FIN after what was sent. An error means that the connection is gone
// already, which its receive reports.
func shutdownSend(s Socket) { _ = unix.Shutdown(int(s), unix.SHUT_WR) }

// cancelSocket ends both directions, which wakes whatever waits for the socket: a receive
// gets 0 bytes, a send EPIPE, an accept on a listener EINVAL, a handshake ends. An operation
// that is submitted only afterwards ends in the same way, so none is left waiting.
func cancelSocket(s Socket) { _ = unix.Shutdown(int(s), unix.SHUT_RDWR) }

// abortSocket sends a RST at once and wakes whatever waits for the socket (connect(2) with
// AF_UNSPEC dissolves the association). SO_LINGER with 0 alone would send the RST only when
// the last reference goes, and io_uring holds one for every operation in flight.
func abortSocket(s Socket) {
	if disconnect(s) != nil {
		// Some kernels of 2023 refuse while another thread is inside a call on this socket
		// (EBUSY). The RST then leaves with Close, and the FIN of the next line before it.
		resetOnClose(s)
	}
	// Dissolving wakes only one of several waiters (pending accepts wait exclusively), and does
	// not end an operation that comes later. A shutdown wakes all and ends later ones, too.
	cancelSocket(s)
}

// resetOnClose makes the close of the last reference send a RST.
func resetOnClose(s Socket) {
	_ = unix.SetsockoptLinger(int(s), unix.SOL_SOCKET, unix.SO_LINGER,
		&unix.Linger{Onoff: 1, Linger: 0})
}

// disconnect is connect(2) with AF_UNSPEC, which x/sys has no Sockaddr for. The address
// lives on this frame's stack until the call has copied it.
func disconnect(s Socket) error {
	unspec := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(s),
		uintptr(unsafe.Pointer(&unspec)), unsafe.Sizeof(unspec))
	if errno != 0 {
		return errno
	}
	return nil
}

// closeSocket frees the descriptor. Its value may be handed out again before this returns,
// so there is no second try after an error (close(2): not even after EINTR).
func closeSocket(s Socket) { _ = unix.Close(int(s)) }
