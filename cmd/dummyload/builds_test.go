package main

import (
	"encoding/json"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/gallery/show"
	"dummyload/server/seeded"
)

// damaged builds the program with something in it broken, and returns the build's path.
func damaged(t *testing.T, edits ...seeded.Edit) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the program")
	}
	return seeded.Program(t, edits)
}

// TestABlindTesterFailsTheGallery: dummies that believe whatever bytes come back must fail the
// gallery. A gallery that passes them proves nothing.
func TestABlindTesterFailsTheGallery(t *testing.T) {
	blind := damaged(t, seeded.Instead("inStep", seeded.Calls("match"),
		"$it\n$out2 = true"))
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
// not hang for ever. It says how many workers did not end, and exits 3.
func TestOneStopPacketForAllWorkers(t *testing.T) {
	wrong := damaged(t, seeded.After("stopThreads", seeded.Calls("postEmpty"), `break`))
	p := launch(t, command(t, wrong, "serve", "--listen", "127.0.0.1:0", "--workers", "2"))
	r, s := runJSON(t, "--target", p.address(t), "--clients", "20", "--duration", "200ms")
	mustPass(t, r, s)
	p.interrupt()
	r = p.wait()
	if r.code != monitor.ExitFault || !strings.Contains(r.stdout, "did not end: worker w") {
		t.Errorf("exit %d: %s", r.code, r.stdout)
	}
}
