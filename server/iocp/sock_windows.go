package iocp

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Winsock constants that x/sys does not have (winsock2.h, mswsock.h).
const (
	soExclusiveAddrUse = ^windows.SO_REUSEADDR
	soReuseUnicastPort = 0x3007
	ioctlFIONBIO       = 0x8004667e
	plainBacklog       = 200   // listen(): SOMAXCONN_HINT takes a number from this
	mostBacklog        = 65535 // to this
)

// newSocket makes a socket of addr's family that is associated with the port. It is in
// non-blocking mode: the receive in Get needs that, and overlapped calls ignore it.
func (p *iocpPort) newSocket(addr netip.AddrPort) (Socket, error) {
	h, err := windows.WSASocket(familyOf(addr.Addr()), windows.SOCK_STREAM,
		windows.IPPROTO_TCP, nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return InvalidSocket, os.NewSyscallError("WSASocket", err)
	}
	s := Socket(h)
	if err := p.adopt(h); err != nil {
		p.Close(s)
		return InvalidSocket, err
	}
	return s, nil
}

func (p *iocpPort) adopt(h windows.Handle) error {
	if _, err := windows.CreateIoCompletionPort(h, p.handle, keyIO, 0); err != nil {
		return os.NewSyscallError("CreateIoCompletionPort", err)
	}
	on, n := uint32(1), uint32(0)
	// on and n are this stack's, used during the call only: it is not an overlapped one.
	err := windows.WSAIoctl(h, ioctlFIONBIO, (*byte)(unsafe.Pointer(&on)),
		uint32(unsafe.Sizeof(on)), nil, 0, &n, nil, 0)
	return os.NewSyscallError("ioctlsocket", err)
}

// Listen takes the address for itself: with SO_EXCLUSIVEADDRUSE no other process can bind to
// it beside us, which Windows otherwise allows.
func (p *iocpPort) Listen(addr netip.AddrPort, backlog int) (Socket, netip.AddrPort, error) {
	s, err := p.newSocket(addr)
	if err != nil {
		return InvalidSocket, netip.AddrPort{}, err
	}
	if err := listen(windows.Handle(s), addr, backlog); err != nil {
		p.Close(s)
		return InvalidSocket, netip.AddrPort{}, err
	}
	at := p.LocalAddr(s)
	if !at.IsValid() {
		p.Close(s)
		return InvalidSocket, at, errNoAddress
	}
	return s, at, nil
}

func listen(h windows.Handle, addr netip.AddrPort, backlog int) error {
	err := windows.SetsockoptInt(h, windows.SOL_SOCKET, soExclusiveAddrUse, 1)
	if err != nil {
		return os.NewSyscallError("setsockopt SO_EXCLUSIVEADDRUSE", err)
	}
	if addr.Addr() == netip.IPv6Unspecified() { // else it takes IPv6 only, which Linux does not
		err := windows.SetsockoptInt(h, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, 0)
		if err != nil {
			return os.NewSyscallError("setsockopt IPV6_V6ONLY", err)
		}
	}
	if err := windows.Bind(h, sockaddrOf(addr)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	return os.NewSyscallError("listen", windows.Listen(h, backlogHint(backlog)))
}

// backlogHint is SOMAXCONN_HINT(n), which is -n, beyond the 200 that Windows may cut a plain
// backlog to. Windows refuses a connect that finds the queue full; Linux lets it wait.
func backlogHint(backlog int) int {
	if backlog > plainBacklog {
		return -min(backlog, mostBacklog)
	}
	return backlog
}

// NewSocket binds even without a local address, because ConnectEx needs a bound socket. With
// SO_REUSE_UNICASTPORT (Windows 10) the port is chosen at the connect, so that one local port
// can serve several remote ones; where it is refused the port is chosen here.
func (p *iocpPort) NewSocket(local netip.Addr, remote netip.AddrPort) (Socket, error) {
	s, err := p.newSocket(remote)
	if err != nil {
		return InvalidSocket, err
	}
	if !local.IsValid() {
		local = wildcardOf(remote.Addr())
	}
	h := windows.Handle(s)
	_ = windows.SetsockoptInt(h, windows.SOL_SOCKET, soReuseUnicastPort, 1)
	err = windows.Bind(h, sockaddrOf(netip.AddrPortFrom(local, 0)))
	if err != nil {
		p.Close(s)
		return InvalidSocket, os.NewSyscallError("bind", err)
	}
	if err := setNoDelay(h); err != nil {
		p.Close(s)
		return InvalidSocket, err
	}
	return s, nil
}

func setNoDelay(h windows.Handle) error {
	err := windows.SetsockoptInt(h, windows.IPPROTO_TCP, windows.TCP_NODELAY, 1)
	return os.NewSyscallError("setsockopt TCP_NODELAY", err)
}

// inherit completes an accepted socket (SO_UPDATE_ACCEPT_CONTEXT): before that, shutdown and
// getpeername do not know that it is connected.
func inherit(accepted, listener windows.Handle) error {
	// listener is this stack's, read during the call only.
	err := windows.Setsockopt(accepted, windows.SOL_SOCKET, windows.SO_UPDATE_ACCEPT_CONTEXT,
		(*byte)(unsafe.Pointer(&listener)), int32(unsafe.Sizeof(listener)))
	if err != nil {
		return os.NewSyscallError("setsockopt SO_UPDATE_ACCEPT_CONTEXT", err)
	}
	return setNoDelay(accepted)
}

// updateConnected completes a connected socket (SO_UPDATE_CONNECT_CONTEXT).
func updateConnected(h windows.Handle) error {
	err := windows.Setsockopt(h, windows.SOL_SOCKET, windows.SO_UPDATE_CONNECT_CONTEXT, nil, 0)
	return os.NewSyscallError("setsockopt SO_UPDATE_CONNECT_CONTEXT", err)
}

func (p *iocpPort) LocalAddr(s Socket) netip.AddrPort {
	sa, err := windows.Getsockname(windows.Handle(s))
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPortOf(sa)
}

func (p *iocpPort) RemoteAddr(s Socket) netip.AddrPort {
	sa, err := windows.Getpeername(windows.Handle(s))
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPortOf(sa)
}

// The calls below fail on a socket that is not connected (any more). That is no mistake of the
// caller: what was pending has completed or is cancelled.

func (p *iocpPort) Shutdown(s Socket) {
	_ = windows.Shutdown(windows.Handle(s), windows.SHUT_WR)
}

// Cancel shuts down the sending side only. SD_RECEIVE would make Windows answer data that is
// still on its way with a RST, and the peer would lose the FIN. The mark keeps receives from
// being posted.
func (p *iocpPort) Cancel(s Socket) {
	p.ended.set(s)
	_ = windows.Shutdown(windows.Handle(s), windows.SHUT_WR)
	_ = windows.CancelIoEx(windows.Handle(s), nil)
}

// Abort leaves the RST to closesocket, which sends it because of the linger time of 0.
func (p *iocpPort) Abort(s Socket) {
	p.ended.set(s)
	hard := windows.Linger{Onoff: 1}
	_ = windows.SetsockoptLinger(
		windows.Handle(s), windows.SOL_SOCKET, windows.SO_LINGER, &hard)
	_ = windows.CancelIoEx(windows.Handle(s), nil)
}

// Close takes the mark away first: once closesocket has returned the value may be another's.
func (p *iocpPort) Close(s Socket) {
	p.ended.clear(s)
	_ = windows.Closesocket(windows.Handle(s))
}

func familyOf(a netip.Addr) int32 {
	if a.Unmap().Is4() {
		return windows.AF_INET
	}
	return windows.AF_INET6
}

func wildcardOf(a netip.Addr) netip.Addr {
	if a.Unmap().Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func sockaddrOf(a netip.AddrPort) windows.Sockaddr {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &windows.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	zone, _ := strconv.ParseUint(ip.Zone(), 10, 32)
	return &windows.SockaddrInet6{
		Port: int(a.Port()), ZoneId: uint32(zone), Addr: ip.As16(),
	}
}

// addrPortOf gives the IPv4 peers of a listener for both families as what they are.
func addrPortOf(sa windows.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *windows.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *windows.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(fmt.Sprint(a.ZoneId))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}
