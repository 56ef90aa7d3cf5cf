package iocp

import (
	"testing"
	"time"
)

func TestCountdown(t *testing.T) {
	for _, wait := range []time.Duration{-1, 0} {
		c := countdown{wait: wait}
		for range 3 {
			if left, ok := c.left(); left != wait || ok != (wait < 0) || !c.deadline.IsZero() {
				t.Fatalf("of %v: %v, %v", wait, left, ok)
			}
		}
	}
	c := countdown{wait: time.Hour}
	if left, ok := c.left(); left != time.Hour || !ok {
		t.Errorf("the first time %v, %v", left, ok)
	}
	if left, ok := c.left(); left > time.Hour || left < time.Minute || !ok {
		t.Errorf("the second time %v, %v", left, ok)
	}
	c.deadline = time.Now().Add(-time.Second)
	if _, ok := c.left(); ok {
		t.Error("the time was not over")
	}
}

func TestTimespecs(t *testing.T) {
	for d, want := range map[time.Duration]kernelTimespec{
		0: {}, 1: {nsec: 1}, time.Second - 1: {nsec: 999_999_999}, time.Second: {sec: 1},
		100 * 365 * 24 * time.Hour: {sec: 100 * 365 * 24 * 3600}, // more than 32 bits of seconds
	} {
		if got := timespecOf(d); got != want {
			t.Errorf("%v: %v, want %v", d, got, want)
		}
	}
}
