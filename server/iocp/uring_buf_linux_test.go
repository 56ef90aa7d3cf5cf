package iocp

import (
	"runtime"
	"testing"
)

func TestBufCount(t *testing.T) {
	for size, want := range map[int]int{
		1: maxBufs, 512: maxBufs, 1024: 2048, 4096: 512, DefaultRecvSize: 64, 32769: 32,
		128 << 10: 16, MaxRecvSize: minBufs,
	} {
		if got := bufCount(size); got != want {
			t.Errorf("bufCount(%d) = %d, want %d", size, got, want)
		}
	}
}

// The kernel naming a buffer that it does not have would corrupt received data silently.
func TestRecvBufsRefuseWhatCannotBe(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	flags, err := probeUring()
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRing(flags, 8, 16)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBufs(r, 2, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	defer r.close()
	var l chunkList
	b.keep(&l, 0, 100)
	b.keep(&l, 1, 100)
	one, two := b.takeFirst(&l), b.takeFirst(&l)
	one[99], two[0] = 1, 2
	if one[99] != 1 || len(one) != cap(one) || l.first != 0 {
		t.Error("the buffers overlap or reach beyond their end")
	}
	mustPanic(t, "a third of two", func() { b.giveBack(0) })
	b.lend()
	mustPanic(t, "too long", func() { b.keep(&l, 0, 101) })
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}
