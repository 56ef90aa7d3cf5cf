package main

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// standins is a program in Python that stands in for the servers of our users.
type standins struct {
	t     *testing.T
	at    map[string]string // the address of each server by its name
	stdin io.Closer
	lines *bufio.Scanner
	ended bool
	wait  func() error
}

// standinPath is a file of the stand-ins.
func standinPath(name string) string { return filepath.Join("testdata", "standins", name) }

// startStandins runs a program of the stand-ins, which ends with the test or before.
func startStandins(t *testing.T, args ...string) *standins {
	t.Helper()
	args[0] = standinPath(args[0])
	cmd := command(t, tool(t, "python3"), args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &standins{t: t, at: map[string]string{}, stdin: stdin, lines: bufio.NewScanner(stdout), wait: cmd.Wait}
	t.Cleanup(func() {
		if !s.ended { // the test has failed, and its context has killed the program
			stdin.Close()
			_ = cmd.Wait()
		}
	})
	for s.lines.Scan() && s.lines.Text() != "ready" {
		name, addr, _ := strings.Cut(s.lines.Text(), " ")
		s.at[name] = addr
	}
	if len(s.at) == 0 {
		t.Fatalf("%v began no server", args)
	}
	return s
}

// end ends the program, and says what each server has counted.
func (s *standins) end() (counted map[string]map[string]int) {
	s.ended = true
	s.stdin.Close()
	if s.lines.Scan() {
		if err := json.Unmarshal(s.lines.Bytes(), &counted); err != nil {
			s.t.Errorf("%v: %s", err, s.lines.Text())
		}
	}
	if err := s.wait(); err != nil {
		s.t.Error(err)
	}
	return counted
}

// spoken are the layouts of the stand-ins, with what --frame takes: those that are built in, and those
// with a description beside the stand-ins.
func spoken(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"net-0xa9": "net:code=0x77,key=0xa9"}
	for _, name := range frame.Names() {
		all[name] = name
	}
	files, err := filepath.Glob(standinPath("*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d descriptions: %v", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if !strings.HasPrefix(name, "game") {
			all[name] = path
		}
	}
	return all
}

// TestStandInsAgree: the stand-ins' two implementations of each cipher, checksum and layout agree.
func TestStandInsAgree(t *testing.T) {
	t.Parallel()
	r := finish(t, command(t, tool(t, "python3"), standinPath("selftest.py")))
	if r.code != 0 || !strings.HasPrefix(r.stdout, "self-test: ") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// TestStandIns: each layout that others wrote by hand is spoken by its name or by its description.
func TestStandIns(t *testing.T) {
	t.Parallel()
	frames := spoken(t)
	names := slices.Sorted(maps.Keys(frames))
	servers := startStandins(t, append([]string{"standin.py", "--split"}, names...)...)
	logins := startStandins(t, "standin.py", "--split", "--login", "len16", "net", "line")
	t.Run("each", func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				mustBeRight(t, servers.at[name], frames[name])
			})
		}
		for name, addr := range logins.at {
			t.Run("login "+name, func(t *testing.T) {
				t.Parallel()
				mustBeRight(t, addr, name, "--login")
			})
		}
	})
	for _, s := range []*standins{servers, logins} {
		for name, n := range s.end() {
			if n["answers"] == 0 || n["bad"] != 0 {
				t.Errorf("%s has counted %v", name, n)
			}
		}
	}
}

// gentle are flags of a load that leaves the processors time for the other tests.
var gentle = []string{"--clients", "6", "--oversend", "3", "--loop-delay", "2ms", "--quiet", "50ms",
	"--size", "8-240", "--duration", "400ms"}

// mustBeRight runs a load against a right server.
func mustBeRight(t *testing.T, addr, spec string, more ...string) {
	t.Helper()
	args := slices.Concat([]string{"--target", addr, "--frame", spec, "--churn", "20", "--close", "mixed"},
		gentle, more)
	r, s := runJSON(t, args...)
	mustPass(t, r, s)
}

// TestStandInsAreWrong: what a stand-in does wrong has the same name in every frame.
func TestStandInsAreWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault, once string
		want, also  []string
		load        string
	}{
		{"flip", "300", []string{"corrupt"}, []string{"truncated", "missing", "unsolicited", "not_drained"}, ""},
		{"swap", "97", []string{"crossed", "missing"}, []string{"not_drained"}, ""},
		{"drop", "97", []string{"missing"}, []string{"not_drained"}, ""}, // the last has none behind it
		{"dup", "97", []string{"duplicate"}, nil, ""},
		{"stale", "2", []string{"stale", monitor.SessionReuse}, nil, "--clients 1 --churn 50"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			frames := map[string]string{"len16": "len16", "net": "net", "crc32": standinPath("crc32.yaml")}
			args := append([]string{"standin.py", "--" + c.fault, c.once}, slices.Collect(maps.Keys(frames))...)
			servers := startStandins(t, args...)
			t.Run("in", func(t *testing.T) {
				for name, spec := range frames {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						load := slices.Concat([]string{"--target", servers.at[name], "--frame", spec}, gentle,
							strings.Fields(c.load), []string{"--duration", "700ms", "--drain-timeout", "300ms"})
						r, s := runJSON(t, load...)
						mustName(t, r, s, c.want, c.also)
					})
				}
			})
			for name, n := range servers.end() {
				if n[c.fault] == 0 {
					t.Errorf("%s was never wrong: %v", name, n)
				}
			}
		})
	}
}

// mustName asserts that a run earned all of the faults and diagnoses in want, and none but these and
// those in also. A slow machine is late, which is nobody's fault.
func mustName(t *testing.T, r ran, s summary, want, also []string) {
	t.Helper()
	if r.code != monitor.ExitFault {
		t.Errorf("exit %d: %v", r.code, s.Reasons)
	}
	var earned []string
	for name, n := range s.Faults {
		if n != 0 && name != monitor.Late.String() {
			earned = append(earned, name)
		}
	}
	for _, d := range s.Diagnoses {
		earned = append(earned, d.Name)
	}
	for _, name := range want {
		if !slices.Contains(earned, name) {
			t.Errorf("no %s: %v, %v", name, s.Faults, s.Diagnoses)
		}
	}
	for _, name := range earned {
		if !slices.Contains(want, name) && !slices.Contains(also, name) {
			t.Errorf("%s: %v, %v, %+v", name, s.Faults, s.Diagnoses, s.Evidence)
		}
	}
}

// TestEveryFrameAgainstTheBundledServer: the built-in ones with a narrow window and with a wide one, and
// those of the stand-ins.
func TestEveryFrameAgainstTheBundledServer(t *testing.T) {
	t.Parallel()
	run := func(name, spec string, args ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := runJSON(t, slices.Concat([]string{"--frame", spec, "--clients", "20", "--churn", "100",
				"--close", "mixed", "--duration", "300ms"}, args)...)
			mustPass(t, r, s)
		})
	}
	for name, spec := range spoken(t) {
		switch {
		case !slices.Contains(frame.Names(), name):
			if !testing.Short() {
				run(name, spec, "--oversend", "3", "--size", "8-240")
			}
		case testing.Short():
			run(name, spec, "--oversend", "20", "--size", "8-4000")
		default:
			run(name+" 1", spec, "--oversend", "1", "--size", "8-4000")
			run(name+" 200", spec, "--oversend", "200", "--size", "8-4000")
		}
	}
	run("game", standinPath("game.yaml"), "--oversend", "3")
}

// TestTheBundledServerAnswersOthers: clients that others wrote by hand get the right answers in every frame.
func TestTheBundledServerAnswersOthers(t *testing.T) {
	t.Parallel()
	args := []string{standinPath("clients.py")}
	python := tool(t, "python3")
	frames := spoken(t)
	frames["game"] = standinPath("game.yaml")
	for name, spec := range frames {
		f, err := frame.Named(spec)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, name+"="+bundledFor(t, f))
	}
	r := finish(t, command(t, python, args...))
	if r.code != 0 || !strings.HasPrefix(r.stdout, "right: ") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// TestTheProbeFindsStandIns: it names the frame of a server that nobody here made, also where the built-in
// frames are none of it.
func TestTheProbeFindsStandIns(t *testing.T) {
	t.Parallel()
	frames := spoken(t)
	// Of those that wait for more after a wrong frame, which takes the probe seconds, there is one.
	names := []string{"net", "net-0xa9", "raw", "echo64", "len64be", "magic", "minus", "spaces", "three", "xor",
		"serial", "rawlogin", "crc32"}
	servers := startStandins(t, append([]string{"standin.py"}, names...)...)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"probe", servers.at[name], "--json", "-"}
			if !slices.Contains(frame.Names(), name) {
				args = append(args, "--frame", frames[name])
			}
			r := dummyload(t, args...)
			var got struct{ Fits []struct{ Frame string } }
			err := json.Unmarshal([]byte(r.stdout), &got)
			if err != nil || r.code != 0 || len(got.Fits) == 0 || got.Fits[0].Frame != frames[name] {
				t.Errorf("exit %d, %v: %s%s", r.code, err, r.stdout, r.stderr)
			}
		})
	}
}
