package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"github.com/spf13/pflag"

	"dummyload/dummy"
	"dummyload/monitor"
)

// mute listens for connections and answers nothing.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go func() {
					_, _ = io.Copy(io.Discard, c)
					c.Close()
				}()
			}
		}
	}()
	return l.Addr().String()
}

// TestASecondInterruptLosesNothing: a second interrupt ends a long drain, and what was measured is
// written.
func TestASecondInterruptLosesNothing(t *testing.T) {
	t.Parallel()
	summary, trace := tempFile(t, "summary.json"), tempFile(t, "trace.json")
	p := start(t, "run", "--target", mute(t), "--clients", "3", "--duration", "0",
		"--drain-timeout", "10m", "--progress", "100ms", "--json", summary, "--trace", trace)
	p.sees(t, " RUN  wait 3 ")
	p.interrupt()
	p.sees(t, " DRAINING ")
	p.interrupt()
	r := p.wait()
	s := summaryIn(t, summary, r)
	if r.code != monitor.ExitInterrupted || s.ExitCode != r.code || s.Verdict != "interrupted" {
		t.Errorf("exit %d, in the summary %d, %s: %v", r.code, s.ExitCode, s.Verdict, s.Reasons)
	}
	if s.Ledger.Sent != 3 || s.Wait != 3 {
		t.Errorf("%+v", s.Ledger)
	}
	var file struct{ TraceEvents []struct{ Name string } }
	data, err := os.ReadFile(trace)
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err != nil || len(file.TraceEvents) < 3*3 {
		t.Errorf("%v, %d events in the trace", err, len(file.TraceEvents))
	}
}

// TestAReportBetweenTwoStarts: after a drain the bundled server still holds its sessions. A report
// written then does not accuse it of that.
func TestAReportBetweenTwoStarts(t *testing.T) {
	var o loadOptions
	o.addFlags(pflag.NewFlagSet("", pflag.PanicOnError))
	o.config.Clients, o.config.DrainTimeout = 5, longest
	s, err := open(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	path := tempFile(t, "report.json")
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	err = errors.Join(s.rig.Fleet.Wait(ctx, monitor.Idle), echoStart(s.rig.Fleet), echoStop(s.rig.Fleet),
		s.rig.Fleet.Wait(ctx, monitor.Drained), s.writeReport(path), s.rig.Fleet.Close())
	if _, traceErr := s.close(); errors.Join(err, traceErr) != nil {
		t.Fatal(errors.Join(err, traceErr))
	}
	if r := summaryIn(t, path, ran{}); len(r.Diagnoses) > 0 || r.ExitCode != monitor.ExitPass {
		t.Errorf("exit code %d: %v", r.ExitCode, r.Reasons)
	}
}

// echoStart gives START.
func echoStart(f *dummy.Fleet) error {
	_, err := f.Start(0)
	return err
}

// echoStop gives STOP.
func echoStop(f *dummy.Fleet) error {
	_, err := f.Stop()
	return err
}
