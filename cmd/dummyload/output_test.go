package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestSummaryFileOfARunThatDidNotStart: an old file stays as it was, and no new file is left.
func TestSummaryFileOfARunThatDidNotStart(t *testing.T) {
	t.Parallel()
	path := tempFile(t, "summary.json")
	for _, args := range [][]string{
		{"run", "--target", "127.0.0.1:1"}, {"run", "--source", "203.0.113.1"},
		{"serve", "--listen", "203.0.113.1:6000"},
	} {
		args = append(args, "--json", path)
		if r := dummyload(t, args...); r.code != exitUsage {
			t.Fatalf("%v: exit %d", args, r.code)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%v: an empty file was left behind", args)
			_ = os.Remove(path)
		}
		if err := os.WriteFile(path, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
		dummyload(t, args...)
		if data, err := os.ReadFile(path); string(data) != "older" {
			t.Errorf("%v: the older file is %q now, %v", args, data, err)
		}
		_ = os.Remove(path)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("older "), 1<<12), 0o600); err != nil {
		t.Fatal(err)
	}
	dummyload(t, "run", "--clients", "2", "--duration", "50ms", "--json", path)
	data, err := os.ReadFile(path)
	if err := errors.Join(err, json.Unmarshal(data, new(summary))); err != nil {
		t.Errorf("a run that started did not take the place of an older one: %v", err)
	}
}

// TestSummaryFile: the file has the summary that --json - prints, and stdout has the report.
func TestSummaryFile(t *testing.T) {
	t.Parallel()
	path := tempFile(t, "summary.json")
	r := dummyload(t, append([]string{"run", "--clients", "20", "--duration", "500ms", "--json",
		path}, patient...)...)
	data, err := os.ReadFile(path)
	var s summary
	if err := errors.Join(err, json.Unmarshal(data, &s)); err != nil || s.Verdict != "pass" {
		t.Errorf("exit %d, %v, verdict %q", r.code, err, s.Verdict)
	}
	if !strings.Contains(r.stdout, "PASS") || strings.Contains(r.stderr, "\r") {
		t.Errorf("stdout %q\nstderr %q", r.stdout, r.stderr)
	}
	if !strings.Contains(r.stderr, "seed ") {
		t.Errorf("the seed is not printed: %s", r.stderr)
	}
}

// TestSummaryIsKeptWhenTheReportIsLost: a full disk behind stdout loses the report only.
func TestSummaryIsKeptWhenTheReportIsLost(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("this system has no full device: %v", err)
	}
	defer full.Close()
	path := tempFile(t, "summary.json")
	cmd := program(t, append([]string{"run", "--clients", "5", "--duration", "500ms", "--json",
		path}, patient...)...)
	cmd.Stdout = full
	_ = cmd.Run()
	data, err := os.ReadFile(path)
	var s summary
	if err := errors.Join(err, json.Unmarshal(data, &s)); err != nil || s.Verdict != "pass" {
		t.Errorf("%v, verdict %q", err, s.Verdict)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
}
