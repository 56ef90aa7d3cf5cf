package frame

import (
	"runtime"
	"strings"
	"testing"
	"unicode"
)

func TestLongAndDeepDescriptionsAreRefusedSoon(t *testing.T) {
	for name, text := range map[string]string{
		"1 MB":       "title: " + strings.Repeat("x", 1<<20),
		"deep":       strings.Repeat("[", 16000),
		"deeper":     strings.Repeat("{a: ", 4000),
		"indents":    strings.Repeat("- ", 8000),
		"keys":       strings.Repeat("k: 1\n", 3000),
		"long key":   strings.Repeat("k", 16000) + ": 1\nframe: []\n",
		"long word":  "frame: [{id: " + strings.Repeat("k", 16000) + "}]\n",
		"long title": "title: " + strings.Repeat("k", 16000),
		"aliases": "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n" +
			"c: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c]\nframe: *d\n",
		"directives": strings.Repeat("%YAML 1.2\n", 1600),
		"documents":  strings.Repeat("---\n", 4000),
		"nothing":    strings.Repeat("\n", 16000),
		"steps": "stream: true\nsession: [" + strings.Repeat("{send: {body: [{size: 1024, fill: 0}]}},",
			380) + "]\n",
	} {
		if f := refusedSoon(t, text); f != nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// refusedSoon reads a description. It makes an error of one short line, and neither needs long nor much.
func refusedSoon(t *testing.T, text string) *Format {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Parse("x.yaml", text)
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > 256<<20 {
		t.Errorf("%d MB for %q", made>>20, excerpt(text))
	}
	if err != nil && (len(err.Error()) > 600 || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
		t.Errorf("not one short line: %q", err.Error())
	}
	return f
}

// FuzzParse has no panic, and what is taken can be written and read, and travels.
func FuzzParse(f *testing.F) {
	for _, b := range bad {
		f.Add(b.text)
	}
	for _, text := range examples {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		f := refusedSoon(t, text)
		if f == nil {
			return
		}
		written(t, f)
		again, err := Parse("x.yaml", f.Description())
		if err != nil || again.Description() != f.Description() {
			t.Fatalf("%v\n%q\n%q", err, text, f.Description())
		}
		if login, err := f.WithLogin(); err == nil {
			written(t, login)
		} else if len(f.Session) == 0 && !strings.Contains(err.Error(), "terminator") &&
			!strings.Contains(err.Error(), "length") {
			t.Fatalf("no login packet: %v\n%s", err, f.Description())
		}
	})
}
