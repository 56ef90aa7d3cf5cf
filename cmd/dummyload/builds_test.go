package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/gallery/show"
)

// damaged builds the program with one passage of one source file replaced (go build's -overlay:
// the file itself stays as it is) and returns the build's path.
func damaged(t *testing.T, file, passage, replacement string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the program")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("it needs the go tool: %v", err) // a test binary that was brought here
	}
	original, err := filepath.Abs(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), passage); n != 1 {
		t.Fatalf("%s holds this %d times, not once:\n%s", file, n, passage)
	}
	dir := t.TempDir()
	edited, list := filepath.Join(dir, "edited.go"), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: edited}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		edited: strings.Replace(string(source), passage, replacement, 1), list: string(overlay),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "dummyload.exe")
	build := exec.Command("go", "build", "-overlay", list, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the damaged program does not build: %v\n%s", err, out)
	}
	return binary
}

// TestABlindTesterFailsTheGallery is the canary: a build whose dummies believe whatever bytes come
// back. Were the gallery green with it, it would be worth nothing.
func TestABlindTesterFailsTheGallery(t *testing.T) {
	blind := damaged(t, "dummy/verify/stream.go",
		"n, ok := j.p.match(m, data, int(st.have))",
		"n, ok := min(len(data), j.p.frameSize(m)-int(st.have)), true")
	r := finish(t, command(t, blind, "gallery", "--json", "-", "corrupt", "swap", "right-net"))
	var shows []show.Show
	if err := json.Unmarshal([]byte(r.stdout), &shows); err != nil || len(shows) != 3 {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.stdout, r.stderr)
	}
	if r.code != monitor.ExitFault {
		t.Errorf("exit %d, want %d: %s", r.code, monitor.ExitFault, r.stderr)
	}
	for i, want := range []show.Result{show.Escaped, show.Escaped, show.AsExpected} {
		if shows[i].Result != want {
			t.Errorf("%s is %s, want %s", shows[i].Name, shows[i].Result, want)
		}
	}
}

// TestOneStopPacketForAllWorkers: a server that orders only one of its workers to stop (R7) does
// not hang for ever, says who was left, and ends with the code of a fault.
func TestOneStopPacketForAllWorkers(t *testing.T) {
	wrong := damaged(t, "server/run.go",
		"for range srv.workers {\n\t\tif err := srv.port.Post(nil)",
		"for range 1 {\n\t\tif err := srv.port.Post(nil)")
	p := launch(t, command(t, wrong, "serve", "--listen", "127.0.0.1:0", "--workers", "2"))
	r, s := runJSON(t, "--target", p.address(t), "--clients", "20", "--duration", "200ms")
	mustPass(t, r, s)
	p.interrupt()
	r = p.wait()
	if r.code != monitor.ExitFault || !strings.Contains(r.stdout, "did not end: worker w") {
		t.Errorf("exit %d: %s", r.code, r.stdout)
	}
}
