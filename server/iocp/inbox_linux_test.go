package iocp

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestInboxKeepsEachPushersOrder(t *testing.T) {
	const pushers, each = 4, 5000
	fd, err := eventOpen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	b := &inbox{wake: fd}
	var all sync.WaitGroup
	for p := range pushers {
		all.Go(func() {
			ovs := make([]Overlapped, each)
			for i := range ovs {
				ovs[i].Key = uint64(p*each + i)
				if err := b.push(&ovs[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var next [pushers]uint64
	for n := 0; n < pushers*each; {
		ov := b.take()
		if ov == nil {
			runtime.Gosched()
		}
		for ; ov != nil; ov = ov.sys.next {
			p := ov.Key / each
			if ov.Key%each != next[p] {
				t.Fatalf("pusher %d: number %d came in place of %d", p, ov.Key%each, next[p])
			}
			next[p]++
			n++
		}
	}
	all.Wait()
}

func TestInboxWakesOnlyASleeper(t *testing.T) {
	fd, err := eventOpen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	b := &inbox{wake: fd}
	for i, asleep := range []bool{false, true, false} {
		b.sleeping.Store(asleep)
		if err := b.push(&Overlapped{}); err != nil {
			t.Fatal(err)
		}
		if got := eventConsume(fd); got != asleep || b.sleeping.Load() {
			t.Errorf("push %d: woken %v, sleeping %v", i, got, b.sleeping.Load())
		}
	}
}
