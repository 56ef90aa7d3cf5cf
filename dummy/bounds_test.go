package dummy

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// accusedOf is what hostile dummies say of a server.
func accusedOf(s *monitor.Snapshot) []string {
	var names []string
	for _, d := range s.Diagnoses {
		if d.Name == monitor.LimitIgnored || d.Name == monitor.MemoryGrowth {
			names = append(names, d.Name)
		}
	}
	return names
}

// against runs hostile dummies of one manner beside two others, until it holds.
func against(t *testing.T, m Manner, behave func(*net.TCPConn), change func(*Config),
	holds func(*monitor.Snapshot) bool) *monitor.Snapshot {
	t.Helper()
	cfg := testConfig(startServer(t, behave))
	cfg.Clients, cfg.Frame, cfg.Hostile = 2, frame.Len32, []Hostile{{m, 0.1}}
	if change != nil {
		change(&cfg)
	}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	s := untilLong(t, f, holds)
	must(t, f.Close())
	return s
}

// untilLong is until for what takes more than a hundred megabytes through a slow machine.
func untilLong(t *testing.T, f *Fleet, holds func(*monitor.Snapshot) bool) *monitor.Snapshot {
	t.Helper()
	deadline := time.Now().Add(10 * soon)
	for {
		s := snap(f)
		if holds(s) {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("hostile %+v, %+v", s.Hostile, s.Diagnoses)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func isAccused(s *monitor.Snapshot) bool { return len(accusedOf(s)) > 0 }

// hoarder keeps every answer until somebody takes it, however many these are. Login packets
// come before.
func hoarder(login bool) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		parts, end := make(chan []byte, 1<<20), make(chan struct{})
		go func() {
			defer close(end)
			for part := range parts {
				if _, err := c.Write(part); err != nil {
					_ = c.Close()
				}
			}
		}()
		if login {
			parts <- []byte("\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f")
		}
		for {
			part := make([]byte, 64<<10)
			n, err := c.Read(part)
			if err != nil {
				break
			}
			parts <- part[:n]
		}
		close(parts)
		<-end
	}
}

func TestServersWithoutBoundsAreConvicted(t *testing.T) {
	for _, c := range []struct {
		name   string
		manner Manner
		behave func(*net.TCPConn)
		change func(*Config)
		want   string
		why    string
	}{
		{"oversize", Oversize, lenient32, nil,
			monitor.LimitIgnored, "4 GiB"},
		{"a line without an end", Oversize, echoAll, func(c *Config) { c.Frame = frame.Line },
			monitor.LimitIgnored, "a line that does not end"},
		{"zero", ZeroLength, lenient32, nil,
			monitor.LimitIgnored, "length 0"},
		// The payload's length is the code of the mark that it is looked for by.
		{"zero, echoed", ZeroLength, echoAll, func(c *Config) { c.SizeMin, c.SizeMax = '!', '!' },
			monitor.LimitIgnored, "length 0"},
		{"hoarder", Mute, hoarder(false), nil, monitor.MemoryGrowth, "bytes"},
		{"hoarder of logins", Mute, hoarder(true), func(c *Config) { c.Login = true },
			monitor.MemoryGrowth, "bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := against(t, c.manner, c.behave, c.change, isAccused)
			d := s.Diagnoses[len(s.Diagnoses)-1]
			if d.Name != c.want || d.Connections < 1 || !strings.Contains(d.Why, c.why) || !d.Fails() {
				t.Errorf("%+v", s.Diagnoses)
			}
			if s.Bad() != 0 {
				t.Errorf("faults %v", s.Faults)
			}
		})
	}
}

// lastWords refuses an illegal header the polite way: an answer, a FIN, and it reads on until
// the other has seen it.
func lastWords(c *net.TCPConn) {
	serve32(c, func() {
		_, _ = c.Write([]byte("\x03\x00\x00\x00no!"))
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	})
}

// deaf does not read on behind an illegal header, and closes when the time to refuse is long
// over.
func deaf(c *net.TCPConn) { serve32(c, func() { time.Sleep(3 * turnEvery) }) }

// throwAway answers who sends little, and throws the rest away.
func throwAway(c *net.TCPConn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if n > 4096 {
			_, _ = io.Copy(io.Discard, c)
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestRightServersAreNotConvicted(t *testing.T) {
	closed := func(n uint64) func(*monitor.Snapshot) bool {
		return func(s *monitor.Snapshot) bool {
			return s.Hostile.ClosedByServer >= n && s.Ledger.Echoed > 100
		}
	}
	kept := newBounds(Config{Target: someTarget, OverSend: 4, SizeMax: 64, Frame: frame.Len32}, 0).kept
	for _, c := range []struct {
		name   string
		manner Manner
		behave func(*net.TCPConn)
		holds  func(*monitor.Snapshot) bool
	}{
		{"oversize, last words", Oversize, lastWords, closed(3)},
		{"zero, last words", ZeroLength, lastWords, closed(3)},
		{"oversize, deaf", Oversize, deaf, closed(1)},
		{"zero, deaf", ZeroLength, deaf, closed(1)},
		// It takes all, and keeps nothing.
		{"mute, thrown away", Mute, throwAway, func(s *monitor.Snapshot) bool {
			return s.Hostile.BytesSent >= kept && s.Ledger.Echoed > 100
		}},
		// It takes no more than is taken from it.
		{"mute, echo", Mute, echoAll, func(s *monitor.Snapshot) bool {
			return s.Uptime > 2*time.Second && s.Ledger.Echoed > 100
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s := against(t, c.manner, c.behave, nil, c.holds); isAccused(s) || s.Bad() != 0 {
				t.Errorf("%+v %v, hostile %+v", s.Diagnoses, s.Faults, s.Hostile)
			}
		})
	}
}

// TestNobodyIsConvictedWhoNeverAnswered: that server may speak other frames altogether.
func TestNobodyIsConvictedWhoNeverAnswered(t *testing.T) {
	s := against(t, Oversize, readAll, nil, func(s *monitor.Snapshot) bool {
		return s.Hostile.Connected > 1 // the first was convicted, and dialed again
	})
	if isAccused(s) {
		t.Errorf("%+v", s.Diagnoses)
	}
}
