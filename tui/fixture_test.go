package tui

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/dummy"
	"dummyload/monitor"
)

var update = flag.Bool("update", false, "write the golden files anew")

// began is when the fleets of these tests begin.
var began = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fakeFleet records verbs, and answers what a test wants.
type fakeFleet struct {
	mu    sync.Mutex
	verbs []string
	err   error
	shown *monitor.View
}

func (f *fakeFleet) did(verb string) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.verbs = append(f.verbs, verb)
	return monitor.Ticket(len(f.verbs)), f.err
}

func (f *fakeFleet) Start(time.Duration) (monitor.Ticket, error) { return f.did("start") }
func (f *fakeFleet) Stop() (monitor.Ticket, error)               { return f.did("stop") }
func (f *fakeFleet) Reset() (monitor.Ticket, error)              { return f.did("reset") }
func (f *fakeFleet) Mark(name string) (monitor.Ticket, error)    { return f.did("mark " + name) }

func (f *fakeFleet) Disconnect(n int, how dummy.CloseKind) (monitor.Ticket, error) {
	return f.did(fmt.Sprintf("disconnect %d %d", n, how))
}

func (f *fakeFleet) Tune(t dummy.Tuning) (monitor.Ticket, error) {
	return f.did("tune" + spelled(t, " %s=%s"))
}

// spelled writes each knob of a tuning.
func spelled(t dummy.Tuning, format string) string {
	text := ""
	for _, k := range dummy.Knobs() {
		if v, ok := t[k.Name]; ok {
			text += fmt.Sprintf(format, k.Name, k.Format(v))
		}
	}
	return text
}

// asked is what was asked so far.
func (f *fakeFleet) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.verbs, "; ")
}

func (f *fakeFleet) latest() *monitor.View {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.shown
}

func (f *fakeFleet) show(s *monitor.View) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown = s
}

// command stands for the command line that cmd/dummyload makes.
func command(t dummy.Tuning) string {
	return "dummyload run" + spelled(t, " --%s %s") + " --size 8-64 --frame len16 --seed 42"
}

// newScreen is a simulated terminal of a size.
func newScreen(t testing.TB, w, h int) tcell.SimulationScreen {
	t.Helper()
	t.Setenv("NO_COLOR", "")
	s := tcell.NewSimulationScreen("UTF-8")
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	s.SetSize(w, h)
	return s
}

// newTestUI is a screen with a clock that stands still just after the newest view.
func newTestUI(t testing.TB, w, h int, change func(*Options)) (*ui, *fakeFleet) {
	t.Helper()
	fleet := &fakeFleet{}
	o := Options{Control: fleet, Latest: fleet.latest, Version: "v1.0.0", Command: command,
		Report: func(string) error { return nil }}
	if change != nil {
		change(&o)
	}
	u := newUI(o, newScreen(t, w, h))
	u.now = func() time.Time {
		if u.latest == nil {
			return began.Add(87 * time.Second)
		}
		return u.latest.At.Add(100 * time.Millisecond)
	}
	t.Cleanup(u.screen.Fini)
	return u, fleet
}

// drawn draws the screen and returns its text.
func drawn(u *ui) string {
	w, h := u.screen.Size()
	u.screen.Clear()
	r := newRoot(u)
	r.SetRect(0, 0, w, h)
	r.Draw(u.screen)
	u.screen.Show()
	return screenText(u.screen)
}

// golden compares text with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as in %s\n--- got\n%s--- want\n%s", name, path, got, want)
	}
}

// minute is a minute and a half of views of a fleet at work, as the sampler makes them.
func minute() []*monitor.View {
	var all []*monitor.View
	for i := 0; i <= 348; i++ {
		all = append(all, running(i))
	}
	return all
}

// running is view i of a fleet that echoes: 250 ms after the one before.
func running(i int) *monitor.View {
	since := time.Duration(i) * monitor.SampleInterval
	wave := 1 + 0.2*math.Sin(float64(i)/9)
	echoed := uint64(209_000*since.Seconds() + 14_511 +
		300_000*(1-math.Cos(float64(i)/20)))
	s := &monitor.View{
		Run: monitor.Run{
			At: began.Add(since), Uptime: since, Phase: monitor.Echoing, Since: began, EchoOn: since,
			Target: "127.0.0.1:6000", Bundled: true, Seed: 42,
			Clients: 1000, OverSend: 10, Churn: 10, EchoTimeout: 500 * time.Millisecond,
			Events: events(),
		},
		Counts: monitor.Counts{
			Ledger: monitor.Ledger{Sent: echoed + 10_312, Echoed: echoed, Wait: 10_000,
				Abandoned: 312},
			WaitUpDown: 10_000,
			Connections: monitor.Connections{Attempted: 1312, Connected: 1312, ClosedByDummy: 312,
				Peak: 1000, Now: 1000},
			Bytes: monitor.Bytes{Sent: 38 * (echoed + 10_312), Received: 38 * echoed},
		},
		RTT: monitor.Distribution{Count: echoed, Min: 21, Mean: 95.4, P50: 92, P90: 117, P99: 131,
			P999: 188, P9999: 340, Max: 402},
		RTTRecent: monitor.Distribution{Count: 52_250, Min: 30 * wave, Mean: 95 * wave,
			P50: 92 * wave, P90: 117 * wave, P99: 131 * wave * wave, P999: 180 * wave,
			P9999: 330 * wave, Max: 400 * wave},
		ConnectTime: monitor.Distribution{Count: 1312, Min: 31, Mean: 88, P50: 81, P90: 130,
			P99: 212, P999: 380, P9999: 390, Max: 391},
		Fairness: monitor.Fairness{Min: 17_204, Median: 18_197, Max: 19_011},
		Generator: monitor.Generator{CPUShare: 0.31, Backend: "uring", Workers: 1, RSS: 48 << 20,
			Goroutines: 9},
		Server: &monitor.Server{Backend: "uring", Workers: 2, Accepted: 1312, Released: 312,
			Live: 1000, IOCount: 1043, SendQBytes: 18_240, RecvPackets: echoed + 700,
			SendPackets: echoed + 410,
			TraceFile:   "dummyload-trace.bin"},
	}
	for i, n := range []uint64{4, 210, 9_800, 140_000, 900_000, 2_100_000, 5_400_000, 6_300_000,
		2_900_000, 420_000, 31_000, 1_900, 120, 7} {
		s.RTTBuckets[13+i] = n
	}
	return s
}

func events() []monitor.Event {
	at := func(d time.Duration) time.Time { return began.Add(d) }
	return []monitor.Event{
		{At: at(13 * time.Millisecond), Text: "1,000 dummies connected in 214 ms"},
		{At: at(820 * time.Millisecond), Text: "Echo START"},
		{At: at(65113 * time.Millisecond),
			Text: "reconnect storm: 30/100 sessions closed, all back in 84 ms"},
	}
}

// idle is a fleet that has connected and waits for START.
func idle() *monitor.View {
	s := running(0)
	s.Phase, s.Ledger, s.WaitUpDown = monitor.Idle, monitor.Ledger{}, 0
	s.Bytes, s.RTT, s.RTTRecent = monitor.Bytes{}, monitor.Distribution{}, monitor.Distribution{}
	s.RTTBuckets, s.Fairness, s.Events = monitor.Buckets{}, monitor.Fairness{}, s.Events[:1]
	s.Connections = monitor.Connections{Attempted: 1000, Connected: 1000, Peak: 1000, Now: 1000}
	s.Server.Accepted, s.Server.Released, s.Server.IOCount = 1000, 0, 1000
	s.Server.SendQBytes, s.Server.RecvPackets, s.Server.SendPackets = 0, 0, 0
	return s
}

// stopped is a fleet after STOP with some echoes still owed.
func stopped(phase monitor.Phase, wait uint64, after time.Duration) *monitor.View {
	s := running(348)
	s.Phase, s.Since = phase, s.At
	s.Ledger.Echoed += s.Ledger.Wait - wait
	s.Ledger.Wait, s.WaitUpDown = wait, int64(wait)
	s.Drain = monitor.Drain{AtStop: 10_000, Elapsed: after}
	return s
}

// owing is a fleet whose drain failed: three echoes of two dummies.
func owing() *monitor.View {
	s := stopped(monitor.Undrained, 3, 5*time.Second)
	s.Drain.GaveUp = true
	s.Owed = []monitor.Owed{
		{Client: 17, Connection: 2, Local: "127.0.0.1:50312", First: 41, Last: 42, Count: 2,
			Age: 5012 * time.Millisecond},
		{Client: 803, Connection: 1, Local: "127.0.0.1:50981", First: 18_204, Last: 18_204,
			Count: 1, Age: 5003 * time.Millisecond},
	}
	s.Faults[monitor.NotDrained] = 3
	s.Faults[monitor.Late] = 3
	s.Diagnoses = []monitor.Diagnosis{{Name: monitor.SendWakeupLost, Connections: 2,
		Why: "the owed echoes came out when one more echo was sent"}}
	s.Evidence = []monitor.Evidence{
		{Fault: monitor.NotDrained, Client: 17, Connection: 2, Local: "127.0.0.1:50312", Seq: 41,
			Count: 2, Age: monitor.Millis(5012 * time.Millisecond), At: monitor.Millis(92 * time.Second)},
		{Fault: monitor.NotDrained, Client: 803, Connection: 1, Local: "127.0.0.1:50981",
			Seq: 18_204, Count: 1, Age: monitor.Millis(5003 * time.Millisecond), At: monitor.Millis(92 * time.Second)},
	}
	return s
}

// lastFootprints are a session's last footprints, around its release, and the dummy's.
func lastFootprints(at time.Duration) []monitor.Footprint {
	var all []monitor.Footprint
	add := func(after time.Duration, by, of, what string) {
		all = append(all, monitor.Footprint{At: monitor.Millis(at + after), By: by, Of: of, What: what})
	}
	for i := range 20 {
		since := time.Duration(i-24) * 100 * time.Microsecond
		add(since, "dummy w0", "d5.1", "SendPost io=2 bytes=34")
		add(since+31*time.Microsecond, "server w1", "s17.3", "RecvDone io=1 transferred=34")
	}
	add(-91*time.Microsecond, "server w1", "s17.3", "Cancel io=2 reason=8")
	add(-40*time.Microsecond, "server w0", "s17.3", "IODown io=0 (send)")
	add(-40*time.Microsecond, "server w0", "s17.3", "Release io=0 reason=8 (send)")
	add(0, "dummy w0", "d5.1", "Ended io=1")
	add(0, "dummy w0", "d5.1", "Fault closed_by_server")
	add(250*time.Microsecond, "dummy w0", "d5.1", "Dial io=0")
	return all
}

// faulty is a fleet that met a crossed and a corrupt echo.
func faulty() *monitor.View {
	s := running(348)
	s.Faults[monitor.Crossed], s.Faults[monitor.Corrupt] = 2, 1
	s.Faults[monitor.ClosedByServer], s.Faults[monitor.Late] = 14, 120
	want := []byte("\x2a\x00\x00\x00\x11\x00\x00\x00\x02\x00\x00\x00\x2a\x00\x00\x00" +
		"pattern!pattern?")
	got := append([]byte(nil), want...)
	copy(got[5:], "\x03\x07")
	got[20] ^= 0xff
	s.Evidence = []monitor.Evidence{
		{Fault: monitor.Crossed, Client: 17, Connection: 2, Local: "127.0.0.1:50312", Seq: 42,
			Offset: 5,
			Want:   want, Got: got, OwnerClient: 803, OwnerConnection: 1, OwnerSeq: 18_204,
			Age: monitor.Millis(1204 * time.Microsecond), At: monitor.Millis(81_2406 * 100 * time.Microsecond),
			Note: "slot used again 2 ms before"},
		{Fault: monitor.ClosedByServer, Client: 5, Connection: 1, Local: "127.0.0.1:50001",
			At: monitor.Millis(82 * time.Second), Note: "FIN with 10 echoes unanswered",
			Timeline:     lastFootprints(82 * time.Second),
			TimelineNote: "the server's trace reaches back to 81.9s only"},
		{Fault: monitor.Corrupt, Client: 99, Connection: 3, Local: "127.0.0.1:50777", Seq: 7,
			Offset: 20,
			Want:   want[16:], Got: got[16:], At: monitor.Millis(83 * time.Second)},
	}
	s.Diagnoses = []monitor.Diagnosis{{Name: monitor.SessionReuse, Connections: 2,
		Why: "crossed echoes within 100 ms after closes"}}
	return s
}

// late is a fleet whose server answers, but not in time.
func late() *monitor.View {
	s := running(348)
	s.Faults[monitor.Late] = 119_000
	return s
}

// gone is a fleet whose server went away with all its connections.
func gone() *monitor.View {
	s := running(348)
	s.Connections.ClosedByServer, s.Connections.Now = 200, 0
	s.Ledger.Echoed, s.Ledger.Lost = s.Ledger.Echoed-1_000, 1_000
	s.Diagnoses = []monitor.Diagnosis{{Name: monitor.ServerGone, Connections: 200,
		Why: "200 of 200 connections lost within 100ms, and a redial refused"}}
	return s
}

// connecting is a fleet whose dummies wait to be accepted, or for their login packets.
func connecting() *monitor.View {
	s := idle()
	s.Phase, s.Since, s.At = monitor.Connecting, began, began.Add(12*time.Second)
	s.Settling, s.Connections.Now = 963, 37
	return s
}

// besieged is a fleet beside hostile dummies whose connections were all accepted.
func besieged() *monitor.View {
	s := running(348)
	s.Hostile = &monitor.Hostile{Dummies: 10, Connected: 1788, ClosedByServer: 1700}
	s.Server.Accepted += s.Hostile.Connected
	return s
}

// reset is a fleet whose counters were set back to zero after three faults.
func reset() *monitor.View {
	s := running(348)
	s.Before = &monitor.Before{At: began.Add(184 * time.Second), Uptime: monitor.Millis(184 * time.Second),
		Resets: 1, EchoOn: 180 * time.Second,
		Ledger:      monitor.Ledger{Sent: 1_000_000, Echoed: 1_000_000},
		Connections: monitor.Made{Connections: monitor.Connections{Attempted: 1000, Connected: 1000}},
		Server:      &monitor.Server{Accepted: 1001, Released: 100, RecvPackets: 1_000_000}}
	s.Before.Faults[monitor.Corrupt] = 3
	s.Before.Evidence = []monitor.Evidence{{Fault: monitor.Corrupt, Client: 99, Connection: 3,
		Local: "127.0.0.1:50777", Seq: 7, At: monitor.Millis(83 * time.Second)}}
	s.Server.Accepted += 1000
	return s
}

// dropped is a fleet whose drain was given up with two echoes proved missing, and none owed.
func dropped() *monitor.View {
	s := stopped(monitor.Drained, 0, 5*time.Second)
	s.Ledger.Echoed, s.Ledger.Lost = s.Ledger.Echoed-2, 2
	s.Drain.GaveUp, s.Drain.Missing = true, 2
	s.Faults[monitor.Missing] = 2
	return s
}
