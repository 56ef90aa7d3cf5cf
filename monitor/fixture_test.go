package monitor

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it anew); got:\n%s", path, got)
	}
}

// goodRun is the last view of a run in which nothing went wrong. No two metrics that are
// not 0 share a value.
func goodRun() *View {
	return &View{
		Run: Run{
			At:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Uptime: 87 * time.Second, Phase: Ended, EchoOn: 10 * time.Second,
			Target: "127.0.0.1:40123", Bundled: true, Seed: 42,
			Frame:   Frame{Name: "./game.yaml", Description: "title: a game's frame\n"},
			Clients: 1000, OverSend: 10, Churn: 30, EchoTimeout: 500 * time.Millisecond,
		},
		Counts: Counts{
			Ledger:     Ledger{Sent: 2_104_561, Echoed: 2_104_511, Abandoned: 50},
			WaitUpDown: 0,
			Connections: Connections{Attempted: 1313, Connected: 1312, Failed: 0, ClosedByDummy: 1311,
				Peak: 1001, NeverAccepted: 17},
			Bytes:   Bytes{Sent: 80_104_561, Received: 80_004_511},
			Packets: Packets{Session: 1000, Heartbeats: 5000, Ignored: 17},
		},
		RTT: Distribution{Count: 2_104_510, Min: 11.25, Mean: 95.5, P50: 92, P90: 110, P99: 1200,
			P999: 1402, P9999: 2055, Max: 3056.125},
		ConnectTime: Distribution{Count: 1310, Min: 40, Mean: 61, P50: 60, P90: 70, P99: 310,
			P999: 312, P9999: 312, Max: 312},
		Fairness: Fairness{Min: 1803, Median: 2104, Max: 2209},
		Generator: Generator{CPUShare: 0.31, SendLag: Lag{Distribution{Count: 5, P99: 7.5}},
			Backend: "uring", Workers: 1, RSS: 51_000_000},
		Server: &Server{Backend: "epoll", Workers: 2, Accepted: 1309, Released: 1309,
			Audited: true},
		Hostile: &Hostile{Dummies: 107, Connected: 623, ClosedByServer: 519,
			BytesSent: 7_004_000, BytesReceived: 3_002_000},
		Drain: Drain{AtStop: 9876, Elapsed: 3100 * time.Microsecond},
	}
}

// badRun is one in which every fault happened, one of them 12 echoes owed by 11 connections.
func badRun() *View {
	s := goodRun()
	s.Ledger = Ledger{Sent: 2_104_561, Echoed: 2_104_411, Wait: 12, Abandoned: 63, Lost: 75}
	s.WaitUpDown = 12
	s.Phase = Undrained
	s.Drain.Elapsed = 5 * time.Second
	for f := range NumFaults {
		s.Faults[f] = 101 + uint64(f)
	}
	s.Faults[NotDrained] = 12
	s.Connections.Failed, s.Connections.ClosedByServer = 1, 221
	s.Fairness.Silent = 4
	s.Server.Released, s.Server.Live, s.Server.ReleasedTwice = 1291, 17, 2
	s.Server.TraceFile = "/tmp/trace\x1b[2J"
	s.Server.Reasons = map[string]uint64{"sendq_full": 3}
	s.Evidence = []Evidence{
		{Fault: Corrupt, Client: 17, Connection: 2, Local: "127.0.0.1:50312", Seq: 42, Offset: 5,
			Want: bytes.Repeat([]byte{0xab}, EvidenceBytes),
			Got:  []byte{1, 9, 3}, At: Millis(812400 * time.Microsecond)},
		{Fault: Crossed, Client: 18, Connection: 1, Local: "127.0.0.1:50313", Seq: 7,
			Want: []byte{1}, OwnerClient: 19, OwnerConnection: 3, OwnerSeq: 8,
			Age: Millis(1500 * time.Microsecond), At: Millis(time.Second)},
		{Fault: ConnectFailed, Client: 20, Connection: 1, At: Millis(2 * time.Second),
			Note: "connection refused\x1b[31m"},
		{Fault: NotDrained, Client: 100, Connection: 1, Local: "127.0.0.1:51000", Seq: 900,
			Count: 2, Age: Millis(5 * time.Second), At: Millis(15 * time.Second)},
	}
	s.Owed = []Owed{{Client: 100, Connection: 1, Local: "127.0.0.1:51000", First: 900, Last: 901,
		Count: 2, Age: 5 * time.Second}}
	for i := range 10 {
		s.Owed = append(s.Owed, Owed{Client: 101 + i, Connection: 1, Local: "127.0.0.1:51001",
			First: 77, Last: 77, Count: 1, Age: 5 * time.Second})
	}
	s.Diagnoses = []Diagnosis{{SendWakeupLost, 3, "3 connections answered after one more echo"}}
	return s
}
