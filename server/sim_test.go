package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// simulate has the instrumented binary do some jobs.
func simulate(t *testing.T, binary string, jobs ...job) []found {
	t.Helper()
	list, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^TestSimulationJob$", "-test.timeout=10m",
		"-sim.job="+string(list))
	out, err := cmd.CombinedOutput()
	var all []found
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), foundPrefix); ok {
			var f found
			if err := json.Unmarshal([]byte(text), &f); err != nil {
				t.Fatal(err)
			}
			all = append(all, f)
		}
	}
	if err != nil || len(all) != len(jobs) {
		t.Fatalf("the instrumented binary: %v\n%s", err, tail(out))
	}
	return all
}

func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }

func TestTmp(t *testing.T) {
	binary := instrument(t)
	begin := time.Now()
	f := simulate(t, binary, job{From: 1, Runs: 100000})[0]
	t.Logf("%v: %d runs %d steps %q %v", time.Since(begin), f.Runs, f.Steps, f.Broken, f.Marks)
	var jobs []job
	for _, b := range seededBugs {
		jobs = append(jobs, job{Variant: b.number, From: 1, Runs: 100000})
	}
	begin = time.Now()
	for i, f := range simulate(t, binary, jobs...) {
		t.Logf("M%02d %7d %q", seededBugs[i].number, f.Runs, f.Broken)
	}
	t.Log(time.Since(begin))
}
