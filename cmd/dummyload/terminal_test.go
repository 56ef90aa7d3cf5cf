package main

import (
	"os"
	"strings"
	"testing"

	"dummyload/dummy"
)

// TestCommandOfARunUnderAScreen: what the screen shows as the same run without one is that, and the
// program takes it.
func TestCommandOfARunUnderAScreen(t *testing.T) {
	before := os.Args
	defer func() { os.Args = before }()
	os.Args = []string{"dummyload", "--start", "--ascii=true", "--clients", "5", "--frame=raw"}
	o := loadOptions{seed: seed{42}}
	got := o.headlessCommand(dummy.Tuning{
		dummy.Clients: 7, dummy.OverSend: 2, dummy.Rate: 0, dummy.Churn: 1.5,
	})
	want := "dummyload run --clients 5 --frame=raw --seed=42 " +
		"--clients=7 --oversend=2 --rate=0 --churn=1.5"
	if at := strings.Index(got, "dummyload run"); at < 0 || got[at:] != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
	cmd := newRunCommand()
	if err := cmd.ParseFlags(strings.Fields(want)[2:]); err != nil {
		t.Errorf("%s: %v", want, err)
	}
}
