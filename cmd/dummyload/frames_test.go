package main

import (
	"os"
	"strings"
	"testing"

	"dummyload/server/frame"
)

// TestFramesAreListedAndDescribed: each has its line; its description is one again, with the dump in it.
func TestFramesAreListedAndDescribed(t *testing.T) {
	t.Parallel()
	r := dummyload(t, "frames")
	if n := strings.Count(r.stdout, "\n"); r.code != 0 || n != len(frame.Names()) {
		t.Errorf("exit %d, %d lines: %s", r.code, n, r.stdout)
	}
	for _, name := range frame.Names() {
		f := frame.Builtin(name)
		if f.Title() == "" || !strings.Contains(r.stdout, f.Title()) {
			t.Errorf("%s: no %q in %s", name, f.Title(), r.stdout)
		}
		var b strings.Builder
		if err := describeFrame(&b, f); err != nil {
			t.Fatal(err)
		}
		again, err := frame.Parse(name, b.String())
		if err != nil || again.Title() != f.Title() || !strings.Contains(b.String(), "\n# its answer:\n#   ") {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
	}
}

// TestAFrameIsDescribed: by name with options, or from a file, with all of its packets.
func TestAFrameIsDescribed(t *testing.T) {
	t.Parallel()
	r := dummyload(t, "frames", "net:code=0x89")
	for _, want := range []string{"code: 0x89", " 89    0c 00 ", " code  length  rand  sum  payload (12 bytes)\n"} {
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("exit %d, no %q: %s%s", r.code, want, r.stdout, r.stderr)
		}
	}
	path := tempFile(t, "my.yaml")
	text := `
frame: [{id: length, type: u2le, counts: body}, {id: body}]
session:
  - send: {body: [{id: hello, type: u2le, contents: 1001}]}
  - expect: {body: [{id: welcome, type: u2le, contents: 1002}]}
heartbeat: {every: 30s, send: {body: [{id: alive, type: u2le, contents: 5002}]}}
ignore: [{body: [{id: news, type: u1, contents: 7}]}]
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r = dummyload(t, "frames", path)
	for _, want := range []string{"# session, step 1, the dummy sends:", "02 00   e9 03", "length  hello",
		"# session, step 2, the server says:", "welcome", "# heartbeat, every 30s:", "alive", "# ignored:", "news"} {
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("exit %d, no %q: %s%s", r.code, want, r.stdout, r.stderr)
		}
	}
	mustRefuse(t, dummyload(t, "run", "--frame", "raw", "--frame", "line"), "--frame given twice")
	mustRefuse(t, dummyload(t, "frames", "net:key=300"), "option key=300 of frame net; accepted: 0 to 255")
	mustRefuse(t, dummyload(t, "frames", "nope"), "accepted: raw, ")
	mustRefuse(t, dummyload(t, "frames", "raw", "line"), "want one NAME")
}

// TestFramesAreCompletedAndExplained: a shell completes --frame; help has the language.
func TestFramesAreCompletedAndExplained(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"run", "--frame", ""}, {"serve", "--frame", ""}, {"gallery", "--frame", ""},
		{"probe", "h:1", "--frame", ""}, {"frames", ""}, {"--frame", ""}} {
		r := dummyload(t, append([]string{"__complete"}, args...)...)
		for _, name := range frame.Names() {
			if r.code != 0 || !strings.Contains("\n"+r.stdout, "\n"+name) {
				t.Errorf("%v: exit %d, no %s in %s", args, r.code, name, r.stdout)
			}
		}
	}
	r := dummyload(t, "help", "frames")
	for _, word := range []string{"heartbeat", "netchain", "counts: body", "echo64"} {
		if r.code != 0 || !strings.Contains(r.stdout, word) {
			t.Errorf("exit %d, no %q in %s", r.code, word, r.stdout)
		}
	}
}
