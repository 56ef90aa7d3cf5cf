package diagnose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dummyload/monitor"
)

// quiet are those that nobody needs advice on: they accuse nobody, or say that all is well again.
var quiet = []string{monitor.Recovered, monitor.HalfCloseUnanswered}

// TestEveryDiagnosisHasARow: the table has each name that package monitor knows, once, with advice.
func TestEveryDiagnosisHasARow(t *testing.T) {
	names := map[string]int{}
	for _, r := range table {
		names[r.name]++
		if (Advice(r.name) == "") != slices.Contains(quiet, r.name) {
			t.Errorf("%s: the advice is %q", r.name, Advice(r.name))
		}
	}
	for name := range constants(t) {
		if names[name] != 1 {
			t.Errorf("%s has %d rows", name, names[name])
		}
		delete(names, name)
	}
	if len(names) > 0 {
		t.Errorf("no such names: %v", names)
	}
}

// constants are the strings that package monitor's list of diagnoses names.
func constants(t *testing.T) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../monitor/diagnosis.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				name, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[name] = true
			}
		}
		return true
	})
	if len(found) < 20 {
		t.Fatalf("only %d names", len(found))
	}
	return found
}

// TestEveryFaultHasAdvice, but late echoes, which alone fail no run.
func TestEveryFaultHasAdvice(t *testing.T) {
	for f := range monitor.NumFaults {
		if said := Advice(f.String()) != ""; said != (f != monitor.Late) {
			t.Errorf("%v: advice given: %v", f, said)
		}
	}
	if text := Advice("no such name"); text != "" {
		t.Errorf("%q on nothing", text)
	}
}

// TestReportGivesTheAdvice: the report's words on a diagnosis are this package's.
func TestReportGivesTheAdvice(t *testing.T) {
	s := &monitor.View{Run: monitor.Run{Diagnoses: []monitor.Diagnosis{{Name: monitor.SendWakeupLost}}}}
	s.Ledger = monitor.Ledger{Sent: 10, Echoed: 9, Wait: 1}
	s.Faults[monitor.NotDrained] = 1
	var b strings.Builder
	err := monitor.WriteReport(&b, s, monitor.Judge(s, monitor.Rules{}), monitor.Meta{Advice: Advice})
	if err != nil || !strings.Contains(b.String(), "\nnext: on a send completion clear SendFlag, then") {
		t.Errorf("%v: no advice in\n%s", err, b.String())
	}
}
