package iocp

import (
	"testing"
	"time"
)

func TestANapInVainIsNotTriedAgainAtOnce(t *testing.T) {
	var n nap
	for range 3 {
		if !n.take(-1) || !n.take(time.Second) {
			t.Fatal("a thread whose naps succeed does not nap")
		}
		n.over(false)
	}
	if n.take(napTime) || n.take(0) {
		t.Error("a wait that is no longer than a nap became one")
	}
	n.over(true) // of a wait that was no nap
	if !n.take(-1) {
		t.Error("a wait that was no nap counted as one in vain")
	}
	n.over(true)
	for i := range awakeAfterVainNap {
		if n.take(-1) {
			t.Errorf("wait %d after a nap in vain is a nap", i)
		}
		n.over(true)
	}
	if !n.take(-1) {
		t.Error("it never naps again")
	}
}
