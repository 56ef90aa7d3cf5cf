package monitor

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func reportOf(t *testing.T, s *View, r Rules, meta Meta) string {
	t.Helper()
	meta.Advice = adviceHere
	var b strings.Builder
	if err := WriteReport(&b, s, Judge(s, r), meta); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportGolden(t *testing.T) {
	meta := Meta{Version: "v1.2.3", JSONFile: "out.json",
		Command: "dummyload run --clients 1000 --oversend 10 --churn 30 --seed 42"}
	good := Rules{Thresholds: threshold("rtt_p99<5ms")}
	golden(t, "report_good.txt", reportOf(t, goodRun(), good, meta))
	golden(t, "report_bad.txt", reportOf(t, badRun(), Rules{}, meta))
	none := &View{Run: Run{Target: "h\x1b:1", Clients: 1, OverSend: 1, Rate: 1e6}}
	golden(t, "report_none.txt", reportOf(t, none, Rules{OpenLoop: true}, Meta{}))
}

func TestReportOfAGoodRunIsShortAndEndsWithTheVerdict(t *testing.T) {
	text := reportOf(t, goodRun(), Rules{}, Meta{})
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > 30 {
		t.Errorf("%d lines, want at most 30", len(lines))
	}
	if last := lines[len(lines)-1]; last != "VERDICT PASS (exit 0)" {
		t.Errorf("last line %q", last)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > reportWidth {
			t.Errorf("%d columns: %q", n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("blanks at the end: %q", line)
		}
	}
}

// What is late fails nothing, and is no fault: it stands in a line of its own, and the verdict
// says it with the time that it was measured by.
func TestReportOfALateRun(t *testing.T) {
	s := goodRun()
	s.Faults[Late], s.EchoTimeout = 119_000, 250*time.Millisecond
	text := reportOf(t, s, Rules{}, Meta{})
	for _, want := range []string{
		"\nfaults       none\n",
		"\nwatch        late 119,000  5.65% of the echoes, later than 250ms\n",
		"\nVERDICT PASS, 119k later than 250ms (exit 0)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	s.Faults[Corrupt] = 1
	if text := reportOf(t, s, Rules{}, Meta{}); !strings.Contains(text, "\nVERDICT FAIL (exit 3)\n") ||
		!strings.Contains(text, "\nfaults       corrupt 1\n") {
		t.Errorf("late hides the fault in\n%s", text)
	}
}

// TestAWrongFrameComesFirst: before the numbers, and once. Other diagnoses come after them.
func TestAWrongFrameComesFirst(t *testing.T) {
	s := badRun()
	s.Diagnoses = []Diagnosis{{Name: LocalFDLimit, Why: "this"}, {Name: FrameMismatch, Why: "that"}}
	text := reportOf(t, s, Rules{}, Meta{})
	first := strings.Index(text, "  diagnosis frame_mismatch (0 connections): that\n\n")
	numbers := strings.Index(text, "\nechoes ")
	if first < 0 || first > numbers || strings.Count(text, "diagnosis frame_mismatch") != 1 ||
		strings.Index(text, "diagnosis local_fd_limit") < numbers {
		t.Errorf("frame_mismatch at %d, numbers at %d:\n%s", first, numbers, text)
	}
}

func TestReportIsClean(t *testing.T) {
	s := badRun()
	s.Target, s.Generator.Backend, s.Owed[0].Local = "a\x1b", "b\u202e", "c\x07"
	text := reportOf(t, s, Rules{}, Meta{Command: "d\x00", JSONFile: "e\x7f"})
	for line := range strings.SplitSeq(text, "\n") {
		if Clean(line) != line {
			t.Errorf("not clean: %q", line)
		}
	}
}

// adviceHere names what it is asked for.
func adviceHere(name string) string { return "look for " + name }

// After a failed run the reader must be told what to do, whatever the fault.
func TestEveryFaultAndDiagnosisIsAskedAdviceOn(t *testing.T) {
	for f := range NumFaults {
		s := goodRun()
		s.Faults[f] = 1
		text := reportOf(t, s, Rules{}, Meta{})
		said := strings.Contains(text, "\nnext: look for "+f.String()+"\n")
		if said != (f != Late) { // late alone fails nothing
			t.Errorf("%s: advice given: %v, in\n%s", f, said, text)
		}
	}
	s := goodRun()
	s.Faults[NotDrained] = 1
	s.Diagnoses = []Diagnosis{{Name: SendFlagStuck}}
	text := reportOf(t, s, Rules{}, Meta{})
	if !strings.Contains(text, "\nnext: look for send_flag_stuck\n") ||
		strings.Contains(text, "look for not_drained") { // why is known
		t.Errorf("advice on a diagnosis in\n%s", text)
	}
	var b strings.Builder
	if err := WriteReport(&b, s, Judge(s, Rules{}), Meta{}); err != nil ||
		strings.Contains(b.String(), "next: ") {
		t.Errorf("%v: nobody gives advice, and yet\n%s", err, b.String())
	}
}

func TestAdviceOnOtherVerdicts(t *testing.T) {
	for want, c := range map[string]struct {
		change func(*View)
		rules  Rules
	}{
		"next: look for local_cpu_": {saturated, Rules{OpenLoop: true}},
		"next: look for local_fd_l": {diagnosed(LocalFDLimit), Rules{}},
		"next: check that":          {noEcho, Rules{}},
		"next: is it the server?":   {late(2000), Rules{Thresholds: threshold("rtt_p99<1us")}},
		"VERDICT INTERRUPTED (exi":  {noEcho, Rules{Interrupted: true}},
	} {
		s := goodRun()
		c.change(s)
		text := reportOf(t, s, c.rules, Meta{})
		if !strings.Contains(text, want) || strings.Count(text, "next: ") > 1 {
			t.Errorf("want one %q in\n%s", want, text)
		}
	}
	if text := reportOf(t, badRun(), Rules{}, Meta{}); strings.Count(text, "next: ") != maxAdvice {
		t.Errorf("want %d pieces of advice in\n%s", maxAdvice, text)
	}
}

func TestAdviceLeavesOutAllowedFaults(t *testing.T) {
	s := goodRun()
	s.Faults[Corrupt], s.Faults[Duplicate] = 1, 1
	text := reportOf(t, s, Rules{Allow: []Fault{Corrupt}}, Meta{})
	if !strings.Contains(text, "next: look for duplicate") {
		t.Errorf("no advice on the fault that failed the run in\n%s", text)
	}
}

func TestReportSaysWhereTheOtherOwedEchoesAre(t *testing.T) {
	s := badRun()
	if text := reportOf(t, s, Rules{}, Meta{}); !strings.Contains(text,
		"and on 1 connection more; give --json FILE") {
		t.Errorf("not said in\n%s", text)
	}
	s.Owed = s.Owed[:reportOwed]
	if text := reportOf(t, s, Rules{}, Meta{}); strings.Contains(text, " more; ") {
		t.Errorf("more than all in\n%s", text)
	}
}
