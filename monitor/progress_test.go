package monitor

import (
	"strings"
	"testing"
	"time"
)

// at is a view a time after the run began.
func at(uptime time.Duration, phase Phase, echoes uint64) *View {
	return &View{Run: Run{At: time.Unix(1000, 0).Add(uptime), Uptime: uptime, Phase: phase},
		Counts: Counts{
			Ledger: Ledger{Sent: echoes + 5, Echoed: echoes, Wait: 5},
		}}
}

func TestProgressInAFile(t *testing.T) {
	var b strings.Builder
	p := NewProgress(&b, false, 10*time.Second)
	first := at(0, Connecting, 0)
	first.Clients, first.Settling, first.Connections.Now = 60, 23, 40
	p.Observe(first)
	p.Observe(at(1*time.Second, Echoing, 0)) // another phase shows at once
	p.Observe(at(6*time.Second, Echoing, 1_000_000))
	s := at(11*time.Second, Echoing, 2_120_000)
	s.RTT = Distribution{Count: 1, P99: 131}
	s.Faults[Corrupt], s.Faults[Late] = 2, 1500
	p.Observe(s)
	p.Observe(at(12*time.Second, Echoing, 2_120_000))
	p.Close()
	want := `00:00:00 CONNECTING 37 of 60, 3 without login  wait 5  send 0/s recv 0/s  p99 n/a  0 faults
00:00:01 RUN  wait 5  send 0/s recv 0/s  p99 n/a  0 faults
00:00:11 RUN  wait 5  send 212k/s recv 212k/s  p99 131µs  2 corrupt  watch: 1.5k late
00:00:12 RUN  wait 5  send 0/s recv 0/s  p99 n/a  0 faults
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var b strings.Builder
	p := NewProgress(&b, true, time.Second)
	p.Observe(at(0, Echoing, 0))
	s := at(time.Second, Echoing, 1000)
	for f := range NumFaults {
		s.Faults[f] = 123
	}
	p.Observe(s)
	p.Observe(at(3700*time.Second, Draining, 1000))
	p.Close()
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("%q: not every console knows escape sequences", b.String())
	}
	lines := strings.Split(b.String(), "\r")
	if len(lines) != 4 || lines[0] != "" || !strings.HasPrefix(lines[3], "01:01:40 DRAINING") {
		t.Fatalf("lines %q, want three, each written over the one before", lines)
	}
	if n := len([]rune(lines[2])); n != progressWidth {
		t.Errorf("%d columns, want %d: a wrapped line is not written over", n, progressWidth)
	}
	if last := strings.TrimSuffix(lines[3], "\n"); len([]rune(last)) != progressWidth {
		t.Errorf("%q leaves something of the longer line behind", last)
	}
	if strings.Count(b.String(), "\n") != 1 || !strings.HasSuffix(b.String(), "\n") {
		t.Errorf("%q: want one newline, at the end", b.String())
	}
}

func TestProgressClosedUnused(t *testing.T) {
	var b strings.Builder
	NewProgress(&b, true, time.Second).Close()
	if b.String() != "" {
		t.Errorf("wrote %q about nothing", b.String())
	}
}

func TestProgressOutlivesItsWriter(t *testing.T) {
	p := NewProgress(failingWriter{}, false, time.Second)
	p.Observe(at(0, Echoing, 0))
	p.Close()
	if p.shown == nil {
		t.Error("the line was not tried")
	}
}

func TestNewProgressRefusesNoInterval(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("interval 0 was accepted")
		}
	}()
	NewProgress(nil, false, 0)
}

func TestClock(t *testing.T) {
	for want, d := range map[string]time.Duration{"00:00:00": -1, "00:01:27": 87_999_999_999,
		"100:00:01": 100*time.Hour + time.Second} {
		if got := Clock(d); got != want {
			t.Errorf("Clock(%v) = %s, want %s", d, got, want)
		}
	}
}
