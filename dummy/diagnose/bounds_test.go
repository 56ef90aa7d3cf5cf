package diagnose

import (
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestBoundsSayWhatWasTaken: each proof is a cause of its own name, in words and with its figures.
func TestBoundsSayWhatWasTaken(t *testing.T) {
	b := Bounds{Oversize: 2, Illegal: "a header that declares 16 MiB", ZeroLength: 1, After: time.Second,
		Taken: 4 << 20}
	all := b.causes(nil)
	if len(all) != 1 || all[0].Name != monitor.LimitIgnored || all[0].Connections != 3 {
		t.Fatalf("%+v", all)
	}
	for _, part := range []string{"a header that declares 16 MiB was not refused: 1s later", "4,194,304 bytes",
		"; a frame of length 0 was not refused"} {
		if !strings.Contains(all[0].Why, part) {
			t.Errorf("%q is not in %q", part, all[0].Why)
		}
	}
	b = Bounds{Mute: 1, Kept: 140_000_000, Kernel: 70_000_000}
	all = b.causes(nil)
	if len(all) != 1 || all[0].Name != monitor.MemoryGrowth || !strings.Contains(all[0].Why, "140,000,000") {
		t.Errorf("%+v", all)
	}
	if all = new(Bounds).causes(nil); len(all) != 0 {
		t.Errorf("nothing was proved: %+v", all)
	}
}
