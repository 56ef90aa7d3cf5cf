package iocp

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWholeMillisecondsRoundUp(t *testing.T) {
	for wait, want := range map[time.Duration]int{
		-1: -1, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Second: 1000,
		1 << 62: 1 << 30,
	} {
		if got := wholeMilliseconds(wait); got != want {
			t.Errorf("%v: %d ms, want %d", wait, got, want)
		}
	}
}

// Both ways to sleep, of new kernels and of old ones, are woken and end in time.
func TestEpollSleeps(t *testing.T) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ep)
	wake, err := eventOpen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(wake)
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(wake)}
	if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, wake, &ev); err != nil {
		t.Fatal(err)
	}
	events := make([]unix.EpollEvent, 4)
	type sleep func(int, []unix.EpollEvent, time.Duration) (uintptr, unix.Errno)
	for name, sleep := range map[string]sleep{
		"epoll_pwait2": epollSleep, "epoll_pwait": epollSleepCoarsely,
	} {
		// A timespec of the wrong width ends at once, or never.
		const wait = 5 * time.Millisecond
		began := time.Now()
		n, errno := sleep(ep, events, wait)
		if took := time.Since(began); n != 0 || errno != 0 || took < wait {
			t.Errorf("%s with no event: %d events, %v after %v", name, n, errno, took)
		}
		for _, wait := range []time.Duration{patience, -1} {
			if err := eventSignal(wake); err != nil {
				t.Fatal(err)
			}
			if n, errno := sleep(ep, events, wait); n != 1 || errno != 0 {
				t.Errorf("%s with an event: %d events, %v", name, n, errno)
			}
		}
	}
}

func TestRawSocketCalls(t *testing.T) {
	near, far := nonblocking(t)
	got := make([]byte, 16)
	if _, err := readSocket(far, got); err != unix.EAGAIN {
		t.Errorf("read of nothing: %v", err)
	}
	if n, err := writeSocket(near, []byte("ping")); n != 4 || err != nil {
		t.Errorf("wrote %d of 4: %v", n, err)
	}
	for deadline := time.Now().Add(patience); ; {
		n, err := readSocket(far, got)
		if err == unix.EAGAIN && time.Now().Before(deadline) {
			continue
		}
		if err != nil || string(got[:n]) != "ping" {
			t.Errorf("read %q, %v", got[:n], err)
		}
		break
	}
	large := bytes.Repeat([]byte("x"), 64*rawCopy)
	n, err := writeSocket(near, large)
	if n <= rawCopy || n >= len(large) || err != nil {
		t.Errorf("a large write to a peer that does not read: %d bytes, %v", n, err)
	}
	if _, err := writeSocket(near, large); err != unix.EAGAIN {
		t.Errorf("a write to a full socket: %v", err)
	}
	if _, err := acceptSocket(near); err != unix.EINVAL {
		t.Errorf("accept on a socket that does not listen: %v", err)
	}
	if _, err := readSocket(InvalidSocket, got); err != unix.EBADF {
		t.Errorf("read on no socket: %v", err)
	}
}
