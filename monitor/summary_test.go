package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func summaryJSON(t *testing.T, s *View, r Rules) []byte {
	t.Helper()
	var b bytes.Buffer
	meta := Meta{Version: "v1.2.3", Command: "dummyload run --seed 42", JSONFile: "out.json"}
	if err := WriteJSON(&b, NewSummary(s, Judge(s, r), meta)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shape lists the keys of a JSON document in the order they are written, each with its path and
// the kind of its value; of a list only the first element counts.
func shape(t *testing.T, doc []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	var lines []string
	var walk func(path string)
	walk = func(path string) {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		kind := fmt.Sprintf("%T", token)
		lines = append(lines, strings.TrimPrefix(path, ".")+" "+kind)
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				walk(path + "." + key.(string))
			}
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				walk(path + "[]")
			}
		default:
			return
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	walk("")
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(line string) bool {
		again := seen[line]
		seen[line] = true
		return again
	})
}

func TestAnAnswerAfterTheDrainDoesNotMakeItDrained(t *testing.T) {
	s := &View{Counts: Counts{Ledger: Ledger{Sent: 1, Echoed: 1}}}
	s.Faults[NotDrained] = 1
	if sum := NewSummary(s, Judge(s, Rules{}), Meta{}); sum.Drained || sum.WaitEchoCount != 0 {
		t.Errorf("drained %v, wait %d", sum.Drained, sum.WaitEchoCount)
	}
}

// testdata/schema2.json is the contract's own listing: its keys are all there, in its order. Others
// may stand between them, and only those that testdata/keys.txt has.
func TestSummaryIsSchema2(t *testing.T) {
	contract, err := os.ReadFile("testdata/schema2.json")
	if err != nil {
		t.Fatal(err)
	}
	s := goodRun()
	s.Diagnoses = []Diagnosis{{SendWakeupLost, 3, "…"}}
	s.Evidence = []Evidence{{Fault: Corrupt, Client: 17, Connection: 2}}
	want := shape(t, contract)
	got := shape(t, summaryJSON(t, s, Rules{Thresholds: threshold("rtt_p99<5ms")}))
	got = slices.DeleteFunc(got, func(line string) bool { return !slices.Contains(want, line) })
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("key %d: got %q…, want %q…", i, got[i:min(i+3, len(got))],
					want[i:min(i+3, len(want))])
			}
		}
	}
}

// Every key there is, with the kind of its value, of a run that has them all. A key that was released
// stays: lines may be added to this file, and none goes.
func TestSummaryKeys(t *testing.T) {
	s := badRun()
	s.Server.Refused, s.Server.AcceptFailures, s.Server.AcceptsPending = 1, 2, 3
	s.Server.Unreleased = []Unreleased{{ID: "s1.1", Footprints: []string{"Accept"}}}
	s.Server.WorkersStuck, s.Server.Stuck = 1, []Stuck{{Worker: "w1", Footprints: []string{"Stop"}}}
	s.Server.Failures, s.Server.Ended = []string{"why"}, "killed"
	s.Before, s.MaxRate = resetRun().Before, searched()
	s.Evidence[0].Timeline, s.Evidence[0].TimelineNote = []Footprint{{What: "Dial"}}, "why"
	r := Rules{Interrupted: true, Live: true, Thresholds: threshold("rtt_p99<5ms")}
	golden(t, "keys.txt", strings.Join(shape(t, summaryJSON(t, s, r)), "\n")+"\n")
	golden(t, "keys_none.txt", strings.Join(shape(t, summaryJSON(t, &View{}, Rules{})), "\n")+"\n")
}

// Readers in JavaScript, and jq, take every number for a float64.
func TestSummaryKeepsEveryBitOfTheSeed(t *testing.T) {
	s := goodRun()
	s.Seed = math.MaxUint64
	var read map[string]any
	if err := json.Unmarshal(summaryJSON(t, s, Rules{}), &read); err != nil {
		t.Fatal(err)
	}
	if read["seed"] != "18446744073709551615" || read["schema"] != 2.0 {
		t.Errorf("seed %v, schema %v", read["seed"], read["schema"])
	}
}

func TestSummaryOfNothing(t *testing.T) {
	doc := string(summaryJSON(t, &View{}, Rules{}))
	for _, want := range []string{`"server": null`, `"diagnoses": []`, `"thresholds": []`,
		`"evidence": []`, `"drained": true`, `"fault_rate_upper_95": 1`,
		`"verdict": "inconclusive"`} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
	if strings.Count(doc, "null") != 1 {
		t.Errorf("a list is null in\n%s", doc)
	}
	s := goodRun()
	if doc := string(summaryJSON(t, s, Rules{})); !strings.Contains(doc, `"reasons": []`) {
		t.Errorf("reasons of a pass are not [] in\n%s", doc)
	}
}

func TestSummaryGolden(t *testing.T) {
	good := Rules{Thresholds: threshold("rtt_p99<5ms")}
	golden(t, "summary_good.json", string(summaryJSON(t, goodRun(), good)))
	golden(t, "summary_bad.json", string(summaryJSON(t, badRun(), Rules{})))
}

func TestSummaryReadsBack(t *testing.T) {
	s := badRun()
	s.Before, s.MaxRate = resetRun().Before, searched()
	doc := summaryJSON(t, s, Rules{})
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	var got Summary
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteJSON(&again, got); err != nil || again.String() != string(doc) {
		t.Errorf("%v, written again\n%s, want\n%s", err, again.String(), doc)
	}
	if err := json.Unmarshal([]byte(`{"faults":{"nosuch":1}}`), &got); err == nil {
		t.Error("a fault that does not exist was read")
	}
	if err := json.Unmarshal([]byte(`{"faults":[1]}`), &got); err == nil {
		t.Error("a list was read as faults")
	}
}

// The promise: every echo still owed is named, beyond the limit of evidence, and none twice.
func TestSummaryNamesEveryOwedEcho(t *testing.T) {
	s := &View{Run: Run{Phase: Undrained}}
	for i := range 250 {
		s.Owed = append(s.Owed, Owed{Client: i, Connection: 1, First: 5, Last: 6, Count: 2,
			Age: time.Second})
		if i < MaxEvidence {
			s.Evidence = append(s.Evidence, Evidence{Fault: NotDrained, Client: i, Connection: 1,
				Seq: 5, Count: 2})
		}
	}
	s.Ledger = Ledger{Sent: 500, Wait: 500}
	summary := NewSummary(s, Judge(s, Rules{}), Meta{})
	clients := map[int]uint64{}
	for _, e := range summary.Evidence {
		if e.Fault == NotDrained {
			clients[e.Client] += e.Count
		}
	}
	if len(clients) != 250 || len(summary.Evidence) != 250 || summary.WaitEchoCount != 500 {
		t.Errorf("%d dummies in %d lines, Wait Echo Count %d; want 250, 250, 500",
			len(clients), len(summary.Evidence), summary.WaitEchoCount)
	}
}

func TestSummaryTextIsClean(t *testing.T) {
	doc := summaryJSON(t, badRun(), Rules{})
	for line := range strings.SplitSeq(string(doc), "\n") {
		if Clean(line) != line {
			t.Errorf("not clean: %q", line)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWritersReportFailure(t *testing.T) {
	var w io.Writer = failingWriter{}
	if err := WriteJSON(w, Summary{}); !errors.Is(err, errFull) {
		t.Errorf("WriteJSON: %v, want %v", err, errFull)
	}
	if err := WriteReport(w, goodRun(), Verdict{}, Meta{}); !errors.Is(err, errFull) {
		t.Errorf("WriteReport: %v, want %v", err, errFull)
	}
}

// TestATimeoutIsNoDrain: what was proved missing as the drain was given up is owed no more, and the
// drain was given up all the same.
func TestATimeoutIsNoDrain(t *testing.T) {
	s := goodRun()
	s.Faults[Missing] = 2
	s.Drain = Drain{AtStop: 2, Elapsed: 5 * time.Second, GaveUp: true, Missing: 2}
	if doc := string(summaryJSON(t, s, Rules{})); !strings.Contains(doc, `"drained": false`) ||
		!strings.Contains(doc, `"wait_echo_count": 0`) {
		t.Errorf("drained in\n%s", doc)
	}
	if text := reportOf(t, s, Rules{}, Meta{}); !strings.Contains(text,
		"\n  GAVE UP the drain after 5s: 2 echoes never came\n") {
		t.Errorf("not said in\n%s", text)
	}
}
