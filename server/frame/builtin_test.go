package frame

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuiltInFormatsAreMadeOnce(t *testing.T) {
	for _, name := range Names() {
		f := Builtin(name)
		if f != Builtin(name) || f.String() != name || f.Title() == "" || strings.Contains(f.Title(), "\n") {
			t.Errorf("%s: %q", name, f.Title())
		}
	}
	entries, err := files.ReadDir("builtin")
	if err != nil || len(entries) != len(Names()) {
		t.Errorf("%d files for %d names, %v", len(entries), len(Names()), err)
	}
	Names()[0] = "changed"
	if Names()[0] != "raw" {
		t.Error("the list can be changed")
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for a name that is none")
		}
	}()
	Builtin("len17")
}

func TestWhatDummiesSendInBuiltInFormats(t *testing.T) {
	const login = "\xff\xff\xff\xff\xff\xff\xff\x7f"
	for spec, want := range map[string][2]string{ // a packet in its frame, and the login packet
		"raw": {"hi", login}, "len16": {"\x02\x00hi", "\x08\x00" + login}, "len32": {"\x02\x00\x00\x00hi",
			"\x08\x00\x00\x00" + login},
		"len16be": {"\x00\x02hi", "\x00\x08" + login}, "len32be": {"\x00\x00\x00\x02hi", "\x00\x00\x00\x08" + login},
		"line": {"hi\n", login + "\n"}, "crlf": {"hi\r\n", login + "\r\n"}, "id16": {"\x06\x00\x01\x00hi",
			"\x0c\x00\x01\x00" + login},
	} {
		f := must(t, spec)
		got := f.Request.End(append(f.Request.Begin(nil, &Values{}, 2), "hi"...), 0, &Values{})
		l, err := f.WithLogin()
		if err != nil {
			t.Fatal(err)
		}
		m := l.Session[0]
		if greets := m.End(m.Begin(nil, &Values{}, 0), 0, &Values{}); string(got) != want[0] ||
			string(greets) != want[1] {
			t.Errorf("%s: %q and %q", spec, got, greets)
		}
	}
	if f := must(t, "echo64"); f.Answer.Size(64) != 10 || f.Request.Size(64) != 66 || len(f.Session) != 1 {
		t.Errorf("echo64: %d bytes back for %d", f.Answer.Size(64), f.Request.Size(64))
	}
}

func TestNamedTakesNamesAndFiles(t *testing.T) {
	// Not t.TempDir: under Wine it cannot be removed.
	dir, err := os.MkdirTemp("", "frame")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "mine.yaml")
	defer func() { _, _ = os.Remove(file), os.Remove(dir) }()
	if err := os.WriteFile(file, []byte("frame: [{id: n, type: u1, counts: body}, {id: body}]\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := Named(file); err != nil || f.String() != file {
		t.Errorf("%v %v", f, err)
	}
	if err := os.WriteFile(file, []byte("frame: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for spec, says := range map[string]string{
		"len17":                 `no frame "len17"; accepted: raw, len16,`,
		"":                      "no frame",
		"len16 ":                "no frame",
		file:                    file + ":1:8: frame is 1; accepted: a list",
		file + "x":              `no frame`,
		filepath.Dir(file):      ": a directory; accepted: the file of a description",
		file + ".yaml":          "mine.yaml.yaml: no such file",
		strings.Repeat("x", 99): "no frame",
	} {
		if spec == file+"x" {
			says = "mine.yamlx"
		}
		if _, err := Named(spec); err == nil || !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "\n") || strings.HasPrefix(err.Error(), "stat") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}
