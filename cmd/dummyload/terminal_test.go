package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"dummyload/dummy"
	"dummyload/monitor"
)

// TestCommandOfARunUnderAScreen: the command line that the screen shows repeats the run, and the
// program accepts it.
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

// TestScreenStopsAfterItsDuration: after START the timer gives STOP, as in `dummyload run`. Without
// --duration there is no timer.
func TestScreenStopsAfterItsDuration(t *testing.T) {
	var o loadOptions
	flags := pflag.NewFlagSet("", pflag.PanicOnError)
	o.addFlags(flags)
	if err := flags.Parse([]string{"--clients=5", "--duration=100ms"}); err != nil {
		t.Fatal(err)
	}
	o.config.DrainTimeout = longest
	s, err := open(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	end := s.startTimer()
	defer end()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	err = errors.Join(s.rig.Fleet.Wait(ctx, monitor.Idle), echoStart(s.rig.Fleet),
		s.rig.Fleet.Wait(ctx, monitor.Drained))
	if on := time.Duration(s.rig.Sampler.Sample().EchoOn); on < o.duration {
		t.Errorf("echo was on for %v", on)
	}
	err = errors.Join(err, s.rig.Fleet.Close())
	if _, traceErr := s.close(); errors.Join(err, traceErr) != nil {
		t.Fatal(errors.Join(err, traceErr))
	}
	var unset loadOptions
	unset.addFlags(pflag.NewFlagSet("", pflag.PanicOnError))
	(&running{options: &unset}).startTimer()() // there is no fleet: a timer would panic
}
