package main

import (
	"encoding/json"
	"strings"
	"testing"

	"dummyload/server/gallery/show"
)

// TestGalleryCommand: names choose exhibits, the error of an unknown name has the list, --json has the
// table.
func TestGalleryCommand(t *testing.T) {
	t.Parallel()
	r := dummyload(t, "gallery", "corrupt", "right-net")
	if r.code != 0 || !strings.Contains(r.stdout, "wrong servers named: 1, right ones not accused: 1") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	r = dummyload(t, "gallery", "no-such-server")
	if r.code != exitUsage || !strings.Contains(r.stderr, "no-such-server") ||
		!strings.Contains(r.stderr, "greeting-twice") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	r = dummyload(t, "gallery", "--json", "-", "duplicate")
	var shows []show.Show
	if err := json.Unmarshal([]byte(r.stdout), &shows); err != nil || len(shows) != 1 ||
		shows[0].Name != "duplicate" || shows[0].Result != show.AsExpected {
		t.Errorf("exit %d, %v: %s", r.code, err, r.stdout)
	}
	r = dummyload(t, "gallery", "--frame", "net:key=7", "corrupt", "right-net")
	if r.code != 0 || !strings.Contains(r.stdout, "wrong servers named: 1, right ones not accused: 1") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	for _, frame := range []string{"raw", "no-such-frame"} {
		r = dummyload(t, "gallery", "--frame", frame, "corrupt")
		if r.code != exitUsage || !strings.Contains(r.stderr, "--frame") || !strings.Contains(r.stderr, frame) ||
			!strings.Contains(r.stderr, "accepted: ") || r.stdout != "" {
			t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
		}
	}
}
